package views

import (
	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http2"
)

// guess waits until the app's first octets tell what is spoken, and becomes
// the reader of that.
type guess struct {
	c     *connection
	depth int
	// inTLS: what comes was in TLS that was opened, or is TLS that was not.
	inTLS bool
	held  []piece
	// out and in are what is held of each direction.
	out, in []byte
	is      reader
}

// piece is octets of one direction.
type piece struct {
	out bool
	b   []byte
}

// most is how many times a tunnel may be opened inside another.
const most = 4

func newGuess(c *connection, depth int) *guess { return &guess{c: c, depth: depth} }

func (g *guess) octets(out bool, b []byte) {
	if g.is != nil {
		g.is.octets(out, b)
		return
	}
	b = append([]byte(nil), b...)
	g.held = append(g.held, piece{out, b})
	if !out {
		g.in = append(g.in, b...)
		g.greeted()
		return
	}
	g.out = append(g.out, b...)
	if protocol, sure := flow.Detect(g.out); sure {
		g.settle(protocol)
	}
}

// greeted looks at a server that speaks first. In HTTP/2 it may.
func (g *guess) greeted() {
	switch two, sure := http2.Greeting(g.in); {
	case !sure:
	case two && g.depth < most:
		g.become(newHTTP2(g.c, g.depth), false)
	default:
		g.become(&stream{c: g.c}, false)
	}
}

// settle begins to read as a protocol.
func (g *guess) settle(protocol flow.Protocol) {
	switch {
	case protocol == flow.ProtocolTLS: // that nobody opened
		g.become(&stream{c: g.c, protocol: "tls"}, true)
	case g.depth >= most:
		g.become(&stream{c: g.c}, false)
	case protocol == flow.ProtocolHTTP:
		g.become(newHTTP1(g.c, g.depth), false)
	case protocol == flow.ProtocolHTTP2:
		g.become(newHTTP2(g.c, g.depth), false)
	default:
		g.become(&stream{c: g.c}, false)
	}
}

// become hands what was held over to the reader.
func (g *guess) become(r reader, opaque bool) {
	c := g.c
	switch {
	case opaque:
		c.visibility = telltale.Opaque
	case g.inTLS && c.info.Visibility != telltale.Opaque: // it can be read, so it was opened
		c.visibility = telltale.Intercepted
	}
	g.is = r
	for _, p := range g.held {
		r.octets(p.out, p.b)
	}
	g.held, g.out, g.in = nil, nil, nil
}

func (g *guess) flush() {
	if g.is != nil {
		g.is.flush()
	}
}

func (g *guess) close() {
	if g.is == nil && len(g.held) > 0 {
		g.become(&stream{c: g.c}, false)
	}
	if g.is != nil {
		g.is.close()
	}
}
