package isolate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// History returns every question so far, in the order of asking, with its
// answer. [Replay] takes it back.
func (s *Search) History() []Exchange {
	out := make([]Exchange, len(s.entries))
	for i, e := range s.entries {
		out[i] = e.Exchange
	}
	return out
}

// Replay brings a search to the state that a history describes. Open
// questions stay open.
func Replay(c Config, history []Exchange) (*Search, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	for i, x := range history {
		if err := s.replay(x); err != nil {
			return nil, fmt.Errorf("exchange %d (%s): %w", i+1, x.ID, err)
		}
	}
	// Voids that were not followed by the same question ended the search.
	for _, x := range history {
		if e := s.byID[x.ID]; x.Void && !e.Void {
			if err := s.Void(x.ID); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// replay brings back one exchange. A void takes effect where the question is
// put again, so that questions come in the order in which they came.
func (s *Search) replay(x Exchange) error {
	if before := predecessor(x.ID); s.byID[before] != nil {
		if err := s.Void(before); err != nil {
			return err
		}
	} else if s.byID[x.ID] == nil {
		s.Next()
	}
	e := s.byID[x.ID]
	if e == nil || e.Text != x.Text {
		return errors.New("it does not belong to this search: was the text or a setting changed?")
	}
	if x.Answered {
		return s.Answer(x.ID, x.Reacted)
	}
	return nil
}

// successor is the id of a question that is put again: "q007" has "q007.2",
// and that has "q007.3".
func successor(id string, again int) string {
	base, _, _ := strings.Cut(id, ".")
	return fmt.Sprintf("%s.%d", base, again)
}

// predecessor is the id of the question that was put before; "" if none was.
func predecessor(id string) string {
	base, number, ok := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	switch {
	case !ok || err != nil:
		return ""
	case n == 2:
		return base
	}
	return successor(id, n-1)
}
