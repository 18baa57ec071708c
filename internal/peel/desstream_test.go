package peel_test

import (
	"crypto/cipher"
	"crypto/des"
	"testing"
)

// desStream enciphers with DES in counter mode, from zero.
func desStream(t testing.TB, key string, text []byte) []byte {
	t.Helper()
	block, err := des.NewCipher([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, make([]byte, des.BlockSize)).XORKeyStream(out, text)
	return out
}
