package peel

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"
)

// sm4 is the block cipher of the Chinese standard GB/T 32907-2016: 16 bytes,
// a key of 16, 32 rounds.
type sm4 struct {
	round [32]uint32
	box   *[256]byte
	mixed *[256]uint32
}

// sm4Box computes the substitution: inversion in GF(2⁸) modulo
// x⁸+x⁷+x⁶+x⁵+x⁴+x²+1 between two equal affine maps (Liu and others, 2007).
var sm4Box = sync.OnceValue(func() *[256]byte {
	affine := func(x byte) byte {
		var y byte
		for i := range 8 {
			row := bits.RotateLeft8(0xA7, i)
			y |= byte(bits.OnesCount8(row&x)&1) << i
		}
		return y ^ 0xD3
	}
	var box [256]byte
	for x := range 256 {
		box[x] = affine(sm4Inverse(affine(byte(x))))
	}
	return &box
})

// sm4Inverse is x to the power of 254.
func sm4Inverse(x byte) byte {
	y := byte(1)
	for range 254 {
		y = sm4Times(y, x)
	}
	return y
}

func sm4Times(a, b byte) byte {
	var p byte
	for ; b > 0; b >>= 1 {
		if b&1 != 0 {
			p ^= a
		}
		high := a & 0x80
		if a <<= 1; high != 0 {
			a ^= 0xF5
		}
	}
	return p
}

// sm4Mixed is the substitution of the highest byte with the linear map that
// follows; for the other bytes it is turned.
var sm4Mixed = sync.OnceValue(func() *[256]uint32 {
	var mixed [256]uint32
	for x, y := range sm4Box() {
		b := uint32(y) << 24
		mixed[x] = b ^ bits.RotateLeft32(b, 2) ^ bits.RotateLeft32(b, 10) ^ bits.RotateLeft32(b, 18) ^ bits.RotateLeft32(b, 24)
	}
	return &mixed
})

func (c *sm4) substitute(x uint32) uint32 {
	box := c.box
	return uint32(box[x>>24])<<24 | uint32(box[x>>16&255])<<16 | uint32(box[x>>8&255])<<8 | uint32(box[x&255])
}

func newSM4(key []byte) (cipher.Block, error) {
	if len(key) != 16 {
		return nil, errors.New("SM4 takes a key of 16 bytes")
	}
	family := [4]uint32{0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC}
	var k [4]uint32
	for i := range k {
		k[i] = binary.BigEndian.Uint32(key[4*i:]) ^ family[i]
	}
	c := &sm4{box: sm4Box(), mixed: sm4Mixed()}
	for i := range c.round {
		constant := uint32(0)
		for j := range 4 {
			constant = constant<<8 | uint32(byte(7*(4*i+j)))
		}
		b := c.substitute(k[1] ^ k[2] ^ k[3] ^ constant)
		c.round[i] = k[0] ^ b ^ bits.RotateLeft32(b, 13) ^ bits.RotateLeft32(b, 23)
		k = [4]uint32{k[1], k[2], k[3], c.round[i]}
	}
	return c, nil
}

func (c *sm4) BlockSize() int { return 16 }

func (c *sm4) Encrypt(dst, src []byte) { c.crypt(dst, src, 0) }
func (c *sm4) Decrypt(dst, src []byte) { c.crypt(dst, src, 31) }

// crypt uses the round keys forwards (flip 0) or backwards (flip 31).
func (c *sm4) crypt(dst, src []byte, flip int) {
	x0, x1 := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
	x2, x3 := binary.BigEndian.Uint32(src[8:]), binary.BigEndian.Uint32(src[12:])
	for i := range 32 {
		b := x1 ^ x2 ^ x3 ^ c.round[i^flip]
		b = c.mixed[b>>24] ^ bits.RotateLeft32(c.mixed[b>>16&255], 24) ^ bits.RotateLeft32(c.mixed[b>>8&255], 16) ^ bits.RotateLeft32(c.mixed[b&255], 8)
		x0, x1, x2, x3 = x1, x2, x3, x0^b
	}
	for i, x := range [4]uint32{x3, x2, x1, x0} {
		binary.BigEndian.PutUint32(dst[4*i:], x)
	}
}
