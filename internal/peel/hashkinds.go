package peel

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/md4"       //nolint:staticcheck // what was used is looked for, not what should have been
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // as above
	legacysha3 "golang.org/x/crypto/sha3"
	"golang.org/x/text/unicode/norm"

	"example.org/telltale/internal/peel/match"
)

// hashKind is a digest that programs make of texts.
type hashKind struct {
	name string
	make func() hash.Hash
}

// commonHashes are looked for however many texts there are.
const commonHashes = 4

// hashKinds is every digest of eight bytes or more, the common ones first.
func hashKinds() []hashKind {
	kinds := []hashKind{
		{"md5", md5.New}, {"sha1", sha1.New}, {"sha256", sha256.New}, {"sha512", sha512.New},
		{"sha224", sha256.New224}, {"sha384", sha512.New384}, {"sha512-256", sha512.New512_256}, {"sha512-224", sha512.New512_224},
		{"sha3-256", func() hash.Hash { return sha3.New256() }}, {"sha3-512", func() hash.Hash { return sha3.New512() }},
		{"sha3-224", func() hash.Hash { return sha3.New224() }}, {"sha3-384", func() hash.Hash { return sha3.New384() }},
		{"keccak256", legacysha3.NewLegacyKeccak256}, {"keccak512", legacysha3.NewLegacyKeccak512},
		{"sm3", newSM3}, {"blake3", newBLAKE3}, {"ripemd160", ripemd160.New}, {"md4", md4.New},
		{"blake2s", newBLAKE2s},
		{"crc64-ecma", func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) }},
		{"crc64-iso", func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ISO)) }},
	}
	kinds = append(kinds, hashKind{"blake2b", newBLAKE2b(64)})
	for _, size := range []int{32, 20, 16, 48} {
		kinds = append(kinds, hashKind{"blake2b-" + strconv.Itoa(8*size), newBLAKE2b(size)})
	}
	return kinds
}

func newBLAKE2b(size int) func() hash.Hash {
	return func() hash.Hash {
		h, err := blake2b.New(size, nil)
		if err != nil {
			return sha256.New() // not with the sizes above
		}
		return h
	}
}

func newBLAKE2s() hash.Hash {
	h, err := blake2s.New256(nil)
	if err != nil {
		return sha256.New() // not without a key
	}
	return h
}

// crcKind is a check sum of 32 bits.
type crcKind struct {
	name  string
	table *crc32.Table
}

func crcKinds() []crcKind {
	return []crcKind{{"crc32", crc32.IEEETable}, {"crc32c", crc32.MakeTable(crc32.Castagnoli)}}
}

// digestible are the bytes that a program may make a digest of, given a text:
// UTF-8 and UTF-16LE, and if all, other charsets and the text in the forms
// that programs bring texts to before they compare them.
func digestible(text string, all bool) [][]byte {
	texts := []string{text}
	if all {
		texts = append(texts,
			strings.ToLower(text), strings.ToUpper(text), strings.TrimSpace(text), strings.ToLower(strings.TrimSpace(text)),
			norm.NFKC.String(text), strings.ToLower(norm.NFKC.String(text)), norm.NFC.String(text), norm.NFD.String(text),
			strings.Join(strings.Fields(text), ""), strings.ToLower(strings.Join(strings.Fields(text), "")), strings.Join(strings.Fields(text), " "),
			text+"\n", text+"\r\n", text+"\x00")
	}
	var out [][]byte
	add := func(b []byte) {
		if !slices.ContainsFunc(out, func(old []byte) bool { return string(old) == string(b) }) {
			out = append(out, b)
		}
	}
	for _, t := range texts {
		add([]byte(t))
	}
	charsets := []string{"utf-16le"}
	if all {
		charsets = match.Charsets()
	}
	for _, name := range charsets {
		if b, err := match.Charset(name).NewEncoder().Bytes([]byte(text)); err == nil {
			add(b)
		}
	}
	return out
}
