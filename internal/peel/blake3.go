package peel

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// blake3 is BLAKE3 without a key, of 32 bytes, for up to blake3Chunk bytes:
// one chunk, as texts are. Of longer ones it gives the zero digest.
type blake3 struct{ b []byte }

const blake3Chunk = 1024

func newBLAKE3() hash.Hash { return &blake3{} }

func (h *blake3) Write(b []byte) (int, error) {
	h.b = append(h.b, b...)
	return len(b), nil
}

func (h *blake3) Reset()         { h.b = h.b[:0] }
func (h *blake3) Size() int      { return 32 }
func (h *blake3) BlockSize() int { return 64 }

// Flags of section 2.1 of the BLAKE3 paper.
const (
	blake3Start = 1
	blake3End   = 2
	blake3Root  = 8
)

func (h *blake3) Sum(out []byte) []byte {
	value := blake3Init()
	flags := uint32(blake3Start)
	for b := h.b; len(h.b) <= blake3Chunk; {
		var block [64]byte
		n := copy(block[:], b)
		b = b[n:]
		if len(b) == 0 {
			flags |= blake3End | blake3Root
		}
		value = blake3Block(value, &block, uint32(n), flags)
		flags = 0
		if len(b) == 0 {
			for _, word := range value {
				out = binary.LittleEndian.AppendUint32(out, word)
			}
			return out
		}
	}
	return append(out, make([]byte, 32)...)
}

func blake3Init() [8]uint32 {
	return [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
}

// blake3Block is the compression function (section 2.2), its first half.
func blake3Block(value [8]uint32, block *[64]byte, size, flags uint32) [8]uint32 {
	var m [16]uint32
	for i := range m {
		m[i] = binary.LittleEndian.Uint32(block[4*i:])
	}
	init := blake3Init()
	s := [16]uint32{
		value[0], value[1], value[2], value[3], value[4], value[5], value[6], value[7],
		init[0], init[1], init[2], init[3], 0, 0, size, flags,
	}
	for round := range 7 {
		for i, q := range [8][4]int{{0, 4, 8, 12}, {1, 5, 9, 13}, {2, 6, 10, 14}, {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12}, {2, 7, 8, 13}, {3, 4, 9, 14}} {
			blake3Mix(&s, q, m[2*i], m[2*i+1])
		}
		if round < 6 {
			before := m
			for i, from := range [16]int{2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8} {
				m[i] = before[from]
			}
		}
	}
	for i := range value {
		value[i] = s[i] ^ s[i+8]
	}
	return value
}

func blake3Mix(s *[16]uint32, q [4]int, x, y uint32) {
	a, b, c, d := q[0], q[1], q[2], q[3]
	s[a] += s[b] + x
	s[d] = bits.RotateLeft32(s[d]^s[a], -16)
	s[c] += s[d]
	s[b] = bits.RotateLeft32(s[b]^s[c], -12)
	s[a] += s[b] + y
	s[d] = bits.RotateLeft32(s[d]^s[a], -8)
	s[c] += s[d]
	s[b] = bits.RotateLeft32(s[b]^s[c], -7)
}
