package peel

import (
	"strings"

	"example.org/telltale"
)

// CipherOf returns the ciphers of a path, outermost first. It is empty when
// everything on the path can be read by anybody without a key.
func CipherOf(path []string) []string {
	var ciphers []string
	for _, coat := range path {
		if isCipher(coat) {
			ciphers = append(ciphers, coat)
		}
	}
	return ciphers
}

func isCipher(coat string) bool {
	name, _, _ := strings.Cut(coat, ":")
	switch name {
	case "xor", "xor-chain", "add", "rotate-bits", "affine", "caesar", "rc4", "chacha20", "chacha20-poly1305", "qqtea", "xxtea":
		return true
	}
	for _, family := range []string{"des-", "3des-", "aes-", "tea-", "xtea-", "sm4-", "blowfish-"} {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return false
}

// Weaknesses returns the Weak constants that follow from the path alone,
// each once: WeakXOR for byte-wise ciphers that fall to known plaintext,
// WeakDES for single DES, WeakECB for codebook modes. Where keys stand and
// how the bytes travelled is for others to say.
func Weaknesses(path []string) []string {
	var bytewise, des, ecb bool
	for _, coat := range CipherOf(path) {
		name, _, _ := strings.Cut(coat, ":")
		bytewise = bytewise || name == "xor" || name == "xor-chain" || name == "add" || name == "affine" || name == "caesar"
		des = des || strings.HasPrefix(name, "des-")
		ecb = ecb || strings.HasSuffix(name, "-ecb")
	}
	var weak []string
	for _, w := range []struct {
		holds bool
		name  string
	}{{bytewise, telltale.WeakXOR}, {des, telltale.WeakDES}, {ecb, telltale.WeakECB}} {
		if w.holds {
			weak = append(weak, w.name)
		}
	}
	return weak
}
