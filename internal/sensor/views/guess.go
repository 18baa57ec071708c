package views

import (
	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// guess waits until the app's first octets tell what is spoken, and becomes
// the reader of that.
type guess struct {
	c     *connection
	depth int
	// inTLS: what comes was in TLS that was opened, or is TLS that was not.
	inTLS bool
	held  []byte
	is    reader
}

// most is how many times a tunnel may be opened inside another.
const most = 4

func newGuess(c *connection, depth int) *guess { return &guess{c: c, depth: depth} }

func (g *guess) octets(out bool, b []byte) {
	if g.is != nil {
		g.is.octets(out, b)
		return
	}
	if !out { // the server speaks first
		g.become(&stream{c: g.c}, false)
		g.is.octets(out, b)
		return
	}
	g.held = append(g.held, b...)
	if protocol, sure := flow.Detect(g.held); sure {
		g.settle(protocol)
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
	if len(g.held) > 0 {
		r.octets(true, g.held)
		g.held = nil
	}
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
