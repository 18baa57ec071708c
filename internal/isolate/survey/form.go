package survey

import (
	"slices"
	"strings"
	"unicode"
)

// form is a way of writing the parts of a rule that may change whether it
// reacts.
type form struct {
	purpose string
	vary    func(string) string
	open    func(*knowledge, *rule) bool
	set     func(u *rule, reacts bool, key string, k *knowledge)
	told    func(*rule) (reacts, silent bool)
	rare    bool // few rules react to it
}

func boundaryForm() form {
	return form{
		purpose: "do the parts react inside longer words?", vary: embedded,
		open: func(_ *knowledge, u *rule) bool { return !u.bounded },
		set:  (*rule).setBoundary,
		told: func(u *rule) (bool, bool) { return u.boundary == No, u.boundary == Yes },
	}
}

func caseForm() form {
	return form{
		purpose: "do the parts react in other case?", vary: swapCase,
		open: func(k *knowledge, u *rule) bool { return !u.cased && !k.same(u, swapCase) },
		set: func(u *rule, reacts bool, key string, k *knowledge) {
			u.letters, u.cased = CaseExact, true
			if reacts {
				u.letters = CaseFolded
			}
			u.line("in other case", k.vary(u, swapCase), reacts, key)
		},
		told: func(u *rule) (bool, bool) { return u.letters == CaseFolded, u.letters == CaseExact },
	}
}

func titleForm() form {
	return form{
		purpose: "do the parts react with the first letter in other case?", vary: swapFirst, rare: true,
		open: func(k *knowledge, u *rule) bool {
			return u.letters == CaseExact && !u.titled && !k.same(u, swapFirst)
		},
		set: func(u *rule, reacts bool, key string, k *knowledge) {
			u.titled = true
			if reacts {
				u.letters = CaseFirst
				u.line("with the first letter in other case", k.vary(u, swapFirst), reacts, key)
			}
		},
		told: func(u *rule) (bool, bool) { return u.letters == CaseFirst, u.titled && u.letters == CaseExact },
	}
}

func (u *rule) setBoundary(reacts bool, key string, k *knowledge) {
	u.boundary, u.bounded = Yes, true
	if reacts {
		u.boundary = No
	}
	u.line("inside longer words", k.vary(u, embedded), reacts, key)
}

func (u *rule) line(claim string, parts []string, reacts bool, key string) {
	u.lines = append(u.lines, Line{Claim: claim, Parts: parts, Reacts: reacts, Keys: []string{key}})
}

func (k *knowledge) vary(u *rule, f func(string) string) []string { return k.varyBy(u, f) }

func (k *knowledge) varyBy(u *rule, f func(string) string) []string {
	out := k.words(u.parts)
	for i, w := range out {
		out[i] = f(w)
	}
	return out
}

// same says whether a form changes nothing.
func (k *knowledge) same(u *rule, f func(string) string) bool {
	return slices.Equal(k.words(u.parts), k.varyBy(u, f))
}

// embedded puts a word inside a longer one of the same writing.
func embedded(w string) string {
	runes := []rune(w)
	return neighbour(runes[0]) + w + neighbour(runes[len(runes)-1])
}

// neighbour is a letter to stand beside another.
func neighbour(r rune) string {
	switch {
	case unicode.Is(unicode.Cyrillic, r):
		return "ж"
	case unicode.Is(unicode.Han, r):
		return "的"
	case unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
		return "の"
	case unicode.Is(unicode.Hangul, r):
		return "가"
	case unicode.Is(unicode.Greek, r):
		return "ξ"
	case unicode.Is(unicode.Arabic, r):
		return "ت"
	}
	return "x"
}

func swapCase(w string) string {
	if u := strings.ToUpper(w); u != w {
		return u
	}
	return strings.ToLower(w)
}

func swapFirst(w string) string {
	runes := []rune(w)
	if u := unicode.ToUpper(runes[0]); u != runes[0] {
		runes[0] = u
	} else {
		runes[0] = unicode.ToLower(runes[0])
	}
	return string(runes)
}

// caseOf is what is known of case.
func (k *knowledge) caseOf(u *rule) Case {
	if k.same(u, swapCase) {
		return CaseNone
	}
	if !u.cased {
		return CaseUnknown
	}
	return u.letters
}
