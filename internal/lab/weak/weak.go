// Package weak holds the ciphers of the historic clients, as far as they are
// known, so that the lab's lists and uploads are protected as badly as theirs
// were; docs/design/lab.md says how sure each detail is. Nothing else may use
// it: every one of them is broken on purpose.
package weak

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"errors"
	"fmt"
)

// Scheme names a cipher, in the words of a layer's path.
type Scheme string

// The schemes. None leaves the bytes as they are.
const (
	None     Scheme = ""
	XORChain Scheme = "xor-chain"
	DES      Scheme = "des-ecb"
	AES      Scheme = "aes-256-ecb"
)

// ErrSealed is wrapped by every error of Open: the bytes are not what Seal
// gives under this scheme and key.
var ErrSealed = errors.New("not sealed with this cipher and key")

// Box is a cipher with its key and padding.
type Box struct {
	Scheme Scheme
	// Key is 8 bytes for DES, 32 for AES, none for the others.
	Key []byte
	// Zero pads the last block with zero bytes, and not at all when it is
	// full; otherwise padding is as in PKCS #7.
	Zero bool
}

// Seal encrypts. The error is about the key alone.
func (b Box) Seal(plain []byte) ([]byte, error) {
	switch b.Scheme {
	case None:
		return bytes.Clone(plain), nil
	case XORChain:
		return chain(plain), nil
	}
	block, err := b.block()
	if err != nil {
		return nil, err
	}
	padded := b.pad(plain, block.BlockSize())
	for at := 0; at < len(padded); at += block.BlockSize() {
		block.Encrypt(padded[at:], padded[at:])
	}
	return padded, nil
}

// Open decrypts. Errors about the bytes wrap ErrSealed.
func (b Box) Open(sealed []byte) ([]byte, error) {
	switch b.Scheme {
	case None:
		return bytes.Clone(sealed), nil
	case XORChain:
		return unchain(sealed), nil
	}
	block, err := b.block()
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(sealed)%size != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not a multiple of %d", ErrSealed, len(sealed), size)
	}
	plain := bytes.Clone(sealed)
	for at := 0; at < len(plain); at += size {
		block.Decrypt(plain[at:], plain[at:])
	}
	return b.unpad(plain, size)
}

func (b Box) block() (cipher.Block, error) {
	switch {
	case b.Scheme == DES && len(b.Key) == 8:
		return des.NewCipher(b.Key)
	case b.Scheme == AES && len(b.Key) == 32:
		return aes.NewCipher(b.Key)
	}
	return nil, fmt.Errorf("cipher %q does not take a key of %d bytes: want 8 for %s, 32 for %s", b.Scheme, len(b.Key), DES, AES)
}

func (b Box) pad(plain []byte, size int) []byte {
	missing := size - len(plain)%size
	if b.Zero {
		return append(bytes.Clone(plain), make([]byte, missing%size)...)
	}
	return append(bytes.Clone(plain), bytes.Repeat([]byte{byte(missing)}, missing)...)
}

func (b Box) unpad(plain []byte, size int) ([]byte, error) {
	if b.Zero {
		return bytes.TrimRight(plain, "\x00"), nil
	}
	if len(plain) == 0 {
		return nil, fmt.Errorf("%w: no block", ErrSealed)
	}
	n := int(plain[len(plain)-1])
	if n == 0 || n > size || !bytes.Equal(plain[len(plain)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, fmt.Errorf("%w: the padding is wrong", ErrSealed)
	}
	return plain[:len(plain)-n], nil
}
