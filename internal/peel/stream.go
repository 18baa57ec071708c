package peel

import "crypto/rc4"

func openRC4(key, b []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

func openXOR(key, b []byte) []byte {
	out := make([]byte, len(b))
	if len(key) == 0 {
		return out
	}
	for i, j := 0, 0; i < len(b); i++ {
		out[i] = b[i] ^ key[j]
		if j++; j == len(key) {
			j = 0
		}
	}
	return out
}
