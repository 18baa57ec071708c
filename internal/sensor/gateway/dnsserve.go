package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"time"

	"example.org/telltale/internal/sensor/tape"
)

// askUDP answers one query that came as a datagram.
func (g *Gateway) askUDP(src, dst netip.AddrPort, raw []byte, by answerer) {
	defer g.busy.one()()
	c := g.first("udp", src, dst)
	if b := g.ask(c, raw, unframed, by); b != nil {
		g.sendUDP(dst, src, b)
	}
}

func unframed(b []byte) []byte { return b }

// lengthFirst frames a message as TCP does (RFC 1035, 4.2.2).
func lengthFirst(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// serveDNS answers the queries that come over one TCP connection, one after
// the other.
func (g *Gateway) serveDNS(app *appConn, c tape.Conn) {
	defer func() { _ = app.Close() }()
	defer context.AfterFunc(g.ctx, func() { _ = app.Abort() })()
	for asked := false; ; asked = true {
		if asked {
			c.ID, c.Start = g.nextID(), g.cfg.Clock()
		}
		_ = app.SetReadDeadline(time.Now().Add(g.cfg.Limits.Idle)) // never fails
		raw, err := readMessage(app)
		switch {
		case err == nil:
		case len(raw) > 0:
			g.torn(c, raw)
			return
		default:
			if !asked {
				g.failed(c, "closed before a query came")
			}
			return
		}
		b := g.ask(c, raw[2:], lengthFirst, g.answer)
		if b == nil {
			return
		}
		if _, err := app.Write(b); err != nil {
			return
		}
	}
}

// readMessage returns one message with its length before it. Beside an error
// it returns what came of it.
func readMessage(r io.Reader) ([]byte, error) {
	b := make([]byte, 2, 2+512)
	n, err := io.ReadFull(r, b)
	if err != nil {
		return b[:n], err
	}
	size := int(binary.BigEndian.Uint16(b))
	b = append(b, make([]byte, size)...)
	n, err = io.ReadFull(r, b[2:])
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return b[:2+n], err
}

// torn records what came of a message that never was complete.
func (g *Gateway) torn(c tape.Conn, b []byte) {
	c.Proto, c.Host = "dns", ""
	c.Error = "malformed query: it ended early"
	if t, ok := g.open(c); ok {
		g.write(t, c.ID, true, b)
		g.finish(t, c)
	}
}
