package imports

import (
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale"
	"example.org/telltale/internal/flow/reassemble"
)

// maxNames bounds the addresses whose names are remembered.
const maxNames = 1 << 16

// datagrams is a conversation of UDP or ICMP.
type datagrams struct {
	m     *Importer
	w     *writer
	begun bool
	any   bool
}

func (d *datagrams) Data(out bool, at time.Time, b []byte) {
	if !d.begun {
		d.begun = true
		d.first(out, b)
	}
	if d.w.conn.Proto == "dns" && !out {
		d.m.learn(b)
	}
	d.any = d.any || len(b) > 0
	d.w.octets(out, at, b)
}

// first tells what is spoken.
func (d *datagrams) first(out bool, b []byte) {
	c := &d.w.conn
	port := c.Dst.Port()
	switch {
	case c.Transport != "udp":
	case port == 53 || port == 5353 || port == 5355:
		if name, ok := question(b); ok {
			c.Proto, c.Host = "dns", name
		}
	case out && isQUIC(b):
		c.Proto, c.Visibility = "quic", telltale.Opaque
	}
}

// isQUIC reports whether a datagram is a first one of QUIC: a long header
// with the fixed bit, in a version that there is (RFC 9000, RFC 9369).
func isQUIC(b []byte) bool {
	if len(b) < 1200 || b[0]&0xc0 != 0xc0 {
		return false
	}
	version := uint32(b[1])<<24 | uint32(b[2])<<16 | uint32(b[3])<<8 | uint32(b[4])
	return version == 1 || version == 0x6b3343cf || version>>8 == 0xff0000
}

// question returns the name that a message asks for.
func question(b []byte) (string, bool) {
	var p dnsmessage.Parser
	if _, err := p.Start(b); err != nil {
		return "", false
	}
	q, err := p.Question()
	if err != nil {
		return "", false
	}
	return strings.ToLower(strings.TrimSuffix(q.Name.String(), ".")), true
}

// learn takes the addresses of an answer: connections to them bear its name.
func (m *Importer) learn(b []byte) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || !h.Response {
		return
	}
	q, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil {
		return
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	for range 64 {
		a, err := p.AnswerHeader()
		if err != nil || len(m.names) >= maxNames {
			return
		}
		switch a.Type {
		case dnsmessage.TypeA:
			if r, err := p.AResource(); err == nil {
				m.names[addr(r.A[:])] = name
			}
		case dnsmessage.TypeAAAA:
			if r, err := p.AAAAResource(); err == nil {
				m.names[addr(r.AAAA[:])] = name
			}
		default:
			if p.SkipAnswer() != nil {
				return
			}
		}
	}
}

func (d *datagrams) Gap(_ bool, _ time.Time, _ int) {}

func (d *datagrams) Close(f reassemble.Finish) {
	c := &d.w.conn
	c.End = f.At
	c.Error = failure(f, c.Transport, d.any)
	d.w.close()
}
