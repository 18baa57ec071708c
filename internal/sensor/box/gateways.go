package box

import (
	"fmt"
	"sync"
	"sync/atomic"

	"example.org/telltale/internal/sensor/gateway"
)

// gateways are those of the sandboxes that run.
type gateways struct {
	mu   sync.Mutex
	set  map[*gateway.Gateway]struct{}
	next atomic.Int64
}

// add notes a gateway and returns what forgets it.
func (s *gateways) add(g *gateway.Gateway) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set[g] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.set, g)
	}
}

func (s *gateways) all() []*gateway.Gateway {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*gateway.Gateway, 0, len(s.set))
	for g := range s.set {
		all = append(all, g)
	}
	return all
}

// nextID names connections, over all sandboxes of a box.
func (s *gateways) nextID() string { return fmt.Sprintf("c%06d", s.next.Add(1)) }
