package chat

import "sync"

// maxRemembered message ids are kept to tell repetitions and receipts.
const maxRemembered = 10_000

// ids remembers the newest keys of a kind. It is not safe for concurrent use.
type ids struct {
	state map[string]bool
	order []string
}

func newIDs() ids { return ids{state: map[string]bool{}} }

func (s *ids) add(key string, state bool) {
	if _, ok := s.state[key]; !ok {
		s.order = append(s.order, key)
		if len(s.order) > maxRemembered {
			delete(s.state, s.order[0])
			s.order = s.order[1:]
		}
	}
	s.state[key] = state
}

// seen remembers which messages came, so that one sent twice is shown once.
type seen struct {
	mu  sync.Mutex
	ids ids // state: shown
}

// newSeen starts with the messages that were shown in earlier runs.
func newSeen(earlier []Message) *seen {
	s := &seen{ids: newIDs()}
	for _, m := range earlier {
		s.ids.add(m.From+" "+m.ID, true)
	}
	return s
}

// begin reports whether a message is new, and marks it; if it is not,
// whether it was shown.
func (s *seen) begin(from, id string) (fresh, shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := from + " " + id
	if shown, ok := s.ids.state[key]; ok {
		return false, shown
	}
	s.ids.add(key, false)
	return true, false
}

func (s *seen) shown(from, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids.add(from+" "+id, true)
}

func (s *seen) forget(from, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids.state, from+" "+id)
}

// awaited remembers which receipts may still come.
type awaited struct {
	mu  sync.Mutex
	ids ids // state: not yet confirmed
}

func newAwaited() *awaited { return &awaited{ids: newIDs()} }

func (a *awaited) add(to, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids.add(to+" "+id, true)
}

// take reports whether a receipt was awaited; it is from then on no more.
func (a *awaited) take(from, id string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := from + " " + id
	if !a.ids.state[key] {
		return false
	}
	a.ids.state[key] = false
	return true
}
