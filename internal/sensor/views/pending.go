package views

import (
	"context"
	"sync"
	"sync/atomic"
)

// pending counts exchanges in progress.
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

func (p *pending) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == 0 {
		p.idle = make(chan struct{})
	}
	p.open++
}

func (p *pending) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open--; p.open == 0 {
		close(p.idle)
	}
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

// pool is the memory that all flows in progress share.
type pool struct{ left atomic.Int64 }

// Take asks for n octets and returns how many are granted.
func (p *pool) Take(n int64) int64 {
	for {
		left := p.left.Load()
		got := max(min(left, n), 0)
		if p.left.CompareAndSwap(left, left-got) {
			return got
		}
	}
}

// Give returns what was taken.
func (p *pool) Give(n int64) { p.left.Add(n) }
