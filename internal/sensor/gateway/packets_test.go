package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// tapped is a link that remembers what passed.
type tapped struct {
	gateway.Link
	mu   sync.Mutex
	seen map[bool][][]byte
}

func (l *tapped) Read(b []byte) (int, error) {
	n, err := l.Link.Read(b)
	if err == nil {
		l.note(false, b[:n])
	}
	return n, err
}

func (l *tapped) Write(b []byte) (int, error) {
	n, err := l.Link.Write(b)
	if err == nil {
		l.note(true, b)
	}
	return n, err
}

func (l *tapped) note(inbound bool, b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[inbound] = append(l.seen[inbound], append([]byte(nil), b...))
}

func (l *tapped) Close() error { return l.Link.(io.Closer).Close() }

type oneOwner struct{}

func (oneOwner) Owner(proto string, src, _ netip.AddrPort) tape.Process {
	return tape.Process{PID: int(src.Port()), Name: "program of " + proto}
}

// TestPackets: every packet of the link, in order, and from the answer to the
// first on with its owner.
func TestPackets(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	l := &tapped{seen: map[bool][][]byte{}}
	hooked := map[bool][][]byte{}
	var named int
	w := start(t, func(c *gateway.Config) {
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
		l.Link, c.Link = c.Link, l
		c.Owners = oneOwner{}
		c.Packets = func(at time.Time, p []byte, inbound bool, owner tape.Process) {
			hooked[inbound] = append(hooked[inbound], append([]byte(nil), p...))
			if owner.Name == "program of tcp" {
				named++
			} else if inbound {
				t.Errorf("a packet to nobody: %+v", owner)
			}
			if at.IsZero() {
				t.Error("no time")
			}
		}
	})
	c := w.mustDial("203.0.113.7:80")
	_, _ = c.Write(bytes.Repeat([]byte("x"), 100_000))
	_ = c.CloseWrite()
	if _, err := io.ReadAll(c); err != nil {
		t.Fatal(err)
	}
	r := w.to("203.0.113.7:80")
	if want := "program of tcp"; r.opened.Process.Name != want || r.conn.Process.PID != int(r.conn.Src.Port()) {
		t.Errorf("recorded %+v", r.conn.Process)
	}
	c.Close()
	w.close()
	for _, inbound := range []bool{false, true} {
		if len(hooked[inbound]) == 0 || len(hooked[inbound]) != len(l.seen[inbound]) {
			t.Fatalf("inbound %v: %d packets of %d", inbound, len(hooked[inbound]), len(l.seen[inbound]))
		}
		for i, p := range hooked[inbound] {
			if !bytes.Equal(p, l.seen[inbound][i]) {
				t.Errorf("inbound %v: packet %d differs", inbound, i)
			}
		}
	}
	if named < 10 {
		t.Errorf("%d packets have an owner", named)
	}
}

// brokenSink keeps nothing.
type brokenSink struct{}

var errFull = errors.New("disk full")

func (brokenSink) Open(tape.Conn) (tape.Tape, error) { return nil, errFull }

// TestSinkFails: what cannot be recorded is not carried, and Close says so.
func TestSinkFails(t *testing.T) {
	t.Parallel()
	served := make(chan struct{}, 1)
	server := serve(t, func(c net.Conn) {
		if n, _ := c.Read(make([]byte, 1)); n > 0 {
			served <- struct{}{}
		}
	})
	w := start(t, func(c *gateway.Config) {
		c.Sink = brokenSink{}
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
	})
	if c, err := w.dial("203.0.113.7:80"); err == nil {
		_, _ = c.Write([]byte("secret"))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("an answer came")
		}
		c.Close()
	}
	if err := w.gateway.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close says %v", err)
	}
	w.failed = true
	select {
	case <-served:
		t.Error("the server got something")
	default:
	}
}

// TestClose ends what is open: the app and the server are told, the tape is
// complete.
func TestClose(t *testing.T) {
	t.Parallel()
	met := make(chan error, 1)
	server := serve(t, func(c net.Conn) {
		_, err := io.ReadAll(c)
		met <- err
	})
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:80")
	_, _ = c.Write([]byte("hello"))
	w.find("hello", func(r *record) bool { return string(r.out) == "hello" })
	if n := w.gateway.InProgress(); n != 1 {
		t.Errorf("%d in progress", n)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	if err := w.gateway.Quiet(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Quiet says %v", err)
	}
	w.close()
	if r := w.to("203.0.113.7:80"); r.conn.Error == "" || string(r.out) != "hello" {
		t.Errorf("recorded %+v", r.conn)
	}
	<-met
	c.Close()
}

// TestLinkEnds: what came before the end of the link is carried.
func TestLinkEnds(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	server := serve(t, func(c net.Conn) {
		b, _ := io.ReadAll(c)
		got <- b
	})
	var l io.Closer
	w := start(t, func(c *gateway.Config) {
		l = c.Link.(io.Closer)
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
	})
	c := w.mustDial("203.0.113.7:80")
	_, _ = c.Write([]byte("last words"))
	_ = c.CloseWrite()
	w.find("last words", func(r *record) bool { return string(r.out) == "last words" })
	l.Close()
	if err := w.gateway.Quiet(w.ctx); err != nil {
		t.Fatal(err)
	}
	if b := <-got; string(b) != "last words" {
		t.Errorf("the server got %q", b)
	}
}
