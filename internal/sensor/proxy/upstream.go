package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"

	"example.org/telltale/internal/flow"
)

// place is a server as the app asked for it.
type place struct {
	host string
	port int
	// secure: the proxy speaks TLS with it. name is whom the certificate
	// must be for, alpn what is offered.
	secure bool
	name   string
	alpn   []string
}

func (a place) String() string { return net.JoinHostPort(a.host, strconv.Itoa(a.port)) }

// label is the name to know the place by: that of the certificate if the
// app asked for a bare address.
func (a place) label() string {
	if net.ParseIP(a.host) != nil && a.name != "" {
		return a.name
	}
	return a.host
}

// upstream is a connection to a server.
type upstream struct {
	*link
	raw  net.Conn // under TLS, if any
	to   string
	used bool // it has carried an exchange before
}

// fresh reports whether the kept connection can carry another exchange: the
// server has neither closed it nor said anything unasked.
func (u *upstream) fresh() bool {
	select {
	case <-u.watch():
		return false
	default:
		return true
	}
}

// server returns a connection to a place, the kept one if it will do.
func (s *session) server(to place) (*upstream, error) {
	if s.up != nil && s.up.to == to.String() && s.up.fresh() {
		return s.up, nil
	}
	if s.refused != nil {
		return nil, s.refused
	}
	s.release()
	up, err := s.p.dial(to)
	if err != nil {
		return nil, err
	}
	if to.secure {
		if err := s.p.secure(up, to); err != nil {
			s.p.drop(up.raw)
			return nil, err
		}
	}
	s.up = up
	return up, nil
}

// dial connects to a place, without TLS.
func (p *Proxy) dial(to place) (*upstream, error) {
	ctx, cancel := context.WithTimeout(p.base, p.cfg.Limits.Dial)
	defer cancel()
	addr, err := p.cfg.Resolve(ctx, to.host, to.port)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", to, describe(err))
	}
	if addr == p.listener.Addr().String() {
		return nil, fmt.Errorf("%s is the proxy itself", to)
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", to, describe(err))
	}
	if !p.track(conn) {
		return nil, net.ErrClosed
	}
	return &upstream{link: newLink(conn), raw: conn, to: to.String()}, nil
}

// secure puts TLS on the connection and verifies the server. Old versions
// are allowed: apps are watched here, not saved.
func (p *Proxy) secure(up *upstream, to place) error {
	conn := tls.Client(up.link, &tls.Config{
		ServerName: to.name, NextProtos: to.alpn, RootCAs: p.roots.Pool,
		MinVersion: tls.VersionTLS10, Time: p.cfg.Clock, Rand: p.cfg.Random,
	})
	ctx, cancel := context.WithTimeout(p.base, p.cfg.Limits.Dial)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		var bad *tls.CertificateVerificationError
		if errors.As(err, &bad) {
			return fmt.Errorf("%s: the server's certificate cannot be verified, nothing was passed on: %w", to, bad.Err)
		}
		return fmt.Errorf("%s: TLS with the server failed: %s", to, describe(err))
	}
	up.link = newLink(conn)
	return nil
}

// describe says in a few words what went wrong with a connection.
func describe(err error) string {
	var name *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "no such name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	}
	return err.Error()
}

// closed reports whether a connection ended, rather than went wrong.
func closed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// rewrite changes a request head as a proxy must: the target to origin form,
// headers addressed to the proxy left out. All other bytes stay.
func rewrite(raw []byte, h flow.Head) []byte {
	origin := flow.ParseTarget(h.Target).Origin
	out := append([]byte(nil), raw[:h.TargetOffset]...)
	out = append(out, origin...)
	at := h.TargetOffset + len(h.Target)
	for _, f := range h.Fields {
		if hopByHop(f.Name) {
			out = append(out, raw[at:f.Offset]...)
			at = f.End
		}
	}
	return append(out, raw[at:]...)
}
