// Package http1 splits the octets of an HTTP/1 connection (RFC 9112) into
// exchanges as they pass. It owns no sockets: octets of both directions go
// in, events come out. Requests may be pipelined, answers may come before
// their request has ended.
//
// Captured octets are hostile. What cannot be read as HTTP comes out as it
// is, and so does all that follows it: whatever the octets are, those of the
// events, put together, are those that went in, each in its direction.
package http1

import (
	"bytes"
	"strings"

	"example.org/telltale/internal/flow"
)

// Limits bound what is held. Zero fields get the defaults named.
type Limits struct {
	// Head is how long a head may be: 256 KiB. A longer one is no head.
	Head int
	// Early is how much is held of answers that come before the request they
	// belong to, and of what follows a request that asks for another
	// protocol, until it is clear what it is: 64 KiB.
	Early int
	// Pipeline is how many requests may wait for their answers: 10,000.
	// What follows is not told apart.
	Pipeline int
}

func (l Limits) withDefaults() Limits {
	for field, otherwise := range map[*int]int{&l.Head: 256 << 10, &l.Early: 64 << 10, &l.Pipeline: 10000} {
		if *field <= 0 {
			*field = otherwise
		}
	}
	return l
}

// Splitter splits one connection. It has one caller at a time.
type Splitter struct {
	emit   flow.Handler
	limits Limits
	last   uint64
	// waiting are the exchanges whose answer has not ended, in order.
	waiting []*exchange
	// open are those of which a direction has not ended.
	open    map[uint64]*exchange
	out, in side
	closed  bool
}

// exchange is a request with its answer.
type exchange struct {
	id     uint64
	method string
	// asks: the request wants the connection for another protocol.
	asks bool
	// expects: the body may not come if the answer is final.
	expects bool
	// body: octets of the request's body have come.
	body bool
	// raw: what the app sent is no request.
	raw bool
	// asked and answered: the direction has ended.
	asked, answered bool
	// note says what was wrong with the answer.
	note string
}

// side is the state of one direction.
type side struct {
	state state
	// held is the begin of a head, or what must wait.
	held []byte
	ends headEnd
	// x is whose message it is; nil between messages.
	x *exchange
	// scan finds the end of the body.
	scan *flow.Scanner
	// doubt: the body may not come, but another request.
	doubt bool
}

type state int

const (
	inHead state = iota
	inBody
	// onHold: what comes is held until the answer tells what it is.
	onHold
	// isRaw: what comes is not HTTP.
	isRaw
)

// New returns a splitter that tells emit what it finds.
func New(limits Limits, emit flow.Handler) *Splitter {
	return &Splitter{emit: emit, limits: limits.withDefaults(), open: map[uint64]*exchange{}}
}

// Octets takes what passed next: out is from the app. b is not kept.
func (s *Splitter) Octets(out bool, b []byte) {
	if s.closed {
		return
	}
	if out {
		s.requests(b)
	} else {
		s.answers(b)
	}
}

// Close says that the connection has ended. What is held comes out, and every
// exchange is over.
func (s *Splitter) Close() {
	if s.closed {
		return
	}
	s.leftover(&s.out, true)
	s.answerLeft()
	s.closed = true
	for len(s.open) > 0 {
		s.done(s.oldest(), s.missing)
	}
	s.waiting = nil
}

// oldest is the open exchange that began first.
func (s *Splitter) oldest() *exchange {
	var first *exchange
	for _, x := range s.open {
		if first == nil || x.id < first.id {
			first = x
		}
	}
	return first
}

// missing says what the exchange lacks at the connection's end.
func (s *Splitter) missing(x *exchange) string {
	switch {
	case x.note != "":
		return x.note
	case x.raw:
		return ""
	case !x.asked && s.out.x == x && s.out.state == inHead:
		return "the connection ended inside the request's head"
	case !x.asked:
		return "the connection ended before the end of the request"
	case x.answered:
		return ""
	case s.in.x != x:
		return "the connection ended without an answer"
	case s.in.scan != nil && s.in.scan.EndsByClosing():
		return ""
	}
	return "the connection ended before the end of the answer"
}

func (s *Splitter) done(x *exchange, why func(*exchange) string) {
	delete(s.open, x.id)
	s.emit(flow.Event{Kind: flow.EventDone, Exchange: x.id, Text: why(x)})
}

func whole(x *exchange) string { return x.note }

// begin opens another exchange.
func (s *Splitter) begin(out bool) *exchange {
	s.last++
	x := &exchange{id: s.last}
	s.open[x.id] = x
	s.emit(flow.Event{Kind: flow.EventBegin, Exchange: x.id, Out: out})
	return x
}

// raw passes octets that are not HTTP.
func (s *Splitter) raw(x *exchange, out bool, b []byte, why string) {
	if len(b) > 0 || why != "" {
		s.emit(flow.Event{Kind: flow.EventRaw, Exchange: x.id, Out: out, Bytes: b, Text: why})
	}
}

// ended notes that a direction of x has ended.
func (s *Splitter) ended(x *exchange, out bool) {
	if out {
		x.asked = true
	} else {
		x.answered = true
		s.waiting = s.waiting[1:]
	}
	s.emit(flow.Event{Kind: flow.EventEnd, Exchange: x.id, Out: out})
	if x.asked && x.answered {
		s.done(x, whole)
	}
}

// leftover lets out what a side held at the connection's end.
func (s *Splitter) leftover(d *side, out bool) {
	if len(d.held) == 0 {
		return
	}
	if d.x == nil {
		d.x = s.begin(out)
	}
	s.raw(d.x, out, d.held, "")
	d.held = nil
}

// upgradeOf is the protocol that a head asks for or agrees to, "" for none.
func upgradeOf(h *flow.Head) string {
	return strings.ToLower(strings.Join(h.Values("Upgrade"), ", "))
}

// looksLike tells whether the octets at the begin of a message are a
// request; while that may still change, sure is false.
func looksLike(b []byte) (request, sure bool) {
	b = bytes.TrimLeft(b[:min(len(b), 512)], "\r\n")
	protocol, sure := flow.Detect(b)
	return protocol == flow.ProtocolHTTP, sure
}
