package scenario

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// class is the kind of sign that a run of a word consists of.
type class byte

const (
	han class = iota
	latin
	cyrillic
	kana
	hangul
	arabic
	digit
	symbol
	punct // kept in place
	space // kept in place
	other // a script without neutral words of its own
)

func classOf(r rune) class {
	switch {
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.Is(unicode.Latin, r):
		return latin
	case unicode.Is(unicode.Cyrillic, r):
		return cyrillic
	case unicode.In(r, unicode.Hiragana, unicode.Katakana) || r == 'ー':
		return kana
	case unicode.Is(unicode.Hangul, r):
		return hangul
	case unicode.Is(unicode.Arabic, r) && unicode.IsLetter(r):
		return arabic
	case unicode.IsDigit(r):
		return digit
	case unicode.IsSpace(r):
		return space
	case unicode.IsPunct(r):
		return punct
	case unicode.IsSymbol(r):
		return symbol
	}
	return other
}

// run is a stretch of signs of one class.
type run struct {
	class class
	text  []rune
}

// runs cuts a word into its runs. Marks belong to what they stand on.
func runs(word string) (out []run) {
	for _, r := range word {
		c := classOf(r)
		last := len(out) - 1
		if last >= 0 && (out[last].class == c || unicode.In(r, unicode.M, unicode.Cf)) {
			out[last].text = append(out[last].text, r)
			continue
		}
		out = append(out, run{c, []rune{r}})
	}
	return out
}

// shape writes the classes and lengths of a word's runs; words of one shape
// look alike to anything that does not read.
func shape(word string) string {
	var b strings.Builder
	for _, r := range runs(word) {
		for range r.text {
			b.WriteByte('a' + byte(r.class))
		}
	}
	return b.String()
}

// frequent reports whether a word is made of frequent signs. For Han these
// are the first levels of GB 2312 and of Big5, which were filled by frequency
// of use. A Latin word is frequent if it is among the built-in frequent ones.
func frequent(word string) bool {
	for _, r := range runs(word) {
		switch r.class {
		case han:
			for _, c := range r.text {
				if !firstLevel(c) {
					return false
				}
			}
		case latin:
			if !containsFold(strings.Fields(latinFrequent), string(r.text)) {
				return false
			}
		}
	}
	return true
}

func containsFold(words []string, word string) bool {
	for _, w := range words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// firstLevel reports whether a character is in the first level of GB 2312
// (rows 16 to 55) or, if it is not in GB 2312 at all, of Big5 (A440 to C67E).
func firstLevel(c rune) bool {
	if gb := encode(simplifiedchinese.GBK, c); len(gb) == 2 && gb[0] >= 0xb0 && gb[0] <= 0xf7 && gb[1] >= 0xa1 {
		return gb[0] <= 0xd7
	}
	big := encode(traditionalchinese.Big5, c)
	return len(big) == 2 && big[0] >= 0xa4 && big[0] <= 0xc6
}

func encode(e encoding.Encoding, c rune) []byte {
	out, err := e.NewEncoder().Bytes([]byte(string(c)))
	if err != nil {
		return nil
	}
	return out
}
