package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// hello reads the app's TLS ClientHello, without taking a byte.
func (s *session) hello() flow.Hello {
	b, err := s.app.next()
	s.patience(s.p.cfg.Limits.Detect)
	defer s.patience(0)
	for err == nil {
		hello, more, _ := flow.ParseHello(b)
		if !more {
			return hello
		}
		b, err = s.app.more(len(b))
	}
	return flow.Hello{}
}

// enterTLS opens the TLS of a tunnel, unless the app is known to refuse that.
func (s *session) enterTLS(x *exchange, to place) {
	hello := s.hello()
	to.secure = true
	if hello.ServerName != "" {
		to.name = hello.ServerName
	}
	if slices.Contains(hello.ALPN, "http/1.1") {
		to.alpn = []string{"http/1.1"}
	}
	x.flow.Protocol, x.flow.Host = "tls", to.label()
	if s.p.pinned.is(to.pin()) {
		x.flow.Error = "passed unopened: the app has refused the sensor's certificate for this host"
		x.end()
		s.relay(x, s.up)
		x.record()
		return
	}
	refused := s.p.secure(s.up, to)
	if refused != nil {
		s.release()
	}
	if err := s.handshake(to, hello); err != nil {
		what := "the app broke off the TLS handshake with the sensor"
		if s.p.pinned.is(to.pin()) {
			what = "the app refused the sensor's certificate, its next connections to this host pass unopened"
		}
		x.fail("%s: %s", what, describe(err))
		x.record()
		return
	}
	s.inside(x, to, refused)
}

// inside serves what is spoken under TLS. refused is why there is no
// connection to the server, if so: the app is told when it has asked.
func (s *session) inside(x *exchange, to place, refused error) {
	defer s.app.Close() // says goodbye in TLS
	x.flow.Visibility = telltale.Intercepted
	switch s.first(x) {
	case nobody:
		if refused != nil {
			x.fail("%v", refused)
		}
		x.record()
		return
	case theServer:
		s.relay(x, s.up)
		x.record()
		return
	}
	x.reopen()
	switch spoken := s.detect(); {
	case spoken == flow.ProtocolHTTP:
		s.carry = x.end // until the first request has begun
		s.protocol, s.visibility = "https", telltale.Intercepted
		s.fixed, s.refused = &to, refused
		s.loop()
	case refused != nil:
		b, _ := s.app.next() // detect has seen some
		x.add(part{leg: telltale.LegApp, out: true, head: b})
		x.fail("%v", refused)
		x.record()
	default:
		s.relay(x, s.up)
		x.record()
	}
}

// pin is what a refusal is remembered by.
func (a place) pin() string { return net.JoinHostPort(a.label(), "") + a.String() }

// handshake plays the server to the app, with a certificate of the case.
func (s *session) handshake(to place, hello flow.Hello) error {
	cert, err := s.p.ca.For(to.name)
	if err != nil {
		return err
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS10,
		Time: s.p.cfg.Clock, Rand: s.p.cfg.Random,
	}
	if len(hello.ALPN) > 0 {
		config.NextProtos = []string{"http/1.1"}
	}
	if s.p.capture != nil {
		config.KeyLogWriter = s.p.capture
	}
	conn := tls.Server(s.app, config)
	ctx, cancel := context.WithTimeout(s.p.base, s.p.cfg.Limits.Dial)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		if !s.p.ended() {
			s.p.pinned.refuse(to.pin(), !closed(err))
		}
		return err
	}
	s.p.pinned.accept(to.pin())
	s.app = newLink(conn)
	return nil
}
