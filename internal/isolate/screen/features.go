package screen

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// A feature of a term is named by its kind and what it is: the length class
// and kinds of writing ("g"), the order of the kinds ("s"), letters ("u"), and
// two or three of them in a row ("b", "t").
const (
	kindGeneral = 'g'
	kindOrder   = 's'
	kindLetter  = 'u'
	kindTwo     = 'b'
	kindThree   = 't'
)

// maxFeatureRunes bounds how much of a term is looked at.
const maxFeatureRunes = 60

// eachFeature calls f with each feature of t, every one once.
func eachFeature(t string, f func(string)) {
	runes := []rune(t)
	if len(runes) > maxFeatureRunes {
		runes = runes[:maxFeatureRunes]
	}
	seen := map[string]bool{}
	add := func(kind rune, s string) {
		name := string(kind) + s
		if !seen[name] {
			seen[name] = true
			f(name)
		}
	}
	length := strconv.Itoa(lengthClass(utf8.RuneCountInString(t)))
	add(kindGeneral, length)
	order := ""
	for i, r := range runes {
		w := writing(r)
		add(kindGeneral, w)
		if order == "" || order[len(order)-1:] != w {
			order += w
		}
		add(kindLetter, string(r))
		if i > 0 {
			add(kindTwo, string(runes[i-1:i+1]))
		}
		if i > 1 {
			add(kindThree, string(runes[i-2:i+1]))
		}
	}
	add(kindOrder, order)
	add(kindOrder, order+length)
}

func lengthClass(n int) int {
	switch {
	case n <= 5:
		return n
	case n <= 7:
		return 6
	case n <= 10:
		return 7
	case n <= 15:
		return 8
	}
	return 9
}

func writing(r rune) string {
	switch {
	case unicode.Is(unicode.Han, r):
		return "h"
	case unicode.IsDigit(r):
		return "d"
	case r < utf8.RuneSelf && unicode.IsLetter(r):
		return "l"
	case unicode.IsLetter(r):
		return "o"
	case unicode.IsSpace(r):
		return "s"
	}
	return "p"
}
