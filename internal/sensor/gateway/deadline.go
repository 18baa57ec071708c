package gateway

import (
	"net"
	"sync"
	"time"
)

// deadline is a channel that is closed at a time that can be changed.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	past  chan struct{}
}

// set moves the deadline; the zero time takes it away.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	// One channel a deadline: a timer that fires late closes an old one. Who
	// waits on the old one for a deadline moved away is woken too, and asks
	// again.
	if d.past != nil && !isClosedChan(d.past) {
		close(d.past)
	}
	d.past, d.timer = make(chan struct{}), nil
	if t.IsZero() {
		return
	}
	past := d.past
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { d.expire(past) })
		return
	}
	close(past)
}

func (d *deadline) expire(past chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !isClosedChan(past) {
		close(past)
	}
}

// wait returns a channel that is closed when the deadline has passed or was
// moved.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.past == nil {
		d.past = make(chan struct{})
	}
	return d.past
}

func isClosedChan(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// serverConn is the host's end of a TCP connection.
type serverConn struct{ *net.TCPConn }

// Abort sends a reset.
func (c serverConn) Abort() error {
	_ = c.SetLinger(0) // if it is closed already there is nothing to reset
	return c.Close()
}

// plainConn makes do with a connection that Config.Dial made of something
// else.
type plainConn struct{ net.Conn }

// CloseWrite ends the direction to the server if that can be done alone.
func (c plainConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Abort closes.
func (c plainConn) Abort() error { return c.Close() }

func halfConn(c net.Conn) HalfConn {
	switch c := c.(type) {
	case HalfConn:
		return c
	case *net.TCPConn:
		return serverConn{c}
	}
	return plainConn{c}
}
