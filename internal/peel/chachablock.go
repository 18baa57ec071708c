package peel

import (
	"encoding/binary"
	"math/bits"

	"golang.org/x/crypto/chacha20"
)

// openChaCha is ChaCha20 (RFC 8439): ":iv" has the nonce in front of the
// text, else it is zero; "1" begins with block 1, as Poly1305 needs it.
func openChaCha(coat string, key, b []byte) ([]byte, error) {
	nonce := make([]byte, chacha20.NonceSize)
	if coat != "chacha20" && coat != "chacha20:1" {
		if len(b) < len(nonce) {
			return nil, errBlocks
		}
		nonce, b = b[:len(nonce)], b[len(nonce):]
	}
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		return nil, err
	}
	if coat == "chacha20-poly1305" || coat == "chacha20:1" || coat == "chacha20:iv,1" {
		c.SetCounter(1)
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out, nil
}

// chachaBlock returns the first bytes of a block of ChaCha20 (RFC 8439,
// section 2.3), made without allocating: most keys are told by it.
func chachaBlock(key, nonce []byte, block uint32) (out [16]byte) {
	var s [16]uint32
	s[0], s[1], s[2], s[3] = 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574
	for i := range 8 {
		s[4+i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	s[12] = block
	for i := range 3 {
		s[13+i] = binary.LittleEndian.Uint32(nonce[4*i:])
	}
	x := s
	for range 10 {
		chachaQuarter(&x, 0, 4, 8, 12)
		chachaQuarter(&x, 1, 5, 9, 13)
		chachaQuarter(&x, 2, 6, 10, 14)
		chachaQuarter(&x, 3, 7, 11, 15)
		chachaQuarter(&x, 0, 5, 10, 15)
		chachaQuarter(&x, 1, 6, 11, 12)
		chachaQuarter(&x, 2, 7, 8, 13)
		chachaQuarter(&x, 3, 4, 9, 14)
	}
	for i := range 4 {
		binary.LittleEndian.PutUint32(out[4*i:], x[i]+s[i])
	}
	return out
}

func chachaQuarter(x *[16]uint32, i, j, k, l int) {
	a, b, c, d := x[i], x[j], x[k], x[l]
	a += b
	d = bits.RotateLeft32(d^a, 16)
	c += d
	b = bits.RotateLeft32(b^c, 12)
	a += b
	d = bits.RotateLeft32(d^a, 8)
	c += d
	b = bits.RotateLeft32(b^c, 7)
	x[i], x[j], x[k], x[l] = a, b, c, d
}
