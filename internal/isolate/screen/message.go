package screen

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// guardFor picks a sign that stands in no term.
func guardFor(terms []string, sep string) string {
	for _, sign := range []string{"〇", "〆", "々", "ゝ", "ヽ", "〡", "§"} {
		if !strings.Contains(sep, sign) && !slices.ContainsFunc(terms, func(t string) bool { return strings.Contains(t, sign) }) {
			return sign
		}
	}
	return "〇〆"
}

// length of a message in characters.
func (s *Search) length(pieces []Piece) int {
	n := s.sepLen * max(len(pieces)-1, 0)
	for _, p := range pieces {
		if p.Term >= 0 {
			n += s.lens[p.Term]
		} else {
			n += utf8.RuneCountInString(p.Text)
		}
	}
	return n
}

// gap is what one more candidate costs beside its own length.
func (s *Search) gap() int {
	if s.between {
		return 2*s.sepLen + utf8.RuneCountInString(s.guard)
	}
	return s.sepLen
}

// message lays out candidates, with the guard between them if need be and if
// there is room: a lane may have begun before it was known to be needed.
func (s *Search) message(items []int) []Piece {
	total := 0
	for _, i := range items {
		total += s.lens[i]
	}
	guarded := s.between && total+(len(items)-1)*s.gap() <= s.limit
	out := make([]Piece, 0, 2*len(items))
	for k, i := range items {
		if k > 0 && guarded {
			out = append(out, Piece{Term: -1, Text: s.guard})
		}
		out = append(out, Piece{Term: i})
	}
	return out
}

// Text joins the pieces of a question.
func (s *Search) Text(q Question) string {
	parts := make([]string, len(q.Pieces))
	for i, p := range q.Pieces {
		if parts[i] = p.Text; p.Term >= 0 {
			parts[i] = s.c.Terms[p.Term]
		}
	}
	return strings.Join(parts, s.c.Sep)
}
