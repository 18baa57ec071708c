package http3

import "example.org/telltale/internal/flow"

// purpose is what a stream is for.
type purpose int

const (
	unknown purpose = iota // not told yet, or of no known type
	request
	control
	push
	encoder
	decoder
)

// The types of streams that go one way (RFC 9114, section 6.2; RFC 9204,
// section 4.2).
const (
	typeControl = 0
	typePush    = 1
	typeEncoder = 2
	typeDecoder = 3
)

// stream is one of QUIC's.
type stream struct {
	id      uint64
	purpose purpose
	out, in way
	// x is the exchange that it carries, nil if none (yet).
	x *exchange
}

// exchange is a request with its answer under way.
type exchange struct {
	id uint64
	// connect is the protocol that the request wants to speak, "connect" for
	// a tunnel, "" for other requests.
	connect string
	// asked and answered: the (final) head has come.
	asked, answered bool
	// outEnd and inEnd: the direction has ended, for the first reason in why
	// if it was not in order.
	outEnd, inEnd bool
	why           string
	upgraded, raw bool
}

// way is one direction of a stream.
type way struct {
	s    *stream
	out  bool
	open bool // it has not ended
	// stage is where in the stream we are.
	stage stage
	frame frame
	// held is the beginning of a number or of a frame's payload, with all of
	// the frame that came before it if that is to come out as it is.
	held []byte
	// counted are those of held that count as waiting.
	counted int
	// block waits for the table, and after it what came later; ended: the
	// stream's end came later as well, for that reason.
	block, later []byte
	blocked      bool
	ended        bool
	why          string
}

type stage int

const (
	atType   stage = iota // of a stream that goes one way
	atPush                // the number of a promise
	atFrame               // its type and length
	inFrame               // its payload
	isTable               // instructions for a table
	isNumber              // acknowledgements of a table, which tell nothing
	isRaw
)

// byApp reports whether the app has begun a stream, twoWays whether both ends
// may write to it (RFC 9000, section 2.1).
func byApp(id uint64) bool   { return id&1 == 0 }
func twoWays(id uint64) bool { return id&2 == 0 }

func (s *stream) way(out bool) *way {
	if out {
		return &s.out
	}
	return &s.in
}

// stream finds a stream, or begins it. It is nil for one too many, and for a
// direction that a stream does not have.
func (c *Conn) stream(id uint64, out bool) *stream {
	if !twoWays(id) && byApp(id) != out {
		return nil
	}
	if s := c.streams[id]; s != nil {
		return s
	}
	if len(c.streams) >= c.limits.Streams {
		return nil
	}
	s := &stream{id: id}
	s.out, s.in = way{s: s, out: true, open: true}, way{s: s, open: true}
	switch {
	case !twoWays(id):
		s.way(!out).open = false
	case byApp(id):
		s.purpose = request
		s.out.stage, s.in.stage = atFrame, atFrame
		s.x = c.begin(id+1, out)
	default: // nothing that is known has these
		c.strange(s, out)
	}
	c.streams[id] = s
	return s
}

// strange makes a stream that is not understood an exchange of its own.
func (c *Conn) strange(s *stream, out bool) {
	s.out.stage, s.in.stage = isRaw, isRaw
	s.x = c.begin(s.id+1, out)
	s.x.raw = true
}

func (c *Conn) begin(id uint64, out bool) *exchange {
	c.emit(flow.Event{Kind: flow.EventBegin, Exchange: id, Out: out})
	return &exchange{id: id}
}

// typed knows what a stream that goes one way is for.
func (c *Conn) typed(w *way, n uint64, b []byte) {
	switch n {
	case typeControl:
		w.s.purpose, w.stage = control, atFrame
	case typePush:
		w.stage = atPush
	case typeEncoder:
		w.s.purpose, w.stage = encoder, isTable
	case typeDecoder:
		w.s.purpose, w.stage = decoder, isNumber
	default:
		c.strange(w.s, w.out)
		c.letPass(w, b)
	}
	if w.stage == atPush && w.out { // apps do not push
		c.strange(w.s, w.out)
		c.letPass(w, b)
	}
}

// pushed joins a stream to the promise that it keeps.
func (c *Conn) pushed(w *way, n uint64) {
	w.s.purpose, w.stage = push, atFrame
	w.s.x = c.pushes[n]
	delete(c.pushes, n)
	if w.s.x == nil {
		w.s.x = c.begin(promised(n), false)
	}
	w.s.x.outEnd = true
}

// promised is the exchange of a promise.
func promised(n uint64) uint64 { return 1<<63 | n }

// letPass lets octets out that are not understood.
func (c *Conn) letPass(w *way, b []byte) {
	if w.s.x == nil {
		c.raw(w.out, b, "")
	} else if len(b) > 0 {
		c.emit(flow.Event{Kind: flow.EventRaw, Exchange: w.s.x.id, Out: w.out, Bytes: b})
	}
}

// end ends a direction of a stream.
func (c *Conn) end(w *way, why string) {
	if !w.open {
		return
	}
	if w.blocked {
		w.ended, w.why = true, why
		return
	}
	w.open = false
	cut := w.stage == inFrame || len(w.held) > 0
	c.letOut(w, "")
	if why == "" && cut {
		why = "a stream ends in the middle of a frame"
	}
	if x := w.s.x; x != nil {
		c.ended(x, w.out, why)
	}
	if !w.s.out.open && !w.s.in.open {
		c.finish(w.s)
	}
}

// finish forgets a stream.
func (c *Conn) finish(s *stream) {
	delete(c.streams, s.id)
	if s.x != nil {
		c.done(s.x, s.x.why)
	}
}

// ended notes that a direction of an exchange has ended.
func (c *Conn) ended(x *exchange, out bool, why string) {
	if out {
		x.outEnd = true
	} else {
		x.inEnd = true
	}
	if x.why == "" {
		x.why = why
	}
	c.emit(flow.Event{Kind: flow.EventEnd, Exchange: x.id, Out: out})
}

func (c *Conn) done(x *exchange, why string) {
	c.emit(flow.Event{Kind: flow.EventDone, Exchange: x.id, Text: why})
}

// missing says what an exchange lacks at the connection's end.
func (x *exchange) missing() string {
	switch {
	case x.upgraded, x.raw:
		return ""
	case x.why != "":
		return x.why
	case !x.outEnd:
		return "the connection ended before the end of the request"
	case !x.answered:
		return "the connection ended without an answer"
	}
	return "the connection ended before the end of the answer"
}

// letOut lets out what a direction holds.
func (c *Conn) letOut(w *way, why string) {
	held := w.held
	if w.blocked {
		held = append(w.block, w.later...)
		c.unblock(w)
	}
	c.drop(w)
	c.raw(w.out, held, why)
}

// giveUp lets a direction pass as it is from here on.
func (c *Conn) giveUp(w *way, why string) {
	c.letOut(w, why)
	w.stage = isRaw
}

// hold keeps octets of a payload that is not whole. It reports false if there
// is no room.
func (c *Conn) hold(w *way, b []byte) bool {
	w.held = append(w.held, b...)
	if c.waiting+len(b) > c.limits.Waiting {
		return false
	}
	c.waiting += len(b)
	w.counted += len(b)
	return true
}

// drop forgets what was held.
func (c *Conn) drop(w *way) {
	c.waiting -= w.counted
	w.held, w.counted = nil, 0
}
