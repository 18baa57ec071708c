package keyspeed

import (
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// Hash is a hash function that keys are derived with.
type Hash int

// The hash functions of derivations.
const (
	MD5 Hash = iota
	SHA1
	SHA256
	SHA512
)

// String is the name of the hash function, in lower case.
func (h Hash) String() string { return []string{"md5", "sha1", "sha256", "sha512"}[h] }

// New returns the hash function.
func (h Hash) New() hash.Hash {
	switch h {
	case MD5:
		return md5.New()
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	}
	return sha512.New()
}

// Size is the length of a digest.
func (h Hash) Size() int { return []int{md5.Size, sha1.Size, sha256.Size, sha512.Size}[h] }

// EVP makes n bytes of key and IV from a password as EVP_BytesToKey of OpenSSL
// does with one round: each digest is of the one before, the password and the
// salt.
func EVP(h Hash, password, salt []byte, n int) []byte {
	out := make([]byte, 0, n+h.Size())
	var last []byte
	for d := h.New(); len(out) < n; out = append(out, last...) {
		d.Reset()
		d.Write(last)
		d.Write(password)
		d.Write(salt)
		last = d.Sum(last[:0])
	}
	return out[:n]
}

// PBKDF2 makes n bytes from each password (RFC 8018, 5.2, with HMAC).
// Where the processor has wide registers, 16 passwords are worked on at once.
func PBKDF2(h Hash, passwords [][]byte, salt []byte, rounds, n int) [][]byte {
	if rounds > 1 && len(passwords) > 1 && (h == SHA1 || h == SHA256) && bestDES() == avx512 {
		return pbkdf2Fast(h, passwords, salt, rounds, n)
	}
	out := make([][]byte, len(passwords))
	for i, p := range passwords {
		out[i] = pbkdf2Slow(h, p, salt, rounds, n)
	}
	return out
}

// pbkdf2Slow is PBKDF2 of the standard library.
func pbkdf2Slow(h Hash, password, salt []byte, rounds, n int) []byte {
	key, err := pbkdf2.Key(h.New, string(password), salt, rounds, n)
	if err != nil { // of a mode of the standard library that refuses short keys
		return make([]byte, n)
	}
	return key
}
