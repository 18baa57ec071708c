package peel

import (
	"bytes"

	"example.org/telltale/internal/peel/match"
)

// xorPeeler derives repeating XOR keys from known plaintext. The exclusive
// or of bytes one key length apart does not depend on the key, so one pass
// for each length finds every place where a known text may stand. Only texts
// of two key lengths or more count: then every byte of the key is confirmed
// by a second one, and no key is made up to fit.
type xorPeeler struct{}

func (xorPeeler) Name() string { return "xor" }

const xorBytes = 1 << 20

func (xorPeeler) Peel(in Input) []Candidate {
	if in.Best >= sure || in.Derived || len(in.Bytes) < 2*match.MinLen || len(in.Bytes) > xorBytes {
		return nil
	}
	var out []Candidate
	seen := map[string]bool{}
	for n := 1; n <= MaxLag && len(out) < cipherLimit; n++ {
		set := in.Cribs.lags[n]()
		if set.Empty() || in.Context.Err() != nil {
			continue
		}
		for _, hit := range set.Find(match.Shear(in.Bytes, n), 64) {
			key := repeating(in.Bytes, hit, n, in.Cribs.known[hit.Needle].Text)
			if key == nil || seen[string(key)] {
				continue
			}
			seen[string(key)] = true
			plain := openXOR(key, in.Bytes)
			if !reads(in.Bytes, plain, hit) {
				continue
			}
			out = append(out, Candidate{Coats: []string{"xor"}, Bytes: plain, Score: 0.97, Key: &Key{key, SourceDerived}, Whole: true})
		}
	}
	for n := match.MinLen + 1; n <= MaxLag && len(out) == 0; n++ {
		out = in.partKeys(n)
	}
	return out
}

// xorAround is how far around a text the bytes are judged.
const xorAround = 96

// reads reports whether a decryption reads better than the ciphertext, around
// the text that gave the key. Two texts, one key length apart in text, have the
// difference of the same two the other way round.
func reads(cipher, plain []byte, hit match.Hit) bool {
	from, until := max(0, hit.At-xorAround), min(len(plain), hit.At+hit.Len+xorAround)
	if unit := unitOf(hit.Form); unit > 1 {
		from += (hit.At - from) % unit // in step with the text
	}
	return evidence(littleEndian(hit.Form, plain[from:until])) > evidence(littleEndian(hit.Form, cipher[from:until]))
}

// littleEndian turns UTF-16 round, which evidence knows in one order only.
func littleEndian(form string, b []byte) []byte {
	if form != "utf-16be" {
		return b
	}
	out := bytes.Clone(b)
	for i := 0; i+1 < len(out); i += 2 {
		out[i], out[i+1] = out[i+1], out[i]
	}
	return out
}

// repeating computes the key of n bytes, first byte for offset 0, from a
// text that stands at a hit. It returns nil for the key of zeros, and for a
// key that repeats within itself, which a shorter length has given.
func repeating(b []byte, hit match.Hit, n int, text string) []byte {
	plain := match.Encode(text, hit.Form)
	key := make([]byte, n)
	for i := range n {
		key[(hit.At+i)%n] = b[hit.At+i] ^ plain[i]
	}
	if len(bytes.Trim(key, "\x00")) == 0 {
		return nil
	}
	if n == 2 && (key[0] == 0xff && key[1]&^0x40 == 0x20 || key[1] == 0xff && key[0]&^0x40 == 0x20) {
		return nil // letters of full width in UTF-16
	}
	for short := 1; short < n; short++ {
		if n%short == 0 && bytes.Equal(key[short:], key[:n-short]) {
			return nil
		}
	}
	return key
}
