package screen

import (
	"errors"
	"fmt"
	"slices"
)

// Answer takes the answer to one open question.
func (s *Search) Answer(id int, a Answer) error {
	at := slices.IndexFunc(s.open, func(p pending) bool { return p.q.ID == id })
	if at < 0 {
		return fmt.Errorf("question %d is not open: answer one that Next returned, once", id)
	}
	p := s.open[at]
	if a.Refused {
		if err := s.refused(p.q, a); err != nil {
			return err
		}
	}
	s.open = slices.Delete(s.open, at, at+1)
	s.history = append(s.history, Exchange{id, s.asked, a})
	if a.Refused {
		s.retry(p)
		return nil
	}
	if a.Hit {
		s.hits++
	}
	p.then(a.Hit)
	return nil
}

// refused lowers the limit. A message that is refused although it is not
// longer than it should be says that the limit was wrong.
func (s *Search) refused(q Question, a Answer) error {
	limit := s.length(q.Pieces) - 1
	if a.MaxLen > 0 {
		limit = min(limit, a.MaxLen)
	}
	if limit < 1 || a.Hit {
		return errors.New("a message of one character was refused, or refused and seen to react: check the oracle")
	}
	s.limit = limit
	s.dropLong()
	return nil
}

// retry puts a refused question again in smaller ones: it is silent if all
// of them are. Two candidates in different parts were not sent together, so
// that messages about pairs are not taken apart.
func (s *Search) retry(p pending) {
	if p.refused != nil {
		s.ready = append(s.ready, p.refused)
		return
	}
	parts := s.parts(p.q.Pieces)
	if len(parts) == 0 {
		s.ready = append(s.ready, func() { p.then(false) })
		return
	}
	left, any := len(parts), false
	for _, part := range parts {
		s.ready = append(s.ready, func() {
			s.ask(part, p.q.Why, func(hit bool) {
				any = any || hit
				if left--; left == 0 {
					p.then(any)
				}
			})
		})
	}
}

// parts cuts pieces into messages that fit, leaving out what never will.
func (s *Search) parts(pieces []Piece) [][]Piece {
	var out [][]Piece
	var cur []Piece
	for _, p := range pieces {
		if s.length([]Piece{p}) > s.limit {
			continue
		}
		if len(cur) > 0 && s.length(append(slices.Clone(cur), p)) > s.limit {
			out, cur = append(out, cur), nil
		}
		cur = append(cur, p)
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}
