// Package keyspeed tests many keys at once against one block of ciphertext.
// The keys of a program may stand at any of its bytes, so a search has
// millions of keys and a few blocks; the ciphers of the standard library are
// made for one key and many blocks. Here AES works on sixteen keys side by
// side, DES on 64 in the bits of words, RC4 on a few in turn.
//
// What is computed is exactly what crypto/aes, crypto/des and crypto/rc4
// compute; the tests hold each kernel against them.
package keyspeed

import (
	"crypto/aes"
	"crypto/cipher"
)

//go:generate go run gen_aes.go

// Lanes is how many keys of AES are worked on side by side.
const Lanes = 16

// Blocks are one block for each lane.
type Blocks [Lanes][16]byte

// Fill sets every lane to the same block.
func (b *Blocks) Fill(block []byte) {
	for i := range b {
		copy(b[i][:], block)
	}
}

// schedule are the round keys of all lanes, round by round.
type schedule [15]Blocks

// level is a way of computing; a higher one needs a newer processor.
type level int

const (
	portable level = iota
	avx            // AES-NI, one key a register
	avx512         // VAES, four keys a register
)

// AES encrypts and decrypts blocks under Lanes keys. Set the keys with Put,
// then call Expand. It is not safe for concurrent use.
type AES struct {
	level    level
	rounds   int
	inverted bool
	lo, hi   Blocks
	enc, dec schedule
	blocks   [Lanes]cipher.Block // the portable level
}

// NewAES returns a kernel for the processor at hand.
func NewAES() *AES { return &AES{level: best()} }

// Put sets the key of a lane: 16, 24 or 32 bytes, as Expand is told.
func (a *AES) Put(lane int, key []byte) {
	copy(a.lo[lane][:], key)
	if len(key) > 16 {
		copy(a.hi[lane][:], key[16:])
	}
}

// PutEach sets the keys of all lanes to the size bytes at each place of b, of
// which there are Lanes-1+size.
func (a *AES) PutEach(b []byte, size int) {
	b = b[:Lanes-1+size]
	for i := range a.lo {
		a.lo[i] = [16]byte(b[i : i+16])
	}
	if size == 16 {
		return
	}
	for i := range a.hi {
		copy(a.hi[i][:size-16], b[i+16:])
	}
}

// Key returns the first 16 bytes of the keys.
func (a *AES) Key() *Blocks { return &a.lo }

// Expand makes the schedules for keys of 16, 24 or 32 bytes.
func (a *AES) Expand(size int) {
	a.rounds, a.inverted = size/4+6, false
	if a.level == portable {
		a.expandPortable(size)
		return
	}
	a.expandFast(size)
}

func (a *AES) expandPortable(size int) {
	var key [32]byte
	for i := range a.blocks {
		copy(key[:], a.lo[i][:])
		copy(key[16:], a.hi[i][:])
		a.blocks[i], _ = aes.NewCipher(key[:size]) // the sizes are right
	}
}

// Encrypt encrypts in under each lane's key.
func (a *AES) Encrypt(out, in *Blocks) {
	if a.level == portable {
		for i, b := range a.blocks {
			b.Encrypt(out[i][:], in[i][:])
		}
		return
	}
	a.encryptFast(out, in)
}

// Decrypt decrypts in under each lane's key.
func (a *AES) Decrypt(out, in *Blocks) {
	if a.level == portable {
		for i, b := range a.blocks {
			b.Decrypt(out[i][:], in[i][:])
		}
		return
	}
	a.decryptFast(out, in)
}
