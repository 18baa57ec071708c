package xmpp

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// Stanzas reads a stream, and gives the bodies of its messages.
func Stanzas(r io.Reader) (bodies []string, err error) {
	in := newReader(bufio.NewReader(r))
	if _, err := in.header(); err != nil {
		return nil, err
	}
	for {
		n, err := in.next()
		if err != nil {
			return bodies, err
		}
		if text, ok := textOf(n); ok {
			bodies = append(bodies, text)
		}
	}
}

// Escape and Uncarried are for tests.
var (
	Escape    = escape
	Uncarried = uncarried
)

// Proof logs in by SCRAM-SHA-1 with the nonce and the server's two messages.
func Proof(user, password, nonce, challenge, final string) (proof string, err error) {
	c := &scram{hash: hashOf("SCRAM-SHA-1"), user: user, password: password, nonce: nonce, header: "n,,"}
	c.first()
	// The work is bounded by a limit that is generous for a fuzzer.
	if n := attributes(challenge)["i"]; len(strings.TrimLeft(n, "0")) > 4 {
		challenge = strings.ReplaceAll(challenge, n, "4096")
	}
	if proof, err = c.final(challenge); err != nil {
		return "", err
	}
	return proof, c.verify(final)
}

// canned is a connection over which a server says what it says whatever it
// is told.
type canned struct {
	net.Conn
	in io.Reader
}

func (c canned) Read(b []byte) (int, error)       { return c.in.Read(b) }
func (c canned) Write(b []byte) (int, error)      { return len(b), nil }
func (c canned) Close() error                     { return nil }
func (c canned) SetWriteDeadline(time.Time) error { return nil }
func (c canned) SetDeadline(time.Time) error      { return nil }

// Canned logs in to a server that says these bytes, and then hears them once
// more with a message under way.
func Canned(cfg Config, said []byte) (events []ends.Event, login error) {
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
		return canned{in: strings.NewReader("here")}, nil
	}
	e, err := New(cfg)
	if err != nil {
		return nil, err
	}
	hear := func(ev ends.Event) { events = append(events, ev) }
	login = newSession(e, canned{in: bytes.NewReader(said)}, func(ends.Event) {}).begin(context.Background())
	s := newSession(e, canned{in: bytes.NewReader(said)}, hear)
	s.r = newReader(s.in)
	if _, err := s.r.header(); err != nil {
		s.ends("no stream")
	}
	s.posted = &posted{id: "1", waiting: true}
	s.rooms["a@b"] = &room{address: "a@b", nick: "c", joined: true}
	s.run()
	return events, login
}
