// Package http3 reads the octets of the streams of an HTTP/3 connection (RFC
// 9114) as they pass. It owns no sockets and answers nothing: octets of the
// streams go in, with QUIC taken off, and events of its exchanges come out.
// Heads come in the text form of HTTP/1: "GET /path HTTP/3", "host: ...", and
// "HTTP/3 200".
//
// The streams of a connection are told apart by their numbers, which say who
// began them. A stream that carries a request is the exchange with its number
// and one; exchange 0 is what belongs to none of them.
//
// Captured octets are hostile. What cannot be read comes out as it is: frames
// of unknown types in exchange 0, streams of unknown types as exchanges of
// their own.
package http3

import (
	"maps"
	"slices"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/qpack"
)

// Limits bound what is held. Zero fields get the defaults named.
type Limits struct {
	// Block is how long a header block may be, compressed: 256 KiB.
	Block int
	// Head is how long a head may be as text: 256 KiB. The header lines
	// after that are left out.
	Head int
	// Streams is how many of them may be open at once: 10,000. Those beyond
	// are not told apart.
	Streams int
	// Waiting is how many octets may wait, all together, for the rest of
	// their header block or for entries of the table: 1 MiB.
	Waiting int
}

func (l Limits) withDefaults() Limits {
	for field, otherwise := range map[*int]int{&l.Block: 256 << 10, &l.Head: 256 << 10, &l.Streams: 10000, &l.Waiting: 1 << 20} {
		if *field <= 0 {
			*field = otherwise
		}
	}
	return l
}

// Conn reads one connection. It has one caller at a time.
type Conn struct {
	emit    flow.Handler
	limits  Limits
	out, in *side
	streams map[uint64]*stream
	// pushes are the requests that the server has promised to answer.
	pushes map[uint64]*exchange
	// waiting counts the octets that wait for a table.
	waiting int
	// rest: exchange 0 has begun.
	rest   bool
	closed bool
}

// side is what is known of one end.
type side struct {
	// table of the header blocks that it sends.
	table *qpack.Table
	// stopped are its streams that wait for the table.
	stopped map[uint64]*way
}

// New returns a reader of a connection.
func New(limits Limits, emit flow.Handler) *Conn {
	limits = limits.withDefaults()
	one := func() *side {
		return &side{table: qpack.New(qpack.Limits{Text: limits.Block}), stopped: map[uint64]*way{}}
	}
	return &Conn{
		emit: emit, limits: limits, out: one(), in: one(),
		streams: map[uint64]*stream{}, pushes: map[uint64]*exchange{},
	}
}

func (c *Conn) side(out bool) *side {
	if out {
		return c.out
	}
	return c.in
}

// Octets takes what passed next on a stream: out is from the app. b is not
// kept.
func (c *Conn) Octets(id uint64, out bool, b []byte) {
	if c.closed || len(b) == 0 {
		return
	}
	s := c.stream(id, out)
	if s == nil {
		c.raw(out, b, "")
		return
	}
	c.feed(s.way(out), b)
}

// End says that a direction of a stream has ended: in order if why is empty,
// else before its time.
func (c *Conn) End(id uint64, out bool, why string) {
	if c.closed {
		return
	}
	if s := c.stream(id, out); s != nil {
		c.end(s.way(out), why)
	}
}

// Close says that the connection has ended. What is held comes out, and every
// exchange is over.
func (c *Conn) Close() {
	if c.closed {
		return
	}
	c.closed = true
	for _, id := range slices.Sorted(maps.Keys(c.streams)) {
		s := c.streams[id]
		c.letOut(&s.out, "")
		c.letOut(&s.in, "")
		if s.x != nil {
			c.done(s.x, s.x.missing())
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.pushes)) {
		c.done(c.pushes[id], "the server did not send what it had promised")
	}
	if c.rest {
		c.emit(flow.Event{Kind: flow.EventDone})
	}
}

// raw passes octets that belong to no exchange.
func (c *Conn) raw(out bool, b []byte, why string) {
	if len(b) == 0 && why == "" {
		return
	}
	if !c.rest {
		c.rest = true
		c.emit(flow.Event{Kind: flow.EventBegin, Out: out})
	}
	c.emit(flow.Event{Kind: flow.EventRaw, Out: out, Bytes: b, Text: why})
}
