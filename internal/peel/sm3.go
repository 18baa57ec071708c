package peel

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// sm3 is the digest of GB/T 32905-2016, which Chinese programs use. It keeps
// what was written and works it out at the end: texts are short.
type sm3 struct{ b []byte }

func newSM3() hash.Hash { return &sm3{} }

func (h *sm3) Write(b []byte) (int, error) {
	h.b = append(h.b, b...)
	return len(b), nil
}

func (h *sm3) Reset()         { h.b = h.b[:0] }
func (h *sm3) Size() int      { return 32 }
func (h *sm3) BlockSize() int { return 64 }

func (h *sm3) Sum(out []byte) []byte {
	v := [8]uint32{0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e}
	m := append(append([]byte(nil), h.b...), 0x80)
	for len(m)%64 != 56 {
		m = append(m, 0)
	}
	m = binary.BigEndian.AppendUint64(m, uint64(len(h.b))*8)
	for ; len(m) > 0; m = m[64:] {
		sm3Block(&v, m)
	}
	for _, word := range v {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	return out
}

// sm3Block mixes 64 bytes in (sections 5.3.2 and 5.3.3).
func sm3Block(v *[8]uint32, m []byte) {
	var w [68]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(m[4*i:])
	}
	for i := 16; i < 68; i++ {
		x := w[i-16] ^ w[i-9] ^ bits.RotateLeft32(w[i-3], 15)
		w[i] = x ^ bits.RotateLeft32(x, 15) ^ bits.RotateLeft32(x, 23) ^ bits.RotateLeft32(w[i-13], 7) ^ w[i-6]
	}
	a, b, c, d, e, f, g, h := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for i := range 64 {
		constant := uint32(0x79cc4519)
		choice, major := e^f^g, a^b^c
		if i >= 16 {
			constant = 0x7a879d8a
			choice, major = e&f|^e&g, a&b|a&c|b&c
		}
		s := bits.RotateLeft32(bits.RotateLeft32(a, 12)+e+bits.RotateLeft32(constant, i), 7)
		t := major + d + (s ^ bits.RotateLeft32(a, 12)) + (w[i] ^ w[i+4])
		u := choice + h + s + w[i]
		d, c, b, a = c, bits.RotateLeft32(b, 9), a, t
		h, g, f, e = g, bits.RotateLeft32(f, 19), e, u^bits.RotateLeft32(u, 9)^bits.RotateLeft32(u, 17)
	}
	for i, x := range [8]uint32{a, b, c, d, e, f, g, h} {
		v[i] ^= x
	}
}
