package intercept

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Upstream is the server's end of a connection.
type Upstream struct {
	// Conn is open.
	Conn net.Conn
	// Info is what is known of the connection so far. Proto, Visibility, TLS,
	// End and Error are filled in; Start and Host if they are empty.
	Info tape.Conn
	// Mapped: the user has said who the server is. Its certificate is
	// recorded and not judged.
	Mapped bool
	// Redial opens another connection to the same server, for what must pass
	// unopened after all. It may be nil.
	Redial func(context.Context) (net.Conn, error)
}

// connection is one under way. One goroutine passes what the app sends, and
// leads; another passes what the server sends.
type connection struct {
	i    *Interceptor
	ctx  context.Context
	up   Upstream
	tape tape.Tape
	// app and server are changed by the leader only, and only while no
	// octets are passed.
	app, server *leg
	sniff       sniffer
	// passed: octets have reached the server, it cannot be asked anew.
	passed bool
	// raw: nothing is opened any more.
	raw bool
	// depth counts TLS in TLS.
	depth int
	// turned counts the app's octets since the server spoke last, as far as
	// that matters.
	turned int
	// place is whose TLS was opened; the app has yet to say something inside
	// it if mute is set.
	place string
	mute  bool
	since time.Time // when the app's side was opened

	// broken: octets could not be passed, both ends are to know.
	broken atomic.Bool
	// silent: the server has ended its direction.
	silent atomic.Bool
	// heard: the server has spoken since the app did.
	heard atomic.Bool
	// pausing: the server's direction is to stop for a while.
	pausing atomic.Bool
	// farewells counts directions that were ended in TLS.
	farewells atomic.Int32

	mu   sync.Mutex
	info tape.Conn
	kept error // what made recording impossible
	open []net.Conn
	over bool
}

// Carry passes octets between app and server until both directions have
// ended or ctx is done, and closes both connections. What went wrong with the
// connection is in its record; an error returned means that nothing more can
// be kept, see Failed.
func (i *Interceptor) Carry(ctx context.Context, app net.Conn, up Upstream) error {
	c := &connection{i: i, ctx: ctx, up: up, info: up.Info, app: newLeg(app), server: newLeg(up.Conn)}
	c.open = []net.Conn{app, up.Conn}
	defer c.close()
	if err := i.Failed(); err != nil {
		c.abort()
		return err
	}
	if c.info.Start.IsZero() {
		c.info.Start = i.cfg.Clock()
	}
	c.info.Transport, c.info.Proto, c.info.Visibility = "tcp", "tcp", telltale.Clear
	t, err := i.cfg.Sink.Open(c.info)
	if err != nil {
		c.abort()
		return i.fail(err)
	}
	c.tape = t
	c.heard.Store(true) // an app that begins is as one that was answered
	stop := context.AfterFunc(ctx, c.close)
	c.run()
	stop()
	return c.end()
}

// run passes octets, and opens TLS as often as it begins.
func (c *connection) run() {
	for {
		h := c.relay()
		if h == nil {
			break
		}
		if !c.enter(h) {
			return
		}
	}
	if c.broken.Load() {
		c.abort()
	}
}

// end closes the record.
func (c *connection) end() error {
	c.mu.Lock()
	c.info.End = c.i.cfg.Clock()
	if c.ctx.Err() != nil && c.info.Error == "" {
		c.info.Error = "still open when the watch ended"
	}
	info, kept := c.info, c.kept
	c.mu.Unlock()
	if err := c.tape.Close(info); err != nil {
		kept = c.i.fail(err)
	}
	return kept
}

// close closes everything that is open, for good.
func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, conn := range c.open {
		_ = conn.Close()
	}
}

// abort resets both ends.
func (c *connection) abort() {
	c.app.bottom.abort()
	c.server.bottom.abort()
}

// replace puts another connection in the place of the server's.
func (c *connection) replace(conn net.Conn) {
	_ = c.server.bottom.Close()
	c.server = newLeg(conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[1] = conn
	if addr := conn.RemoteAddr(); addr != nil {
		c.info.Server = addr.String()
	}
	if c.over {
		_ = conn.Close()
	}
}

// note notes what went wrong; the first reason counts.
func (c *connection) note(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.info.Error == "" && c.ctx.Err() == nil {
		c.info.Error = reason
	}
}

// edit changes what is known of the connection.
func (c *connection) edit(change func(*tape.Conn)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.info)
}

// turn says that another protocol begins. One that is not known does not
// change what the connection is said to speak.
func (c *connection) turn(proto string) {
	if proto != unknown {
		c.edit(func(info *tape.Conn) { info.Proto = proto })
	}
	c.tell()
	if t, ok := c.tape.(tape.Turner); ok {
		t.Turn(proto)
	}
}

// tell says what is known of the connection by now.
func (c *connection) tell() {
	t, ok := c.tape.(tape.Learner)
	if !ok {
		return
	}
	c.mu.Lock()
	known := c.info
	if known.TLS != nil { // more may become known of it
		said := *known.TLS
		known.TLS = &said
	}
	c.mu.Unlock()
	t.Learn(known)
}

// keep writes octets to the tape. What cannot be kept must not pass.
func (c *connection) keep(out bool, b []byte) bool {
	err := c.tape.Octets(out, c.i.cfg.Clock(), b)
	if err == nil {
		return true
	}
	err = c.i.fail(err)
	c.note("not kept: " + err.Error())
	c.mu.Lock()
	c.kept = err
	c.mu.Unlock()
	c.abort()
	return false
}
