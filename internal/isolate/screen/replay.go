package screen

import (
	"fmt"
	"slices"
)

// History returns all answers so far, in the order given. With the Config it
// is the whole state; see Replay.
func (s *Search) History() []Exchange { return slices.Clone(s.history) }

// Replay begins a search and brings it to the state that the history tells.
func Replay(c Config, history []Exchange) (*Search, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	for n, e := range history {
		if s.asked < e.Asked {
			s.Next()
		}
		if err := s.Answer(e.Question, e.Answer); err != nil {
			return nil, fmt.Errorf("entry %d of the history: %w", n, err)
		}
	}
	return s, nil
}
