package proxy

import (
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// connect opens a tunnel and serves what turns out to be spoken in it.
func (s *session) connect(x *exchange, h flow.Head, raw []byte) {
	var to place
	to.host, to.port = flow.SplitAuthority(h.Target, 443)
	to.name = to.host
	x.flow.Protocol, x.flow.Visibility = "tcp", telltale.Opaque
	x.flow.Host, x.flow.Port = to.host, to.port
	up, err := s.p.dial(to)
	if err != nil {
		x.add(part{leg: telltale.LegApp, out: true, at: x.flow.Start, head: raw})
		x.fail("%v", err)
		s.refuse(x, 502)
		return
	}
	s.up, x.flow.Server = up, up.RemoteAddr().String()
	if _, err := s.app.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		x.fail("the app closed before its tunnel was open: %s", describe(err))
		x.record()
		return
	}
	s.enter(x, to)
}

// enter looks at who speaks first in the tunnel, and what.
func (s *session) enter(x *exchange, to place) {
	switch s.first(x) {
	case nobody:
		x.record()
		return
	case theServer:
		s.relay(x, s.up)
		x.record()
		return
	}
	x.reopen()
	x.flow.Start = s.p.cfg.Clock()
	switch s.detect() {
	case flow.ProtocolTLS:
		s.enterTLS(x, to)
	case flow.ProtocolHTTP:
		s.carry = x.end // the requests are the flows
		s.fixed = &to
		s.loop()
	default:
		s.relay(x, s.up)
		x.record()
	}
}

// speaker is who says the first word in a tunnel.
type speaker int

const (
	nobody speaker = iota // the app closed without a word
	theApp
	theServer // or it closed
)

// first waits for the first word. An exchange that is silent for long does
// not count as open.
func (s *session) first(x *exchange) speaker {
	app, server := s.app.watch(), (<-chan struct{})(nil)
	if s.up != nil {
		server = s.up.watch()
	}
	hold := time.NewTimer(s.p.cfg.Limits.Detect)
	defer hold.Stop()
	for {
		select {
		case <-app:
			if s.app.spoke() {
				return theApp
			}
			return nobody
		case <-server:
			select {
			case <-app: // both at once: the app goes first
				server = nil
			default:
				return theServer
			}
		case <-hold.C:
			x.end()
		}
	}
}

// detect tells what the app speaks, without taking a byte. An app that stops
// before it is clear speaks something else.
func (s *session) detect() flow.Protocol {
	b, err := s.app.next()
	s.patience(s.p.cfg.Limits.Detect)
	defer s.patience(0)
	for err == nil {
		protocol, sure := flow.Detect(b)
		if sure {
			return protocol
		}
		b, err = s.app.more(len(b))
	}
	return flow.ProtocolOther
}

// patience bounds the reads from the app; zero means no bound.
func (s *session) patience(d time.Duration) {
	deadline := time.Time{}
	if d > 0 {
		deadline = time.Now().Add(d)
	}
	_ = s.app.SetReadDeadline(deadline) // only fails on closed connections
}
