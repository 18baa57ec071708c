package isolate

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a stretch of the text, in characters.
type span struct{ lo, hi int }

func (s span) len() int { return s.hi - s.lo }

// trim takes blanks off both ends. Apps and people do so anyway, and no rule
// can be told from one with a blank at its border.
func (a *attempt) trim(s span) span {
	for s.lo < s.hi && unicode.IsSpace(a.text[s.hi-1]) {
		s.hi--
	}
	for s.lo < s.hi && unicode.IsSpace(a.text[s.lo]) {
		s.lo++
	}
	return s
}

// words returns stretches as text, in the order of the text.
func (a *attempt) words(spans []span) []string {
	out := make([]string, 0, len(spans))
	for _, s := range spans {
		if s = a.trim(s); s.len() == 0 {
			continue
		}
		runes := a.text[s.lo:s.hi]
		if a.flip {
			runes = reversed(runes)
		}
		out = append(out, string(runes))
	}
	if a.flip {
		slices.Reverse(out)
	}
	return out
}

// message joins pieces and the fixed words. A message of nothing is the bare
// separator.
func (s *Search) message(pieces []string) string {
	all := append(slices.Clone(pieces), s.c.Fixed...)
	if len(all) == 0 {
		return strings.TrimSpace(s.sep)
	}
	return strings.Join(all, s.sep)
}

// holds reports whether each piece of small is within a piece of large.
func holds(large, small []string) bool {
	for _, p := range small {
		if !slices.ContainsFunc(large, func(q string) bool { return strings.Contains(q, p) }) {
			return false
		}
	}
	return true
}

func reversed(r []rune) []rune {
	out := slices.Clone(r)
	slices.Reverse(out)
	return out
}

// occurrences finds the known words in the text. The text itself is left out.
func occurrences(text string, words []string) (out []span) {
	seen := map[span]bool{}
	for _, w := range words {
		if w == "" || w == text {
			continue
		}
		for at := 0; len(out) < maxKnown; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			lo := utf8.RuneCountInString(text[:at+i])
			found := span{lo, lo + utf8.RuneCountInString(w)}
			if !seen[found] {
				seen[found] = true
				out = append(out, found)
			}
			_, step := utf8.DecodeRuneInString(text[at+i:])
			at += i + step
		}
	}
	return out
}
