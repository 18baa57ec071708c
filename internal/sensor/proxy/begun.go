package proxy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// hold is how long a connection that stands, and over which nothing has
// passed yet, is taken for one that brings something. Apps open connections
// that they do not need.
const hold = time.Second

// begun counts connections that an app has begun and over which nothing has
// passed: its wish is being read, the server dialled, TLS opened. From the
// first octet on the views count.
type begun struct {
	mu   sync.Mutex
	next int
	open map[string]*beginning
	idle chan struct{} // closed while open is empty
}

// beginning is one such connection.
type beginning struct{ late *time.Timer }

func newBegun() *begun {
	b := &begun{open: map[string]*beginning{}, idle: make(chan struct{})}
	close(b.idle)
	return b
}

// nextID names the next connection.
func (b *begun) nextID() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return fmt.Sprintf("%s-%06d", Name, b.next)
}

// begin is front.Config.Begun.
func (b *begun) begin(id string) (ended func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) == 0 {
		b.idle = make(chan struct{})
	}
	b.open[id] = &beginning{}
	return func() { b.end(id) }
}

// end says that a connection is under way, or over. It may come twice.
func (b *begun) end(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.open[id]
	if !ok {
		return
	}
	if one.late != nil {
		one.late.Stop()
	}
	if delete(b.open, id); len(b.open) == 0 {
		close(b.idle)
	}
}

// stands says that nothing but the app's word is waited for, or, if not
// ready, that there is more to be done before.
func (b *begun) stands(id string, ready bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.open[id]
	if !ok {
		return
	}
	if one.late != nil {
		one.late.Stop()
		one.late = nil
	}
	if ready {
		one.late = time.AfterFunc(hold, func() { b.end(id) })
	}
}

// wait returns when there is none, or when ctx is done.
func (b *begun) wait(ctx context.Context) {
	b.mu.Lock()
	idle := b.idle
	b.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// noting is a sink that hands on to another, and takes note of what begins.
type noting struct {
	begun *begun
	to    tape.Sink
	// failed is why nothing may pass, whatever the other sink says.
	failed func() error
}

// Open begins to note a connection.
func (n noting) Open(c tape.Conn) (tape.Tape, error) {
	if err := n.failed(); err != nil {
		return nil, err
	}
	t, err := n.to.Open(c)
	if err != nil {
		return nil, err
	}
	n.begun.stands(c.ID, true)
	return &noted{Tape: t, of: n, id: c.ID}, nil
}

type noted struct {
	tape.Tape
	of   noting
	id   string
	once sync.Once
}

// Octets takes note of the first of them, once they are with the other sink.
func (n *noted) Octets(out bool, at time.Time, b []byte) error {
	err := n.Tape.Octets(out, at, b)
	n.once.Do(func() { n.of.begun.end(n.id) })
	if err == nil {
		err = n.of.failed()
	}
	return err
}

// Turn hands on.
func (n *noted) Turn(proto string) {
	if t, ok := n.Tape.(tape.Turner); ok {
		t.Turn(proto)
	}
}

// Learn takes note of TLS that is being opened, or has been.
func (n *noted) Learn(c tape.Conn) {
	n.of.begun.stands(n.id, c.TLS == nil || c.TLS.Version != "" || c.Visibility == telltale.Opaque)
	if l, ok := n.Tape.(tape.Learner); ok {
		l.Learn(c)
	}
}
