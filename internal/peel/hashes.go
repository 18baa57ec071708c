package peel

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"example.org/telltale/internal/peel/match"
)

// hashTable finds digests of needles. A digest on the wire is a copy to
// whoever can guess the text. It is a match.Set over all ways a digest is
// written, whose needles are digests; owner leads back.
type hashTable struct {
	set   *match.Set
	owner []int
	form  []string
}

// newHashTable computes the digests of the needles in UTF-8 and UTF-16LE.
func newHashTable(needles []Needle) hashTable {
	var t hashTable
	var written []Needle
	for i, n := range needles {
		for _, text := range digestible(n.Text) {
			for _, d := range digests(text) {
				for _, w := range spellings(d.sum) {
					written = append(written, Needle{Text: w})
					t.owner = append(t.owner, i)
					t.form = append(t.form, "hash:"+d.name)
				}
			}
		}
	}
	t.set = match.CompileExact(written)
	return t
}

type digest struct {
	name string
	sum  []byte
}

func digests(b []byte) []digest {
	m, s1, s256 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b)
	return []digest{{"md5", m[:]}, {"sha1", s1[:]}, {"sha256", s256[:]}}
}

func digestible(text string) [][]byte {
	forms := [][]byte{[]byte(text)}
	if wide, err := match.Charset("utf-16le").NewEncoder().Bytes([]byte(text)); err == nil {
		forms = append(forms, wide)
	}
	return forms
}

// spellings of a digest: raw, hex in both cases, and base64 without padding.
func spellings(sum []byte) []string {
	h := hex.EncodeToString(sum)
	return []string{string(sum), h, strings.ToUpper(h), strings.TrimRight(base64.StdEncoding.EncodeToString(sum), "=")}
}

// find returns the digests in b as hits of their needles.
func (t hashTable) find(b []byte) []match.Hit {
	hits := t.set.Find(b, hitLimit)
	for i, h := range hits {
		hits[i].Form = t.form[h.Needle]
		hits[i].Needle = t.owner[h.Needle]
	}
	return hits
}
