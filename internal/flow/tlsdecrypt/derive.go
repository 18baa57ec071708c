package tlsdecrypt

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"hash"
)

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, 7.1).
func expandLabel(h func() hash.Hash, secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := string([]byte{byte(n >> 8), byte(n), byte(len(label))}) + label + "\x00"
	out, err := hkdf.Expand(h, secret, info, n)
	if err != nil { // a length that hashes cannot give; no suite has one
		return make([]byte, n)
	}
	return out
}

// pHash is the expansion of RFC 5246, section 5.
func pHash(h func() hash.Hash, secret, seed []byte, n int) []byte {
	sum := func(parts ...[]byte) []byte {
		m := hmac.New(h, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	var out []byte
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

// keyBlock derives the keys of TLS 1.2 and before from a master secret.
func keyBlock(version uint16, s suite, master, client, server []byte, n int) []byte {
	seed := append(append([]byte("key expansion"), server...), client...)
	if version >= version12 {
		return pHash(s.prf, master, seed, n)
	}
	half := (len(master) + 1) / 2 // RFC 2246, section 5
	out := pHash(md5.New, master[:half], seed, n)
	subtle.XORBytes(out, out, pHash(sha1.New, master[len(master)-half:], seed, n))
	return out
}
