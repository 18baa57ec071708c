package characterise

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/unicode/norm"
)

// folding is a way of writing that a filter may take for another.
type folding struct {
	name, question, yes, no string
	vary                    func(string) string
}

// foldings lists the ways of writing that are tried.
func foldings(simple map[rune]rune) []folding {
	return []folding{
		{"case", "do the words react in other case?", "case is ignored", "case is told apart", mapped(otherCase)},
		{"width", "do the words react in full width?", "full and half width are one", "full and half width are told apart", mapped(otherWidth)},
		{"unicode canonical", "do the words react in another canonical Unicode form?", "canonical Unicode forms are one", "canonical Unicode forms are told apart", canonical()},
		{"unicode compatible", "do the words react with compatible Unicode characters?", "compatible characters are one", "compatible characters are told apart", mapped(compatible())},
		{"simplified", "do the words react in the other script, traditional or simplified?", "traditional and simplified are one", "traditional and simplified are told apart", mapped(otherScript(simple))},
		{"blanks", "do the words react with blanks between their characters?", "blanks are ignored", "blanks count", spread(" ")},
		{"line ends", "do the words react with line ends between their characters?", "line ends are ignored", "line ends count", spread("\n")},
		{"punctuation", "do the words react with punctuation between their characters?", "punctuation is ignored", "punctuation counts", spread("*")},
		{"zero width", "do the words react with signs without width between their characters?", "signs without width are ignored", "signs without width count", spread("\u200b")},
	}
}

// mapped varies character by character.
func mapped(f func(rune) rune) func(string) string {
	return func(s string) string { return strings.Map(f, s) }
}

// spread puts a sign between the characters.
func spread(sign string) func(string) string {
	return func(s string) string {
		runes := []rune(s)
		out := make([]string, len(runes))
		for i, r := range runes {
			out[i] = string(r)
		}
		return strings.Join(out, sign)
	}
}

func otherCase(r rune) rune {
	if u := unicode.ToUpper(r); u != r {
		return u
	}
	return unicode.ToLower(r)
}

// otherWidth exchanges letters and digits of ASCII and their forms of full
// width. Signs stay: a filter that drops them says nothing about width.
func otherWidth(r rune) rune {
	const shift = 0xfee0
	switch {
	case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
		return r + shift
	case r > shift && r-shift < unicode.MaxASCII && (unicode.IsLetter(r-shift) || unicode.IsDigit(r-shift)):
		return r - shift
	}
	return r
}

// canonical exchanges composed and decomposed forms, and ideographs for their
// canonical doubles.
func canonical() func(string) string {
	doubles := doubled(norm.NFC, [][2]rune{{0xf900, 0xfaff}, {0x2f800, 0x2fa1f}})
	return func(s string) string {
		if d := norm.NFD.String(s); d != s {
			return d
		}
		if c := norm.NFC.String(s); c != s {
			return c
		}
		return strings.Map(func(r rune) rune {
			if d, ok := doubles[r]; ok {
				return d
			}
			return r
		}, s)
	}
}

// compatible exchanges letters and digits for bold mathematical ones and
// ideographs for radicals, which only the compatibility forms take for the
// same.
func compatible() func(rune) rune {
	radicals := doubled(norm.NFKC, [][2]rune{{0x2f00, 0x2fd5}})
	return func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 0x1d400
		case r >= 'a' && r <= 'z':
			return r - 'a' + 0x1d41a
		case r >= '0' && r <= '9':
			return r - '0' + 0x1d7ce
		}
		if d, ok := radicals[r]; ok {
			return d
		}
		return r
	}
}

// doubled maps characters to others that a normal form makes the same.
func doubled(form norm.Form, ranges [][2]rune) map[rune]rune {
	out := map[rune]rune{}
	for _, between := range ranges {
		for r := between[0]; r <= between[1]; r++ {
			if plain := []rune(form.String(string(r))); len(plain) == 1 && plain[0] != r {
				if _, known := out[plain[0]]; !known {
					out[plain[0]] = r
				}
			}
		}
	}
	return out
}

// otherScript exchanges simplified and traditional characters. Simplified ones
// that are used in traditional texts too (those of Big5) stay: which character
// stands for them there depends on the word.
func otherScript(simple map[rune]rune) func(rune) rune {
	big5 := traditionalchinese.Big5.NewEncoder()
	traditional := map[rune]rune{}
	for t, s := range simple {
		if _, err := big5.String(string(s)); err == nil {
			continue
		}
		if before, ok := traditional[s]; !ok || t < before {
			traditional[s] = t
		}
	}
	return func(r rune) rune {
		if s, ok := simple[r]; ok && s != r {
			return s
		}
		if t, ok := traditional[r]; ok {
			return t
		}
		return r
	}
}
