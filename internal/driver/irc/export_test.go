package irc

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// Parsed is what parse makes of a line, for tests and fuzzing.
type Parsed struct {
	Tags            map[string]string
	Source, Command string
	Params          []string
}

// Parse reads one line.
func Parse(s string) (Parsed, error) {
	l, err := parse(s)
	return Parsed{l.tags, l.source, l.command, l.params}, err
}

// Fold writes a name as a server with that case mapping compares it.
var Fold = fold

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
	login = newSession(e, canned{in: bytes.NewReader(said)}, hear).begin(context.Background())
	s := newSession(e, canned{in: bytes.NewReader(said)}, hear)
	s.live = true
	post, words := s.post("PRIVMSG", "#main", "hello")
	if _, err := s.ping(post, words); err != nil {
		return nil, err
	}
	s.run()
	return events, login
}
