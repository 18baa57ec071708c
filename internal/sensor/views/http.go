package views

import (
	"strings"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http1"
	"example.org/telltale/internal/flow/http2"
)

// decoder is what the events of HTTP come from.
type decoder interface {
	Octets(out bool, b []byte)
	Close()
}

// http makes a flow of every exchange of a connection.
type http struct {
	c     *connection
	depth int
	from  decoder
	open  map[uint64]*exchange
	order uint64
}

func newHTTP1(c *connection, depth int) *http {
	h := &http{c: c, depth: depth, open: map[uint64]*exchange{}}
	h.from = http1.New(http1.Limits{Head: c.v.cfg.Limits.Head}, h.hear)
	return h
}

func newHTTP2(c *connection, depth int) *http {
	h := &http{c: c, depth: depth, open: map[uint64]*exchange{}}
	h.from = http2.New(http2.Limits{Head: c.v.cfg.Limits.Head}, h.hear)
	return h
}

// upgradedHTTP2 goes on in HTTP/2 after a request in HTTP/1.
func upgradedHTTP2(c *connection, depth int) *http {
	h := &http{c: c, depth: depth, open: map[uint64]*exchange{}}
	h.from = http2.Upgraded(http2.Limits{Head: c.v.cfg.Limits.Head}, h.hear)
	return h
}

func (h *http) octets(out bool, b []byte) { h.from.Octets(out, b) }

func (h *http) close() { h.from.Close() }

// flush records what there is of the exchanges that may go on for ever.
func (h *http) flush() {
	for _, x := range h.sorted() {
		x.flush()
	}
}

// hear takes the events of the decoder.
func (h *http) hear(e flow.Event) {
	if e.Kind == flow.EventBegin {
		h.order++
		h.open[e.Exchange] = newExchange(h.c, h.order)
	}
	x := h.open[e.Exchange]
	switch e.Kind {
	case flow.EventBegin:
		if e.Exchange != 0 && e.Out {
			x.count(true)
		}
	case flow.EventHead:
		x.head(e)
	case flow.EventBody:
		x.body(e.Out, e.Bytes)
	case flow.EventTrailer:
		x.parts().message(e.Out, e.Bytes)
	case flow.EventEnd:
		x.ended(e.Out)
	case flow.EventUpgrade:
		x.become(h.after(e.Text, x))
	case flow.EventRaw:
		x.raw(e)
	case flow.EventDone:
		delete(h.open, e.Exchange)
		x.done(e.Text)
	}
}

// after is the reader of what follows an upgrade.
func (h *http) after(proto string, x *exchange) reader {
	switch {
	case proto == "websocket":
		s := newSocket(h.c, x.answer)
		s.host, s.port = x.host, x.port
		return s
	case h.depth >= most:
		return &stream{c: h.c, host: x.host, port: x.port}
	case proto == "h2c":
		return upgradedHTTP2(h.c, h.depth+1)
	}
	return newGuess(h.c, h.depth+1)
}

// contentType is the type of a body, without its parameters.
func contentType(h flow.Head) string {
	kind, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	return strings.TrimSpace(kind)
}

// streaming tells answers that are made of messages and may never end.
func streaming(h flow.Head) bool {
	kind := contentType(h)
	for _, prefix := range []string{"text/event-stream", "application/grpc", "application/connect+", "multipart/x-mixed-replace", "application/x-ndjson"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}
