package screen

import (
	"fmt"
	"slices"
)

// Next returns the questions that are useful now. They may be asked side by
// side. Asked again before all are answered, it returns the open ones. None
// is left when the search is done.
func (s *Search) Next() []Question {
	if len(s.open) == 0 && s.stopped == "" {
		s.work()
	}
	out := make([]Question, len(s.open))
	for i, p := range s.open {
		out[i] = p.q
	}
	return out
}

// work goes on until enough questions are open or nothing is left to do.
func (s *Search) work() {
	for len(s.open) < s.c.Parallel && s.affordable() {
		if len(s.ready) > 0 {
			step := s.ready[0]
			s.ready = s.ready[1:]
			step()
			continue
		}
		if !s.begin() {
			return
		}
	}
}

// begin opens a new line of questions; false if there is none.
func (s *Search) begin() bool {
	if s.checkJoins() {
		return true
	}
	if s.graph != nil {
		if group := s.pairGroup(); len(group) > 0 {
			s.screenPairs(group)
			return true
		}
		return !slices.Contains(s.busy, true) && s.checkDoubts()
	}
	if group := s.pool(); len(group) > 0 {
		s.screen(group)
		return true
	}
	return !slices.Contains(s.busy, true) && s.checkDoubts()
}

// affordable says whether one more question fits the budget. If not, and no
// question is open, the search stops.
func (s *Search) affordable() bool {
	b := s.c.Budget
	why := ""
	switch {
	case b.Messages > 0 && s.asked >= b.Messages:
		why = fmt.Sprintf("the budget of %d messages is spent", b.Messages)
	case b.Triggering > 0 && s.hits+len(s.open) >= b.Triggering:
		why = fmt.Sprintf("the budget of %d triggering messages is spent", b.Triggering)
	case s.asked >= s.patience():
		why = fmt.Sprintf("after %d messages for %d candidates the answers still contradict one another: check the oracle, or say that it is noisy", s.asked, len(s.c.Terms))
	default:
		return true
	}
	if len(s.open) == 0 {
		s.stopped = why
	}
	return false
}

// patience is how many messages end any search: asking for each candidate, and
// each pair, alone would have taken a part of them.
func (s *Search) patience() int {
	n := len(s.c.Terms)
	if s.graph != nil {
		return 200 + 5*n + n*n
	}
	return 200 + 5*n
}

// ask opens a question; then is called with its answer.
func (s *Search) ask(pieces []Piece, why string, then func(hit bool)) {
	s.asked++
	s.open = append(s.open, pending{q: Question{ID: s.asked, Pieces: pieces, Why: why}, then: then})
}

// askWhole is ask for a message that says nothing if it is sent in parts:
// refused is called if it was too long.
func (s *Search) askWhole(items []int, why string, then func(hit bool), refused func()) {
	s.ask(s.message(items), why, then)
	s.open[len(s.open)-1].refused = refused
}
