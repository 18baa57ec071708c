package intercept_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// TestStartTLS: TLS that begins in the middle of a stream.
func TestStartTLS(t *testing.T) {
	t.Parallel()
	type line struct{ app, server string }
	for proto, c := range map[string]struct{ before, inside []line }{
		"smtp": {
			[]line{{"", "220 mx.test ESMTP\r\n"}, {"EHLO me\r\n", "250-mx.test\r\n250 STARTTLS\r\n"}, {"STARTTLS\r\n", "220 go on\r\n"}},
			[]line{{"EHLO me\r\n", "250 mx.test\r\n"}, {"QUIT\r\n", "221 bye\r\n"}},
		},
		"imap": {
			[]line{{"", "* OK ready\r\n"}, {"a1 STARTTLS\r\n", "a1 OK begin\r\n"}},
			[]line{{"a2 LOGIN me secret\r\n", "a2 OK\r\n"}},
		},
		"xmpp": {
			[]line{
				{"<?xml version='1.0'?><stream:stream to='x.test'>", "<stream:features/>"},
				{"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
			},
			[]line{{"<stream:stream to='x.test'>", "<stream:features/>"}},
		},
		"pop3": {
			[]line{{"", "+OK ready\r\n"}, {"STLS\r\n", "+OK begin\r\n"}},
			[]line{{"USER me\r\n", "+OK\r\n"}},
		},
		"tls": { // a proxy of the app's own
			[]line{{"CONNECT x.test:443 HTTP/1.1\r\nHost: x.test:443\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}},
			[]line{{"\x00own", "\x00too"}},
		},
	} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			world := newAuthority(t)
			speak := func(e *end, lines []line) {
				for _, l := range lines {
					e.hear(l.app)
					e.say(l.server)
				}
			}
			config := serving(t, world, nil, "x.test")
			server := script(t, nil, func(e *end) {
				speak(e, c.before)
				inside, err := e.secure(config, false)
				if err != nil {
					t.Errorf("the server: %v", err)
					return
				}
				speak(inside, c.inside)
				_ = inside.rest()
				_ = inside.Close()
			})
			r := start(t, world, server)
			a := r.dial()
			listen := func(e *end, lines []line) {
				for _, l := range lines {
					e.say(l.app)
					e.hear(l.server)
				}
			}
			listen(a, c.before)
			inside, err := a.secure(r.trusting("x.test"), true)
			if err != nil {
				t.Fatal(err)
			}
			listen(inside, c.inside)
			_ = inside.Close()
			got := r.next(1)[0]
			var out, in string
			for _, l := range append(c.before, c.inside...) {
				out, in = out+l.app, in+l.server
			}
			if string(got.out) != out || string(got.in) != in || got.Proto != proto || got.Visibility != telltale.Intercepted || got.Error != "" {
				t.Errorf("%+v\nout %q\nin %q", got.Conn, got.out, got.in)
			}
			var began []turn
			for _, turn := range got.turns {
				if turn.proto == proto {
					began = append(began, turn)
				}
			}
			before := 0
			for _, l := range c.before {
				before += len(l.app)
			}
			if n := len(began); n == 0 || began[n-1].out != before {
				t.Errorf("turns %+v", got.turns)
			}
		})
	}
}

func TestServerFirst(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	greet := func(e *end) {
		e.say("SSH-2.0-first\r\n")
		e.hear("SSH-2.0-second\r\n")
	}
	for _, config := range []*tls.Config{nil, serving(t, world, nil, "first.test")} {
		r := start(t, world, script(t, config, greet))
		a := r.dial()
		if config != nil {
			var err error
			if a, err = a.secure(r.trusting("first.test"), true); err != nil {
				t.Fatal(err)
			}
		}
		a.hear("SSH-2.0-first\r\n")
		a.say("SSH-2.0-second\r\n")
		if rest := a.rest(); rest != "" {
			t.Errorf("then %q", rest)
		}
		_ = a.Close()
		if got := r.next(1)[0]; string(got.in) != "SSH-2.0-first\r\n" || string(got.out) != "SSH-2.0-second\r\n" || got.Error != "" {
			t.Errorf("%+v, in %q, out %q", got.Conn, got.in, got.out)
		}
	}
}

// TestHalfClose: the end of one direction leaves the other open, in TLS and
// without.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	answer := func(e *end) { e.say("all: " + e.rest()) }
	for _, config := range []*tls.Config{nil, serving(t, world, nil, "half.test")} {
		r := start(t, world, script(t, config, answer))
		a := r.dial()
		if config != nil {
			var err error
			if a, err = a.secure(r.trusting("half.test"), true); err != nil {
				t.Fatal(err)
			}
		}
		a.say("question")
		halfClose(t, a.Conn)
		a.hear("all: question")
		if rest := a.rest(); rest != "" {
			t.Errorf("then %q", rest)
		}
		_ = a.Close()
		if got := r.next(1)[0]; string(got.in) != "all: question" || got.Error != "" {
			t.Errorf("%+v, in %q", got.Conn, got.in)
		}
	}
}

// TestTruncation: an end without goodbye stays one.
func TestTruncation(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	server := script(t, serving(t, world, nil, "cut.test"), func(e *end) {
		e.say("half an ans")
		_ = e.Conn.(*tls.Conn).NetConn().(*net.TCPConn).CloseWrite()
		_ = e.rest()
	})
	r := start(t, world, server)
	watched := &ends{Conn: r.dial().Conn}
	conn := tls.Client(watched, r.trusting("cut.test"))
	got, err := io.ReadAll(conn)
	if string(got) != "half an ans" || !watched.eof {
		t.Errorf("%q, %v, end of the connection seen: %v", got, err, watched.eof)
	}
	_ = conn.Close()
	r.next(1)
}

// ends notes whether the connection itself has ended. Go's TLS takes that for
// a goodbye.
type ends struct {
	net.Conn
	eof bool
}

func (e *ends) Read(b []byte) (int, error) {
	n, err := e.Conn.Read(b)
	e.eof = e.eof || errors.Is(err, io.EOF)
	return n, err
}

func reset(t testing.TB, c net.Conn) {
	t.Helper()
	if conn, ok := c.(*tls.Conn); ok {
		c = conn.NetConn()
	}
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Error(err)
	}
	_ = c.Close()
}

// TestReset: a connection that is broken off on one side is so on the other.
func TestReset(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	for _, config := range []*tls.Config{nil, serving(t, world, nil, "reset.test")} {
		for _, byApp := range []bool{true, false} {
			heard := make(chan error, 1)
			server := script(t, config, func(e *end) {
				e.hear("hi")
				if !byApp {
					reset(t, e.Conn)
					return
				}
				e.say("ho")
				_, err := e.in.ReadByte()
				heard <- err
			})
			r := start(t, world, server)
			a := r.dial()
			if config != nil {
				var err error
				if a, err = a.secure(r.trusting("reset.test"), true); err != nil {
					t.Fatal(err)
				}
			}
			a.say("hi")
			var err error
			if byApp {
				a.hear("ho")
				reset(t, a.Conn)
				err = <-heard
			} else {
				_, err = a.in.ReadByte()
			}
			if !errors.Is(err, syscall.ECONNRESET) && runtime.GOOS != "windows" {
				t.Errorf("TLS %v, by the app %v: the other side gets %v", config != nil, byApp, err)
			}
			if got := r.next(1)[0]; !strings.Contains(got.Error, "reset") || string(got.out) != "hi" {
				t.Errorf("TLS %v, by the app %v: %+v", config != nil, byApp, got.Conn)
			}
		}
	}
}

func TestWebSocketIsTold(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	const first = "GET /a HTTP/1.1\r\nHost: ws.test\r\n\r\n"
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct{ upgrade, plain, secure string }{
		{"WebSocket", "ws", "wss"}, {"h2c", "h2", "h2"}, {"own", "tcp", "tcp"},
	} {
		request := "GET /b HTTP/1.1\r\nHost: ws.test\r\nConnection: Upgrade\r\nUpgrade: " + c.upgrade + "\r\n\r\n"
		answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + c.upgrade + "\r\n\r\n"
		for _, config := range []*tls.Config{nil, serving(t, world, nil, "ws.test")} {
			server := script(t, config, func(e *end) {
				e.hear(first)
				e.say(ok)
				e.hear(request)
				e.say(answer + "\x81\x02hi")
				e.hear("\x81\x82....")
			})
			r := start(t, world, server)
			a, want := r.dial(), c.plain
			if config != nil {
				want = c.secure
				var err error
				if a, err = a.secure(r.trusting("ws.test"), true); err != nil {
					t.Fatal(err)
				}
			}
			a.say(first)
			a.hear(ok)
			a.say(request)
			a.hear(answer + "\x81\x02hi")
			a.say("\x81\x82....")
			_ = a.rest()
			_ = a.Close()
			got := r.next(1)[0]
			last := got.turns[len(got.turns)-1]
			if want == "tcp" { // what is known of it
				got.Proto = strings.Replace(got.Proto, "http/1.1", want, 1)
			}
			if got.Proto != want || got.Host != "ws.test" || last != (turn{want, len(first + request), len(ok + answer)}) {
				t.Errorf("%s: %+v, turns %+v", c.upgrade, got.Conn, got.turns)
			}
		}
	}
}

// TestWhatCannotBeKeptDoesNotPass: the connection ends, and no other begins.
func TestWhatCannotBeKeptDoesNotPass(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	passed := make(chan string, 1)
	server := script(t, nil, func(e *end) { passed <- e.rest() })
	r := start(t, newAuthority(t), server, func(r *rig, _ *intercept.Config) {
		r.sink.fail = func(out bool, b []byte) error {
			if strings.Contains(string(b), "secret") {
				return full
			}
			return nil
		}
	})
	a := r.dial()
	a.say("one secret")
	if rest := a.rest(); rest != "" {
		t.Errorf("heard %q", rest)
	}
	r.next(1)
	if got := <-passed; got != "" {
		t.Errorf("%q has passed", got)
	}
	if err := r.Interceptor.Failed(); !errors.Is(err, full) {
		t.Errorf("failed: %v", err)
	}
	app, server2 := net.Pipe()
	err := r.Carry(context.Background(), app, intercept.Upstream{Conn: server2})
	if !errors.Is(err, full) {
		t.Errorf("carried on: %v", err)
	}
	if _, err := app.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}

// TestEndOfTheWatch: what passed is kept, and both ends are closed.
func TestEndOfTheWatch(t *testing.T) {
	t.Parallel()
	sink := newMemory()
	i, err := intercept.New(intercept.Config{Authority: newAuthority(t), Sink: sink})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	app, appEnd := net.Pipe()
	server, serverEnd := net.Pipe()
	var all sync.WaitGroup
	all.Go(func() {
		if err := i.Carry(ctx, appEnd, intercept.Upstream{Conn: serverEnd, Info: tape.Conn{ID: "c7"}}); err != nil {
			t.Error(err)
		}
	})
	a, s := talk(t, app), talk(t, server)
	a.say("one")
	s.hear("one")
	cancel()
	all.Wait()
	if a.rest()+s.rest() != "" {
		t.Error("something came after the end")
	}
	got := sink.records[0]
	if string(got.out) != "one" || got.closed != 1 || got.ID != "c7" || !strings.Contains(got.Error, "when the watch ended") {
		t.Errorf("%+v", got)
	}
}

// TestMuch: memory does not grow with what passes, and nothing is lost.
func TestMuch(t *testing.T) {
	if testing.Short() {
		t.Skip("200 MB")
	}
	const size = 200 << 20
	world := newAuthority(t)
	sums := make(chan [32]byte, 1)
	server := script(t, serving(t, world, nil, "much.test"), func(e *end) {
		h := sha256.New()
		if n, err := io.Copy(h, io.LimitReader(e.in, size)); n != size {
			t.Errorf("%d octets came, %v", n, err)
		}
		sums <- [32]byte(h.Sum(nil))
		e.say("done")
	})
	counted := &counting{hash: sha256.New()}
	r := start(t, world, server, func(_ *rig, c *intercept.Config) { c.Sink = counted })
	a, err := r.dial().secure(r.trusting("much.test"), true)
	if err != nil {
		t.Fatal(err)
	}
	piece := make([]byte, 1<<20)
	var most uint64
	h := sha256.New()
	for i := range size / len(piece) {
		for at := range 256 {
			piece[at*4096] = byte(i + at)
		}
		h.Write(piece)
		if _, err := a.Write(piece); err != nil {
			t.Fatal(err)
		}
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc)
	}
	a.hear("done")
	_ = a.Close()
	if sum := [32]byte(h.Sum(nil)); sum != <-sums || sum != counted.sum() {
		t.Error("other octets came, or were kept, than were sent")
	}
	if most > 64<<20 {
		t.Errorf("%d octets of memory for %d that passed", most, size)
	}
}

// counting keeps a sum of what the app sent.
type counting struct {
	mu   sync.Mutex
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (c *counting) Open(tape.Conn) (tape.Tape, error) { return c, nil }
func (c *counting) Close(tape.Conn) error             { return nil }

func (c *counting) Octets(out bool, _ time.Time, b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if out {
		_, _ = c.hash.Write(b)
	}
	return nil
}

func (c *counting) sum() [32]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return [32]byte(c.hash.Sum(nil))
}
