package intercept_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// giveUp is when a test that waits for something gives up.
const giveUp = 60 * time.Second

// record is what a sink holds of one connection.
type record struct {
	tape.Conn
	out, in []byte
	// turns are the protocols and the octets that had passed.
	turns  []turn
	closed int
}

type turn struct {
	proto   string
	out, in int
}

// memory is a Sink for tests. If fail is set, it is asked about all octets.
type memory struct {
	mu      sync.Mutex
	records []*record
	ended   chan struct{} // gets one for each record that was closed
	fail    func(out bool, b []byte) error
}

func newMemory() *memory { return &memory{ended: make(chan struct{}, 10_000)} }

type reel struct {
	m *memory
	r *record
}

func (m *memory) Open(c tape.Conn) (tape.Tape, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &record{Conn: c}
	m.records = append(m.records, r)
	return reel{m, r}, nil
}

func (r reel) Octets(out bool, _ time.Time, b []byte) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.m.fail != nil {
		if err := r.m.fail(out, b); err != nil {
			return err
		}
	}
	if out {
		r.r.out = append(r.r.out, b...)
	} else {
		r.r.in = append(r.r.in, b...)
	}
	return nil
}

func (r reel) Turn(proto string) {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.r.turns = append(r.r.turns, turn{proto, len(r.r.out), len(r.r.in)})
}

func (r reel) Close(c tape.Conn) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.r.Conn = c
	r.r.closed++
	r.m.ended <- struct{}{}
	return nil
}

// rig carries connections to one server.
type rig struct {
	testing.TB
	*intercept.Interceptor
	ca     *authority.Authority // of the case
	world  *authority.Authority // of servers
	sink   *memory
	addr   string // where apps connect to
	mapped bool
	redial bool
	host   string

	mu   sync.Mutex
	seen int
	ends []error
}

func newAuthority(t testing.TB) *authority.Authority {
	t.Helper()
	a, err := authority.Load(authority.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pool(a *authority.Authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.Certificate())
	return p
}

// start carries what connects to rig.addr to the server, which presents
// certificates of the world.
func start(t testing.TB, world *authority.Authority, server string, change ...func(*rig, *intercept.Config)) *rig {
	t.Helper()
	r := &rig{TB: t, ca: newAuthority(t), world: world, sink: newMemory(), redial: true}
	limits := intercept.Limits{Handshake: giveUp, Detect: giveUp, Linger: giveUp, Asked: giveUp}
	config := intercept.Config{Authority: r.ca, Sink: r.sink, Roots: pool(world), Limits: limits}
	for _, f := range change {
		f(r, &config)
	}
	var err error
	if r.Interceptor, err = intercept.New(config); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	r.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { cancel(); _ = l.Close(); all.Wait() })
	all.Go(func() {
		for {
			app, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.carry(ctx, app, server) })
		}
	})
	return r
}

func (r *rig) carry(ctx context.Context, app net.Conn, server string) {
	dial := func(context.Context) (net.Conn, error) { return net.Dial("tcp", server) }
	conn, err := dial(ctx)
	if err != nil {
		_ = app.Close()
		return
	}
	up := intercept.Upstream{Conn: conn, Mapped: r.mapped, Info: tape.Conn{
		ID: "c1", Host: r.host, Server: server, Dst: netip.MustParseAddrPort(server),
	}}
	if r.redial {
		up.Redial = dial
	}
	if err := r.Carry(ctx, app, up); err != nil {
		r.mu.Lock()
		r.ends = append(r.ends, err)
		r.mu.Unlock()
	}
}

// next waits for another record to end and returns all that have, in the
// order of their beginnings.
func (r *rig) next(n int) []*record {
	r.Helper()
	late := time.NewTimer(giveUp)
	defer late.Stop()
	for ; r.seen < n; r.seen++ {
		select {
		case <-r.sink.ended:
		case <-late.C:
			r.Fatalf("%d of %d connections have ended", r.seen, n)
		}
	}
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	for _, rec := range r.sink.records[:n] {
		if rec.closed != 1 {
			r.Errorf("record closed %d times", rec.closed)
		}
	}
	return r.sink.records[:n]
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// script is a server that runs f on each connection, under TLS if there is a
// configuration.
func script(t testing.TB, config *tls.Config, f func(*end)) string {
	t.Helper()
	l := listen(t)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				conn = tls.Server(conn, config)
			}
			all.Go(func() {
				defer conn.Close()
				f(talk(t, conn))
			})
		}
	})
	return l.Addr().String()
}

// end is one end of a connection that says and hears lines.
type end struct {
	testing.TB
	net.Conn
	in *bufio.Reader
}

func talk(t testing.TB, c net.Conn) *end {
	_ = c.SetDeadline(time.Now().Add(giveUp))
	return &end{TB: t, Conn: c, in: bufio.NewReader(c)}
}

func (e *end) say(text string) {
	e.Helper()
	if _, err := io.WriteString(e.Conn, text); err != nil {
		e.Errorf("say %q: %v", text, err)
	}
}

func (e *end) hear(want string) {
	e.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(e.in, got); err != nil || string(got) != want {
		e.Errorf("heard %q, %v; want %q", got[:n], err, want)
	}
}

// rest reads to the end.
func (e *end) rest() string {
	b, _ := io.ReadAll(e.in)
	return string(b)
}

// secure goes on in TLS.
func (e *end) secure(config *tls.Config, client bool) (*end, error) {
	conn := tls.Server(e.Conn, config)
	if client {
		conn = tls.Client(e.Conn, config)
	}
	return talk(e.TB, conn), conn.Handshake()
}

// dial connects as an app.
func (r *rig) dial() *end {
	r.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = conn.Close() })
	return talk(r.TB, conn)
}

// trusting is how an app that trusts the authority of the case connects.
func (r *rig) trusting(name string, alpn ...string) *tls.Config {
	return &tls.Config{ServerName: name, RootCAs: pool(r.ca), NextProtos: alpn}
}

// serving is a server's configuration, with a certificate of the world.
func serving(t testing.TB, world *authority.Authority, alpn []string, hosts ...string) *tls.Config {
	t.Helper()
	leaf, err := world.For(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{*leaf}, NextProtos: alpn}
}

// echo sends back what it hears.
func echo(e *end) { _, _ = io.Copy(e.Conn, e.in) }

// locked is a buffer for many writers.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// dripping writes octet by octet.
type dripping struct{ net.Conn }

func (d dripping) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func dialer(addr string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}
}

func halfClose(t testing.TB, c net.Conn) {
	t.Helper()
	if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
}
