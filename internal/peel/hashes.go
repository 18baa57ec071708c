package peel

import (
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

// hashAll is the number of texts up to which every digest of every form is
// looked for; of more, the common digests of the text as it is.
const hashAll = 64

// newHashTable computes the digests of the needles.
func newHashTable(needles []Needle) hashTable {
	var t hashTable
	var written []Needle
	kinds, all := hashKinds(), len(needles) <= hashAll
	if !all {
		kinds = kinds[:commonHashes]
	}
	for i, n := range needles {
		if len(n.Text) < match.MinLen {
			continue
		}
		for _, text := range digestible(n.Text, all) {
			for _, kind := range kinds {
				h := kind.make()
				h.Write(text)
				for _, w := range spellings(h.Sum(nil)) {
					written = append(written, Needle{Text: w})
					t.owner = append(t.owner, i)
					t.form = append(t.form, "hash:"+kind.name)
				}
			}
		}
	}
	if all {
		written = t.twice(needles, written)
	}
	t.set = match.CompileExact(written)
	return t
}

// twice adds common digests of common digests, of their bytes and of their hex.
func (t *hashTable) twice(needles []Needle, written []Needle) []Needle {
	kinds := hashKinds()[:commonHashes]
	for i, n := range needles {
		if len(n.Text) < match.MinLen {
			continue
		}
		for _, first := range kinds {
			h := first.make()
			h.Write([]byte(n.Text))
			sum := h.Sum(nil)
			for _, inner := range []string{string(sum), hex.EncodeToString(sum), strings.ToUpper(hex.EncodeToString(sum))} {
				for _, second := range kinds {
					h := second.make()
					h.Write([]byte(inner))
					for _, w := range spellings(h.Sum(nil)) {
						written = append(written, Needle{Text: w})
						t.owner = append(t.owner, i)
						t.form = append(t.form, "hash:"+second.name+":"+first.name)
					}
				}
			}
		}
	}
	return written
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
