// Package http2 reads the octets of an HTTP/2 connection (RFC 9113) as they
// pass. It owns no sockets and answers nothing: octets of both directions go
// in, events of its streams come out, each stream an exchange. Heads come in
// the text form of HTTP/1, so that what reads one can read the other:
// "GET /path HTTP/2", "host: ...", and "HTTP/2 200".
//
// Captured octets are hostile. What cannot be read comes out as it is, as
// octets of exchange 0, and so does what no stream accounts for: frames of
// unknown types, padding that is not empty, frames of streams that are over.
package http2

import (
	"maps"
	"slices"

	"golang.org/x/net/http2/hpack"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/headtext"
)

// Preface is how an app begins (RFC 9113, section 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

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
}

func (l Limits) withDefaults() Limits {
	for field, otherwise := range map[*int]int{&l.Block: 256 << 10, &l.Head: 256 << 10, &l.Streams: 10000} {
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
	out, in *direction
	streams map[uint32]*stream
	// highest stream begun by the app and by the server; those up to it that
	// are not open are over.
	highest map[bool]uint32
	// rest: exchange 0 has begun.
	rest   bool
	closed bool
}

// stream is an exchange under way.
type stream struct {
	id uint32
	// connect is the protocol that the request wants to speak, "connect" for
	// a tunnel, "" for other requests.
	connect string
	// asked and answered: the (final) head has come.
	asked, answered bool
	// outEnd and inEnd: the direction has ended.
	outEnd, inEnd bool
	upgraded      bool
}

// direction is what is known of one direction.
type direction struct {
	out   bool
	stage stage
	// matched is how much of the preface has come.
	matched int
	header  [headerSize]byte
	have    int
	frame   frame
	// held is a frame's payload as far as it came.
	held []byte
	// block is a header block as far as it came, and pending what it is for.
	block   []byte
	pending *block
	hpack   *hpack.Decoder
	fields  headtext.Fields
}

type stage int

const (
	atPreface stage = iota
	atFirst         // frame, which must be SETTINGS
	atHeader        // of a frame
	inPayload
	isRaw
)

// tableSize bounds the tables of HPACK. What the ends agree on is theirs to
// check.
const tableSize = 1 << 20

// New returns a reader of a connection that begins with the preface.
func New(limits Limits, emit flow.Handler) *Conn {
	c := &Conn{
		emit: emit, limits: limits.withDefaults(),
		streams: map[uint32]*stream{}, highest: map[bool]uint32{},
	}
	c.out = c.direction(true)
	c.in = c.direction(false)
	c.in.stage = atFirst
	return c
}

// Upgraded returns a reader of a connection that began as HTTP/1 (RFC 7540,
// section 3.2): stream 1 answers the request that asked for it.
func Upgraded(limits Limits, emit flow.Handler) *Conn {
	c := New(limits, emit)
	s := c.begin(1, true)
	s.asked = true
	c.end(s, true)
	return c
}

func (c *Conn) direction(out bool) *direction {
	d := &direction{out: out}
	d.fields.Limit, d.fields.Version = c.limits.Head, "HTTP/2"
	d.hpack = hpack.NewDecoder(4096, func(f hpack.HeaderField) { d.fields.Add(f.Name, f.Value) })
	d.hpack.SetAllowedMaxDynamicTableSize(tableSize)
	d.hpack.SetMaxStringLength(c.limits.Block * 8 / 5) // the shortest Huffman code has five bits
	return d
}

// Octets takes what passed next: out is from the app. b is not kept.
func (c *Conn) Octets(out bool, b []byte) {
	if c.closed {
		return
	}
	d := c.in
	if out {
		d = c.out
	}
	for len(b) > 0 || d.stage == inPayload && d.frame.left == 0 {
		switch d.stage {
		case atPreface:
			b = c.preface(d, b)
		case atFirst, atHeader:
			b = c.header(d, b)
		case inPayload:
			b = c.payload(d, b)
		case isRaw:
			c.raw(d.out, b, "")
			return
		}
	}
}

// Close says that the connection has ended. What is held comes out, and every
// exchange is over.
func (c *Conn) Close() {
	if c.closed {
		return
	}
	c.closed = true
	for _, d := range []*direction{c.out, c.in} {
		if d.stage != isRaw {
			c.letOut(d, "")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.streams)) {
		s := c.streams[id]
		c.done(s, s.missing())
	}
	if c.rest {
		c.emit(flow.Event{Kind: flow.EventDone})
	}
}

// missing says what a stream lacks at the connection's end.
func (s *stream) missing() string {
	switch {
	case s.upgraded:
		return ""
	case !s.outEnd:
		return "the connection ended before the end of the request"
	case !s.answered:
		return "the connection ended without an answer"
	}
	return "the connection ended before the end of the answer"
}

// preface takes octets of the preface and returns the rest.
func (c *Conn) preface(d *direction, b []byte) []byte {
	n := min(len(b), len(Preface)-d.matched)
	if string(b[:n]) != Preface[d.matched:d.matched+n] {
		c.giveUp(d, "the app does not begin as HTTP/2 does")
		return b
	}
	if d.matched += n; d.matched == len(Preface) {
		d.stage = atFirst
	}
	return b[n:]
}

// giveUp lets a direction pass as it is from here on.
func (c *Conn) giveUp(d *direction, why string) {
	c.letOut(d, why)
	d.stage = isRaw
}

// letOut lets out what a direction holds.
func (c *Conn) letOut(d *direction, why string) {
	var held []byte
	if d.stage == atPreface {
		held = append(held, Preface[:d.matched]...)
	}
	held = append(held, d.block...)
	if d.stage == atFirst || d.stage == atHeader || d.frame.kind != kindData {
		held = append(held, d.header[:d.have]...)
	}
	held = append(held, d.held...)
	d.block, d.held, d.pending, d.have = nil, nil, nil, 0
	c.raw(d.out, held, why)
}

// raw passes octets that belong to no stream.
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
