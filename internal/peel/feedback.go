package peel

import (
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

func openCTR(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	cipher.NewCTR(block, iv).XORKeyStream(out, b)
	return out
}

// openCFB and openCFB8 are cipher feedback over blocks and over bytes (NIST
// SP 800-38A, section 6.3).
func openCFB(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	stream := make([]byte, len(iv))
	for i, before := 0, iv; i < len(b); i += len(iv) {
		block.Encrypt(stream, before)
		end := min(i+len(iv), len(b))
		for j := i; j < end; j++ {
			out[j] = b[j] ^ stream[j-i]
		}
		before = b[i:end]
	}
	return out
}

func openCFB8(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	register := append(append(make([]byte, 0, len(iv)+len(b)), iv...), b...)
	stream := make([]byte, len(iv))
	for i := range b {
		block.Encrypt(stream, register[i:i+len(iv)])
		out[i] = b[i] ^ stream[0]
	}
	return out
}

// openPoly opens ChaCha20-Poly1305 (RFC 8439): the nonce in front, the tag
// behind, no associated data.
func openPoly(key, b []byte) ([]byte, error) {
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, err
	}
	if len(b) < aead.NonceSize()+aead.Overhead() {
		return nil, errBlocks
	}
	return aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
}
