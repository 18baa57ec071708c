package peel

import (
	"slices"

	"example.org/telltale/internal/peel/match"
)

// rotatePeeler turns the letters of text back by 1 to 25 places, if a known
// text shows that it was so written. It is the oldest cipher: the coat
// "caesar", with the number of places as a derived key. "rot47" turns all
// printable signs half round, "atbash" exchanges the first letter and the last;
// neither has a key.
type rotatePeeler struct{}

func (rotatePeeler) Name() string { return "caesar" }

const rotateLimit = 64 << 10

func (rotatePeeler) Peel(in Input) []Candidate {
	if in.Cribs == nil { // on the way back, when the bytes are known
		return []Candidate{exchanged("rot47", rot47(in.Bytes)), exchanged("atbash", atbash(in.Bytes))}
	}
	if in.Best >= sure || in.Derived || in.Shape.Printable < 0.7 || len(in.Bytes) > rotateLimit {
		return nil
	}
	for k := 1; k < 26; k++ {
		if k == 13 {
			continue // a form that is looked for in any case
		}
		plain := rotate(in.Bytes, byte(k))
		if in.Cribs.Has(plain) && !halfTurned(in.Cribs.set.Find(plain, 4)) {
			return []Candidate{{Coats: []string{"caesar"}, Bytes: plain, Score: 0.9, Key: &Key{[]byte{byte(k)}, SourceDerived}, Whole: true}}
		}
	}
	for _, c := range []Candidate{exchanged("rot47", rot47(in.Bytes)), exchanged("atbash", atbash(in.Bytes))} {
		if in.Cribs.Has(c.Bytes) && !halfTurned(in.Cribs.set.Find(c.Bytes, 4)) {
			return []Candidate{c}
		}
	}
	return nil
}

func exchanged(coat string, plain []byte) Candidate {
	return Candidate{Coats: []string{coat}, Bytes: plain, Score: 0.9, Whole: true}
}

// rot47 turns the 94 printable signs half round.
func rot47(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if c > ' ' && c < 0x7f {
			c = '!' + (c-'!'+47)%94
		}
		out[i] = c
	}
	return out
}

// atbash exchanges a and z, b and y.
func atbash(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			c = 'a' + 'z' - c
		case c >= 'A' && c <= 'Z':
			c = 'A' + ('Z' - c)
		}
		out[i] = c
	}
	return out
}

// halfTurned reports whether the hits are all of text that is turned by 13
// places more: another number of places is meant.
func halfTurned(hits []match.Hit) bool {
	return !slices.ContainsFunc(hits, func(h match.Hit) bool { return h.Form != "rot13" })
}

// rotate turns letters k places back.
func rotate(b []byte, k byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			c = 'a' + (c-'a'+26-k)%26
		case c >= 'A' && c <= 'Z':
			c = 'A' + (c-'A'+26-k)%26
		}
		out[i] = c
	}
	return out
}
