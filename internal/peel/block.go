package peel

import "crypto/cipher"

// mode is how blocks are chained, and the block before the first one.
type mode struct {
	chain bool
	iv    []byte
}

// open decrypts whole blocks.
func (m mode) open(block cipher.Block, b []byte) []byte {
	out := make([]byte, len(b))
	if m.chain {
		cipher.NewCBCDecrypter(block, m.iv).CryptBlocks(out, b)
		return out
	}
	for i := 0; i < len(b); i += block.BlockSize() {
		block.Decrypt(out[i:], b[i:])
	}
	return out
}

// padding returns the number of bytes of PKCS #7 padding, 0 if it is wrong.
func padding(block []byte) int {
	n := int(block[len(block)-1])
	if n == 0 || n > len(block) {
		return 0
	}
	for _, c := range block[len(block)-n:] {
		if int(c) != n {
			return 0
		}
	}
	return n
}

// unpad takes PKCS #7 padding off, or else zero bytes at the end.
func unpad(plain []byte, size int) []byte {
	if len(plain) == 0 {
		return plain
	}
	if n := padding(plain[max(0, len(plain)-size):]); n > 0 {
		return plain[:len(plain)-n]
	}
	for cut := 0; cut < size && len(plain) > 0 && plain[len(plain)-1] == 0; cut++ {
		plain = plain[:len(plain)-1]
	}
	return plain
}
