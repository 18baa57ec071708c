package peel

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// unlatin undoes what happens to text whose bytes were taken for Latin-1 or
// Windows-1252 and written as UTF-8. What comes out must be UTF-8, or text in
// another charset by evidence.
func unlatin(b []byte) ([]byte, int) {
	out := make([]byte, 0, len(b))
	wide := 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		rest = rest[n:]
		if r == utf8.RuneError && n == 1 {
			return nil, 0
		}
		c := byte(r)
		if r >= 0x80 {
			wide++
		}
		if r > 0xff {
			var ok bool
			if c, ok = charmap.Windows1252.EncodeRune(r); !ok {
				return nil, 0
			}
		}
		out = append(out, c)
	}
	const least, sureBits = 4, 60
	if wide < least || !utf8.Valid(out) && (!readable(out) || evidence(out) < sureBits || evidence(out) < evidence(b)) {
		return nil, 0
	}
	return out, wide
}
