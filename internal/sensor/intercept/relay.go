package intercept

import (
	"errors"
	"io"
	"net"
	"time"

	"example.org/telltale/internal/flow"
)

// shortly is how soon after the handshake an app leaves that does not like
// the certificate.
const shortly = 2 * time.Second

// opening is the start of TLS that the app sent, not yet passed on.
type opening struct{ hello flow.Hello }

// relay passes octets both ways until both directions have ended, or until
// the app begins TLS: then the server's direction is stopped and the app's
// hello is still to be read.
func (c *connection) relay() *opening {
	c.pausing.Store(false)
	in := make(chan bool, 1) // true: stopped, may be started again
	go func() { in <- c.fromServer() }()
	for {
		h := c.fromApp()
		if h == nil {
			<-in
			return nil
		}
		c.pausing.Store(true)
		_ = c.server.top.SetReadDeadline(time.Unix(1, 0))
		if <-in {
			_ = c.server.top.SetReadDeadline(time.Time{})
			return h
		}
		// The server has ended its direction: there is nobody to speak TLS
		// with.
		c.raw = true
		in <- false
	}
}

// fromApp passes what the app sends until that ends or TLS begins.
func (c *connection) fromApp() *opening {
	buf := c.i.buffers.scoop()
	defer buf.release()
	checked := false
	for {
		n, err := c.app.top.Read(buf.bytes())
		if b := buf.bytes()[:n]; n > 0 {
			if !checked && !c.raw && b[0] == recordHandshake && c.mayBegin() {
				if h := c.begins(b); h != nil {
					return h
				}
				checked = true
				continue // all of it was put back
			}
			checked = false
			c.said(b)
			if !c.keep(true, b) {
				return nil
			}
			c.passed = true
			if _, werr := c.server.top.Write(b); werr != nil {
				c.unwritten(c.app, c.server, werr)
				return nil
			}
			buf.note(n)
		}
		if err != nil {
			c.unsaid()
			c.finish(c.app, c.server, err)
			return nil
		}
	}
}

// said takes note of what the app says.
func (c *connection) said(b []byte) {
	if c.mute {
		c.mute = false
		c.i.closed.good(c.place)
	}
	turn := c.heard.Load()
	if turn {
		c.heard.Store(false)
		c.turned = 0
	}
	c.turned = min(c.turned+len(b), maxPrelude)
	if turn || !c.sniff.settled {
		c.ask(b)
	}
}

// unsaid takes note that the app has left. If it did so at once, without a
// word, it may have looked at the certificate after the handshake.
func (c *connection) unsaid() {
	if c.mute && !c.heard.Load() && !c.silent.Load() && c.i.cfg.Clock().Sub(c.since) < shortly {
		c.i.closed.close(c.place, "the app has left without a word after the handshakes with the sensor for this host", withoutWord)
	}
}

// fromServer passes what the server sends until that ends. It reports whether
// it was only stopped.
func (c *connection) fromServer() bool {
	buf := c.i.buffers.scoop()
	defer buf.release()
	for {
		n, err := c.server.top.Read(buf.bytes())
		if n > 0 {
			if !c.answer(buf.bytes()[:n]) {
				return false
			}
			buf.note(n)
		}
		if err != nil && c.pausing.Load() && isTimeout(err) {
			return true
		}
		if err != nil {
			c.silent.Store(true)
			c.finish(c.server, c.app, err)
			return false
		}
	}
}

// answer passes octets of the server.
func (c *connection) answer(b []byte) bool {
	for len(b) > 0 {
		now, proto := c.sniff.answered(b)
		if now > 0 && !c.keep(false, b[:now]) {
			return false
		}
		if proto != "" {
			c.turn(proto)
		}
		c.heard.Store(true)
		if _, err := c.app.top.Write(b[:now]); err != nil {
			c.unwritten(c.server, c.app, err)
			return false
		}
		b = b[now:]
	}
	return true
}

// finish ends the direction from one leg to the other as it ended itself.
func (c *connection) finish(from, to *leg, err error) {
	switch {
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		if !errors.Is(err, net.ErrClosed) {
			c.note(c.who(from) + " broke the connection off: " + describe(err))
		}
		to.bottom.abort()
	case !from.secure() || from.truncated():
		_ = to.bottom.CloseWrite() // a failure shows in the other direction
	default:
		_ = to.top.CloseWrite()
		c.farewell(from, to)
	}
}

// farewell waits, after the end in TLS, for the end of the connection itself,
// and passes that on too. When both directions have ended there is nothing to
// wait for.
func (c *connection) farewell(from, to *leg) {
	if c.farewells.Add(1) == 2 {
		_ = c.app.bottom.SetReadDeadline(time.Unix(1, 0))
		_ = c.server.bottom.SetReadDeadline(time.Unix(1, 0))
		return
	}
	buf := c.i.buffers.scoop()
	defer buf.release()
	for {
		if _, err := from.bottom.Read(buf.bytes()); err != nil {
			if !isTimeout(err) {
				_ = to.bottom.CloseWrite()
			}
			return
		}
	}
}

// unwritten: what came from one leg could not be passed to the other. That
// one is gone; what it sent before may still pass, not for long.
func (c *connection) unwritten(from, to *leg, err error) {
	if !errors.Is(err, net.ErrClosed) {
		c.note(c.who(to) + " stopped listening: " + describe(err))
	}
	late := time.Now().Add(c.i.cfg.Limits.Linger)
	_ = to.bottom.SetReadDeadline(late)
	_ = from.bottom.SetWriteDeadline(late)
	c.broken.Store(true)
}

func (c *connection) who(l *leg) string {
	if l == c.app {
		return "the app"
	}
	return "the server"
}
