package inspect

import (
	"bytes"
	"fmt"
	"unicode"
)

// EscapeHidden writes the characters of a JSON text that would act in a
// terminal or not be seen as \u escapes. They can only stand inside strings,
// where an escape means the same. What is not UTF-8 becomes \ufffd.
func EscapeHidden(doc []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(doc) {
		switch {
		case r == '\n' || shown(r):
			out.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// shown reports whether a character can be seen and stands for itself alone:
// no marks that are painted over others, no letters without a shape.
func shown(r rune) bool {
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, unicode.ReplacementChar:
		return false
	}
	return unicode.IsPrint(r) && !unicode.Is(unicode.M, r)
}
