package characterise

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// measured is the claim about length, with the limit if there is one.
type measured struct {
	Claim
	limit int
}

// padded is a message of n characters that ends with the words.
func (s *Search) padded(n int) string {
	filler := []rune(strings.Repeat(s.c.Filler, n/max(1, utf8.RuneCountInString(s.c.Filler))+1))
	return string(filler[:max(0, n-utf8.RuneCountInString(s.alone()))]) + s.alone()
}

// length finds the longest message that is taken and read to its end.
func (v *view) length() measured {
	m := measured{Claim: Claim{Name: "length", Question: "how long may a message be?", Answer: NotApplicable, Statement: "not tried"}}
	shortest := utf8.RuneCountInString(v.alone())
	if v.c.Longest <= shortest {
		return m
	}
	try := func(n int) answer {
		return v.claim(&m.Claim, fmt.Sprintf("length %d", n), v.padded(n), fmt.Sprintf("is a message of %d characters taken, and read to its end?", n))
	}
	lo, hi := shortest, v.c.Longest // lo is taken and read
	switch try(hi) {
	case open:
		return m
	case reacts:
		m.Answer, m.Statement = No, fmt.Sprintf("messages of %d characters are taken and read to their end", hi)
		return m
	}
	if told := v.tally(fmt.Sprintf("length %d", hi)).limit; told > lo && told < hi {
		// The refusal named the limit: it needs two messages of proof only.
		for _, n := range []int{told + 1, told} {
			if n == hi {
				continue
			}
			switch try(n) {
			case open:
				return m
			case reacts:
				lo = max(lo, n)
			default:
				hi = min(hi, n)
			}
		}
	}
	for lo+1 < hi {
		switch mid := (lo + hi) / 2; try(mid) {
		case open:
			return m
		case reacts:
			lo = mid
		default:
			hi = mid
		}
	}
	return v.limited(m, lo)
}

// limited says what becomes of a message that is longer than the limit.
func (v *view) limited(m measured, limit int) measured {
	m.Proof = nil
	v.claim(&m.Claim, fmt.Sprintf("length %d", limit), v.padded(limit), "")
	m.Answer, m.limit = Yes, limit
	if longer := v.tally(fmt.Sprintf("length %d", limit+1)); longer.refused {
		m.Proof = append(m.Proof, Proof{Text: v.padded(limit + 1), Refused: true, Questions: longer.ids})
		m.Statement = fmt.Sprintf("messages of %d characters are taken, longer ones are refused", limit)
		return m
	}
	v.claim(&m.Claim, fmt.Sprintf("length %d", limit+1), v.padded(limit+1), "")
	front := v.alone() + strings.TrimSuffix(v.padded(limit+1), v.alone())
	switch v.claim(&m.Claim, "front", front, "is the beginning of a longer message read?") {
	case reacts:
		m.Answer, m.Statement = Yes, fmt.Sprintf("the first %d characters are read, not what comes after", limit)
	case silent:
		m.Answer, m.Statement = Yes, fmt.Sprintf("messages of more than %d characters do not react", limit)
	}
	return m
}
