package intercept_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/quic-go/quic-go"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// quicRig carries QUIC connections from one socket to one server.
type quicRig struct {
	t testing.TB
	*intercept.Interceptor
	ca, world *authority.Authority
	sink      *memory
	server    net.Addr // where the server is
	ids       atomic.Int64
	mapped    bool
}

// loopback is a socket of the test's own.
func loopback(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func quicLimits() *quic.Config {
	return &quic.Config{HandshakeIdleTimeout: giveUp, MaxIdleTimeout: giveUp, EnableDatagrams: true}
}

// quiet keeps quic-go from saying what it thinks of the system's buffers.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// serveQUIC runs a server that hands every connection to f.
func serveQUIC(t testing.TB, world *authority.Authority, name string, protocols []string, f func(*quic.Conn)) net.Addr {
	t.Helper()
	leaf, err := world.For(name)
	if err != nil {
		t.Fatal(err)
	}
	c := loopback(t)
	tr := &quic.Transport{Conn: quiet{c}}
	l, err := tr.Listen(&tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: protocols}, quicLimits())
	if err != nil {
		t.Fatal(err)
	}
	var jobs sync.WaitGroup
	jobs.Go(func() {
		for {
			conn, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			jobs.Go(func() { f(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		_ = tr.Close()
		jobs.Wait()
	})
	return c.LocalAddr()
}

func startQUIC(t testing.TB, world *authority.Authority, server net.Addr, change ...func(*intercept.Config)) *quicRig {
	t.Helper()
	r := &quicRig{t: t, ca: newAuthority(t), world: world, sink: newMemory(), server: server}
	config := intercept.Config{
		Authority: r.ca, Sink: r.sink, Roots: pool(world),
		Limits: intercept.Limits{Handshake: giveUp, Detect: giveUp, Linger: giveUp, Asked: giveUp},
	}
	for _, f := range change {
		f(&config)
	}
	var err error
	if r.Interceptor, err = intercept.New(config); err != nil {
		t.Fatal(err)
	}
	return r
}

// absent is the socket to a server that is not there.
type absent struct {
	net.Conn
	once sync.Once
	sent chan struct{}
}

func newAbsent(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, loopback(t).LocalAddr().(*net.UDPAddr))
	must(t, err)
	return &absent{Conn: c, sent: make(chan struct{})}
}

func (a *absent) Write(b []byte) (int, error) {
	a.once.Do(func() { close(a.sent) })
	return len(b), nil
}

func (a *absent) Read([]byte) (int, error) {
	<-a.sent
	return 0, &net.OpError{Op: "read", Net: "udp", Err: syscall.ECONNREFUSED}
}

// result is what became of a connection.
type result struct {
	info     tape.Conn
	unopened bool
}

// next carries the connection that comes next to the address returned.
func (r *quicRig) next(ctx context.Context) (net.Addr, <-chan result) {
	r.t.Helper()
	app := loopback(r.t)
	done := make(chan result, 1)
	up := intercept.QUICUpstream{
		Info:   tape.Conn{ID: fmt.Sprintf("c%06d", r.ids.Add(1)), Dst: netip.MustParseAddrPort("192.0.2.1:443")},
		Mapped: r.mapped, NextID: func() string { return fmt.Sprintf("c%06d", r.ids.Add(1)) },
		Dial: func(ctx context.Context) (net.Conn, error) {
			if r.server == nil {
				return newAbsent(r.t), nil
			}
			return new(net.Dialer).DialContext(ctx, "udp", r.server.String())
		},
	}
	go func() {
		info, unopened := r.CarryQUIC(ctx, app, up)
		done <- result{info, unopened}
	}()
	return app.LocalAddr(), done
}

// dialQUIC is an app.
func dialQUIC(t testing.TB, to net.Addr, config *tls.Config) (*quic.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), giveUp)
	defer cancel()
	tr := &quic.Transport{Conn: quiet{loopback(t)}}
	t.Cleanup(func() { _ = tr.Close() })
	return tr.Dial(ctx, to, config, quicLimits())
}

// streams are the records by the number of their stream; -1 is the
// connection's.
func (r *quicRig) streams() map[int]*record {
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	all := map[int]*record{}
	for _, one := range r.sink.records {
		n := -1
		if one.Stream != nil {
			n = int(one.Stream.Number)
		}
		all[n] = one
	}
	return all
}

// echoQUIC is a server that sends back what it gets on any stream, with "back "
// before it, and every datagram.
func echoQUIC(c *quic.Conn) {
	ctx := c.Context()
	var jobs sync.WaitGroup
	defer jobs.Wait()
	jobs.Go(func() {
		for {
			s, err := c.AcceptUniStream(ctx)
			if err != nil {
				return
			}
			jobs.Go(func() {
				b, _ := io.ReadAll(s)
				back, err := c.OpenUniStream()
				if err == nil {
					_, _ = back.Write(append([]byte("back "), b...))
					_ = back.Close()
				}
			})
		}
	})
	jobs.Go(func() {
		for {
			b, err := c.ReceiveDatagram(ctx)
			if err != nil {
				return
			}
			_ = c.SendDatagram(append([]byte("back "), b...))
		}
	})
	for {
		s, err := c.AcceptStream(ctx)
		if err != nil {
			return
		}
		jobs.Go(func() {
			b, _ := io.ReadAll(s)
			_, _ = s.Write(append([]byte("back "), b...))
			_ = s.Close()
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends a text on a stream of both ways and returns the answer.
func ask(t testing.TB, c *quic.Conn, text string) string {
	t.Helper()
	s, err := c.OpenStreamSync(context.Background())
	must(t, err)
	_, err = io.WriteString(s, text)
	must(t, err)
	must(t, s.Close())
	b, err := io.ReadAll(s)
	must(t, err)
	return string(b)
}

// lines is a Writer for several goroutines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Every kind of stream, in both directions, and datagrams.
func TestQUICIsOpened(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	var keys lines
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"other", "zoo"}, echoQUIC), func(c *intercept.Config) { c.Secrets = &keys })
	to, done := r.next(context.Background())
	c, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"none", "zoo"}})
	must(t, err)
	if got := c.ConnectionState().TLS.NegotiatedProtocol; got != "zoo" {
		t.Errorf("the protocol is %q", got)
	}
	if got := ask(t, c, "first"); got != "back first" {
		t.Errorf("%q", got)
	}
	big := strings.Repeat("0123456789abcdef", 1<<16)
	if got := ask(t, c, big); got != "back "+big {
		t.Errorf("%d octets came back", len(got))
	}
	one, err := c.OpenUniStream()
	must(t, err)
	_, err = io.WriteString(one, "one way")
	must(t, err)
	must(t, one.Close())
	other, err := c.AcceptUniStream(context.Background())
	must(t, err)
	if b, err := io.ReadAll(other); err != nil || string(b) != "back one way" {
		t.Errorf("%q %v", b, err)
	}
	must(t, c.SendDatagram([]byte("datagram")))
	if b, err := c.ReceiveDatagram(context.Background()); err != nil || string(b) != "back datagram" {
		t.Errorf("%q %v", b, err)
	}
	must(t, c.CloseWithError(7, "enough"))
	if got := <-done; got.unopened || got.info.Error != "" {
		t.Errorf("%+v", got)
	}
	want := map[int][2]string{
		-1: {"datagram", "back datagram"}, 0: {"first", "back first"}, 4: {big, "back " + big}, 2: {"one way", ""}, 3: {"", "back one way"},
	}
	for number, got := range r.streams() {
		if text := want[number]; string(got.out) != text[0] || string(got.in) != text[1] || got.closed != 1 || got.Error != "" {
			t.Errorf("stream %d: %.50q %.50q %d %s", number, got.out, got.in, got.closed, got.Error)
		}
		if got.Visibility != telltale.Intercepted || got.Proto != "quic" || got.Transport != "udp" || got.Host != "q.test" || got.TLS.ALPN != "zoo" || got.TLS.Unverified != "" || len(got.TLS.Certificates) == 0 {
			t.Errorf("stream %d: %+v %+v", number, got.Conn, got.TLS)
		}
		delete(want, number)
	}
	if len(want) > 0 {
		t.Errorf("not recorded: %v", want)
	}
	for _, label := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"} {
		if strings.Count(keys.String(), label) != 1 {
			t.Errorf("keys of the app's side: %q", keys.String())
		}
	}
}

// kept is a cache of sessions that tells when one comes.
type kept struct {
	tls.ClientSessionCache
	came chan struct{}
}

func (k kept) Put(key string, s *tls.ClientSessionState) {
	k.ClientSessionCache.Put(key, s)
	select {
	case k.came <- struct{}{}:
	default:
	}
}

// A second connection resumes the session of the first, and is recorded as
// well as that.
func TestQUICResumes(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"zoo"}, echoQUIC))
	cache := kept{tls.NewLRUClientSessionCache(4), make(chan struct{}, 1)}
	for again := range 2 {
		to, done := r.next(context.Background())
		c, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}, ClientSessionCache: cache})
		must(t, err)
		if got := c.ConnectionState().TLS.DidResume; got != (again == 1) {
			t.Errorf("connection %d was resumed: %t", again, got)
		}
		if got := ask(t, c, "token"); got != "back token" {
			t.Errorf("%q", got)
		}
		<-cache.came
		must(t, c.CloseWithError(0, ""))
		if got := <-done; got.unopened || got.info.TLS.Unverified != "" || len(got.info.TLS.Certificates) == 0 {
			t.Errorf("%+v", got.info)
		}
	}
}

// Resets and refusals to read on are passed on with their codes.
func TestQUICStreamsAreCut(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	codes := make(chan error, 2)
	addr := serveQUIC(t, world, "q.test", []string{"zoo"}, func(c *quic.Conn) {
		s, err := c.AcceptStream(c.Context())
		if err != nil {
			codes <- err
			return
		}
		b := make([]byte, 5)
		_, err = io.ReadFull(s, b)
		if err == nil {
			_, err = s.Read(b)
		}
		codes <- err
		s.CancelWrite(22)
		s, err = c.AcceptStream(c.Context())
		if err == nil {
			s.CancelRead(33)
			_, _ = s.Write([]byte("enough"))
			_ = s.Close()
		}
		codes <- err
		<-c.Context().Done()
	})
	r := startQUIC(t, world, addr)
	recorded := make(chan struct{})
	r.sink.fail = func(_ bool, b []byte) error {
		if string(b) == "begun" {
			close(recorded)
		}
		return nil
	}
	to, done := r.next(context.Background())
	c, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}})
	must(t, err)
	s, err := c.OpenStreamSync(context.Background())
	must(t, err)
	_, err = io.WriteString(s, "begun")
	must(t, err)
	<-recorded // the reset may overtake what was written
	s.CancelWrite(11)
	var e *quic.StreamError
	if err := <-codes; !errors.As(err, &e) || e.ErrorCode != 11 || !e.Remote {
		t.Errorf("the server got %v", err)
	}
	if _, err := s.Read(make([]byte, 1)); !errors.As(err, &e) || e.ErrorCode != 22 || !e.Remote {
		t.Errorf("the app got %v", err)
	}
	s, err = c.OpenStreamSync(context.Background())
	must(t, err)
	_, err = io.WriteString(s, "go on?")
	must(t, err)
	must(t, <-codes)
	<-s.Context().Done()
	if cause := context.Cause(s.Context()); !errors.As(cause, &e) || e.ErrorCode != 33 {
		t.Errorf("the app was stopped by %v", cause)
	}
	if b, err := io.ReadAll(s); err != nil || string(b) != "enough" {
		t.Errorf("%q %v", b, err)
	}
	must(t, c.CloseWithError(0, ""))
	<-done
	all := r.streams()
	if got := all[0]; string(got.out) != "begun" || !strings.Contains(got.Error, "reset the stream (code 0x") {
		t.Errorf("%q %q", got.out, got.Error)
	}
	if got := all[4]; string(got.in) != "enough" || got.Error != "the server wanted no more of the stream (code 0x21)" {
		t.Errorf("%q %q", got.in, got.Error)
	}
}

// An app that refuses the certificate is left alone from then on; nothing is
// sent to it before that is known.
func TestQUICRefusedThenPassed(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"zoo"}, echoQUIC))
	pinned := &tls.Config{ServerName: "q.test", RootCAs: pool(world), NextProtos: []string{"zoo"}}
	to, done := r.next(context.Background())
	if c, err := dialQUIC(t, to, pinned); err == nil {
		t.Errorf("the app went along: %v", c.ConnectionState())
	}
	got := <-done
	if got.unopened || !got.info.TLS.Refused || !strings.Contains(got.info.Error, "refused the sensor's certificate") || got.info.Visibility != telltale.Opaque {
		t.Errorf("%+v %+v", got, got.info.TLS)
	}
	to, done = r.next(context.Background())
	ctx, cancel := context.WithCancel(context.Background())
	var app sync.WaitGroup
	app.Go(func() {
		tr := &quic.Transport{Conn: quiet{loopback(t)}}
		defer tr.Close()
		_, _ = tr.Dial(ctx, to, pinned, quicLimits())
	})
	got = <-done
	cancel()
	app.Wait()
	if !got.unopened || !strings.HasPrefix(got.info.Error, "passed unopened: the app has refused") || got.info.Host != "q.test" {
		t.Errorf("%+v", got)
	}
	if n := len(r.streams()); n != 1 {
		t.Errorf("%d records, want that of the refusal", n)
	}
}

// A server that is not there, and one that speaks nothing the app does, are
// the app's to meet.
func TestQUICServersThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	for name, c := range map[string]struct {
		addr net.Addr
		want string
	}{
		"refused":     {nil, "passed unopened: QUIC refused by the server"},
		"no protocol": {serveQUIC(t, world, "q.test", []string{"other"}, echoQUIC), "passed unopened: QUIC with the server failed: CRYPTO_ERROR 0x178 (remote)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startQUIC(t, world, c.addr)
			to, done := r.next(context.Background())
			ctx, cancel := context.WithCancel(context.Background())
			var app sync.WaitGroup
			app.Go(func() {
				tr := &quic.Transport{Conn: quiet{loopback(t)}}
				defer tr.Close()
				_, _ = tr.Dial(ctx, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}}, quicLimits())
			})
			got := <-done
			cancel()
			app.Wait()
			if !got.unopened || !strings.HasPrefix(got.info.Error, c.want) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// With Strict nothing passes; the app is told.
func TestQUICStrict(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"other"}, echoQUIC), func(c *intercept.Config) { c.Strict = true })
	to, done := r.next(context.Background())
	_, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}})
	var e *quic.TransportError
	if !errors.As(err, &e) || !e.Remote {
		t.Errorf("the app met %v", err)
	}
	if got := <-done; got.unopened || !strings.HasPrefix(got.info.Error, "QUIC with the server failed: ") {
		t.Errorf("%+v", got)
	}
}

// A server that would not be trusted is shown so that it is not.
func TestQUICOfAStranger(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, newAuthority(t), serveQUIC(t, world, "q.test", []string{"zoo"}, echoQUIC))
	to, done := r.next(context.Background())
	if _, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}}); err == nil {
		t.Error("the app trusts a server that nobody vouches for")
	}
	if got := <-done; got.info.TLS.Unverified == "" {
		t.Errorf("%+v", got.info.TLS)
	}
}

// The end of the watch ends both connections and completes the records.
func TestQUICEndOfTheWatch(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"zoo"}, echoQUIC))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	to, done := r.next(ctx)
	c, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}})
	must(t, err)
	if got := ask(t, c, "token"); got != "back token" {
		t.Errorf("%q", got)
	}
	cancel()
	<-c.Context().Done()
	if got := <-done; got.info.Error != "still open when the watch ended" {
		t.Errorf("%+v", got.info)
	}
	for number, got := range r.streams() {
		if got.closed != 1 {
			t.Errorf("the record of stream %d was closed %d times", number, got.closed)
		}
	}
}

// An app that takes its time over the certificate does not hold the end up.
func TestQUICEndOfTheWatchInTheHandshake(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := startQUIC(t, world, serveQUIC(t, world, "q.test", []string{"zoo"}, echoQUIC))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	to, done := r.next(ctx)
	looking, goOn := make(chan struct{}), make(chan struct{})
	var app sync.WaitGroup
	app.Go(func() {
		tr := &quic.Transport{Conn: quiet{loopback(t)}}
		defer tr.Close()
		_, _ = tr.Dial(context.Background(), to, &tls.Config{
			ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"},
			VerifyConnection: func(tls.ConnectionState) error {
				close(looking)
				<-goOn
				return errors.New("seen enough")
			},
		}, quicLimits())
	})
	<-looking
	cancel()
	if got := <-done; got.unopened || got.info.Error != "still open when the watch ended" {
		t.Errorf("%+v", got)
	}
	close(goOn)
	app.Wait()
}

// What cannot be kept does not pass.
func TestQUICThatCannotBeKept(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	reached := make(chan string, 1)
	addr := serveQUIC(t, world, "q.test", []string{"zoo"}, func(c *quic.Conn) {
		s, err := c.AcceptStream(c.Context())
		if err != nil {
			reached <- ""
			return
		}
		b, _ := io.ReadAll(s)
		reached <- string(b)
	})
	r := startQUIC(t, world, addr)
	r.sink.fail = func(bool, []byte) error { return errors.New("the disk is full") }
	to, done := r.next(context.Background())
	c, err := dialQUIC(t, to, &tls.Config{ServerName: "q.test", RootCAs: pool(r.ca), NextProtos: []string{"zoo"}})
	must(t, err)
	s, err := c.OpenStreamSync(context.Background())
	must(t, err)
	_, err = io.WriteString(s, "token")
	must(t, err)
	<-c.Context().Done()
	if got := <-done; !strings.Contains(got.info.Error, "the disk is full") || r.Failed() == nil {
		t.Errorf("%+v %v", got.info, r.Failed())
	}
	if got := <-reached; got != "" {
		t.Errorf("%q passed", got)
	}
}
