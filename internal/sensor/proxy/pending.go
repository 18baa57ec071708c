package proxy

import (
	"context"
	"sync"
	"sync/atomic"
)

// pending counts exchanges that are open or not yet recorded.
type pending struct {
	mu   sync.Mutex
	open int
	idle chan struct{} // closed while open is 0
}

func newPending() *pending {
	p := &pending{idle: make(chan struct{})}
	close(p.idle)
	return p
}

// begin counts one more and returns what ends it; calling that twice is harmless.
func (p *pending) begin() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == 0 {
		p.idle = make(chan struct{})
	}
	p.open++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.open--; p.open == 0 {
			close(p.idle)
		}
	})
}

func (p *pending) wait(ctx context.Context) {
	p.mu.Lock()
	idle := p.idle
	p.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// pool is the memory that all exchanges in progress share.
type pool struct{ left atomic.Int64 }

// take asks for n bytes and returns how many were granted.
func (p *pool) take(n int64) int64 {
	for {
		left := p.left.Load()
		got := max(min(left, n), 0)
		if p.left.CompareAndSwap(left, left-got) {
			return got
		}
	}
}

func (p *pool) give(n int64) { p.left.Add(n) }

// pinned knows the places whose certificates the app insists on.
type pinned struct {
	mu      sync.Mutex
	refused map[string]int
}

// A broken handshake without an alert may be an app that went away, so it
// takes two of them; an alert is clear.
const refusals = 2

func newPinned() *pinned { return &pinned{refused: map[string]int{}} }

// refuse counts a refusal of our certificate for a place.
func (p *pinned) refuse(place string, clear bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused[place]++; clear {
		p.refused[place] = refusals
	}
}

// accept forgets broken handshakes after one that went well.
func (p *pinned) accept(place string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.refused, place)
}

func (p *pinned) is(place string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused[place] >= refusals
}
