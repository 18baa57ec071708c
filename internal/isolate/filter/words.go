package filter

import (
	"strings"
	"unicode/utf8"
)

// words are rules of one part, found by their first two characters: lists of
// real filters are long.
type words map[[2]rune][]string

func (w words) add(word string) {
	key := head(word)
	w[key] = append(w[key], word)
}

// head is the first two characters; the second is -1 if there is one only.
func head(s string) [2]rune {
	first, n := utf8.DecodeRuneInString(s)
	if n == len(s) {
		return [2]rune{first, -1}
	}
	second, _ := utf8.DecodeRuneInString(s[n:])
	return [2]rune{first, second}
}

// in reports whether some word is in text.
func (w words) in(text string) bool {
	if len(w) == 0 {
		return false
	}
	for i := range text {
		key := head(text[i:])
		if _, ok := w[[2]rune{key[0], -1}]; ok {
			return true
		}
		for _, word := range w[key] {
			if strings.HasPrefix(text[i:], word) {
				return true
			}
		}
	}
	return false
}
