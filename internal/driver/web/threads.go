package web

import "sync"

// Threads remembers the threads that the ends of one conversation have begun,
// so that the others know where to read. It may be used by many goroutines.
type Threads struct {
	mu   sync.Mutex
	list []thread
}

// thread is one that an account has begun.
type thread struct{ name, by string }

// NewThreads makes one for the ends of a conversation.
func NewThreads() *Threads { return &Threads{} }

// begin notes a new thread. Old ones are forgotten.
func (t *Threads) begin(name, by string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, thread{name, by})
	t.list = t.list[max(0, len(t.list)-64):]
}

// others are the newest threads that somebody else has begun and done does
// not rule out, the newest first.
func (t *Threads) others(by string, most int, done func(string) bool) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for i := len(t.list) - 1; i >= 0 && len(out) < most; i-- {
		if th := t.list[i]; th.by != by && !done(th.name) {
			out = append(out, th.name)
		}
	}
	return out
}
