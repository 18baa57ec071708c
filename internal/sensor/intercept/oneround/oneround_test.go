package oneround_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept/oneround"
)

// giveUp is when a test that waits for something gives up.
const giveUp = 60 * time.Second

// early puts records that nobody can read after the hello, as early data is
// to a server that does not know the ticket.
type early struct {
	net.Conn
	records int
	once    sync.Once
}

func (e *early) Write(b []byte) (int, error) {
	n, err := e.Conn.Write(b)
	e.once.Do(func() {
		for range e.records {
			junk := make([]byte, 1000)
			_, _ = rand.Read(junk)
			_, _ = e.Conn.Write(append([]byte{23, 3, 3, 1000 >> 8, 1000 & 0xff}, junk...))
		}
	})
	return n, err
}

// log is a key log for several writers.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func certificate(t testing.TB) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	a, err := authority.Load(authority.Config{})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.For("early.test")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	return leaf, pool
}

// pair returns the two ends of a connection over loopback.
func pair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []net.Conn{client, server} {
		_ = c.SetDeadline(time.Now().Add(giveUp))
		t.Cleanup(func() { _ = c.Close() })
	}
	return client, server
}

type served struct {
	*oneround.Conn
	err error
}

func TestEarlyDataIsTurnedDown(t *testing.T) {
	t.Parallel()
	leaf, pool := certificate(t)
	for _, curve := range []tls.CurveID{tls.X25519, tls.CurveP256} {
		for _, records := range []int{0, 1, 30} {
			client, server := pair(t)
			var secrets, own log
			done := make(chan served, 1)
			go func() {
				c, err := oneround.Serve(server, oneround.Config{Certificate: leaf, Protocol: "b/2", KeyLog: &secrets})
				done <- served{c, err}
			}()
			conn := tls.Client(&early{Conn: client, records: records}, &tls.Config{
				ServerName: "early.test", RootCAs: pool, NextProtos: []string{"a", "b/2"}, KeyLogWriter: &own, CurvePreferences: []tls.CurveID{curve},
			})
			if err := conn.Handshake(); err != nil {
				t.Fatalf("%d records: %v", records, err)
			}
			s := <-done
			if s.err != nil {
				t.Fatal(s.err)
			}
			if state := conn.ConnectionState(); state.NegotiatedProtocol != "b/2" || state.Version != tls.VersionTLS13 {
				t.Errorf("%+v", state)
			}
			for _, line := range strings.Split(strings.TrimSpace(own.String()), "\n") {
				if !strings.Contains(secrets.String(), line+"\n") {
					t.Errorf("%q is not logged", line)
				}
			}
			both(t, conn, s.Conn)
		}
	}
}

// both sends much both ways and ends both directions.
func both(t *testing.T, client *tls.Conn, server *oneround.Conn) {
	t.Helper()
	much := make([]byte, 300_000)
	_, _ = rand.Read(much)
	var all sync.WaitGroup
	for _, way := range []struct {
		to, from net.Conn
		end      func() error
	}{{client, server, client.CloseWrite}, {server, client, server.CloseWrite}} {
		all.Go(func() {
			if _, err := way.to.Write(much); err != nil {
				t.Error(err)
			}
			if err := way.end(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if got, err := io.ReadAll(way.from); err != nil || !bytes.Equal(got, much) {
				t.Errorf("%d octets came, %v", len(got), err)
			}
		})
	}
	all.Wait()
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	leaf, _ := certificate(t)
	client, server := pair(t)
	go func() {
		_ = tls.Client(client, &tls.Config{ServerName: "early.test", RootCAs: x509.NewCertPool()}).Handshake()
	}()
	_, err := oneround.Serve(server, oneround.Config{Certificate: leaf})
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || !strings.Contains(err.Error(), "bad certificate") {
		t.Errorf("a refusal is %v", err)
	}
}

func TestWhatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	leaf, _ := certificate(t)
	for _, config := range []*tls.Config{
		{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true},
		{CurvePreferences: []tls.CurveID{tls.CurveP521}, InsecureSkipVerify: true},
	} {
		client, server := pair(t)
		go func() { _ = tls.Client(client, config).Handshake() }()
		if _, err := oneround.Serve(server, oneround.Config{Certificate: leaf}); err == nil || !strings.Contains(err.Error(), "nothing that can be answered") {
			t.Errorf("%v", err)
		}
	}
}

// hello is what Go's client sends first.
func hello(t testing.TB) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	go func() { _ = tls.Client(client, &tls.Config{ServerName: "early.test"}).Handshake() }()
	b := make([]byte, 8192)
	n, err := server.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestCan(t *testing.T) {
	t.Parallel()
	b := hello(t)
	if !oneround.Can(b) {
		t.Error("Go's hello cannot be answered")
	}
	for cut := range b {
		if oneround.Can(b[:cut]) {
			t.Fatalf("%d of %d octets are enough", cut, len(b))
		}
	}
}

// end is a connection that has said all it ever will, and takes anything.
type end struct {
	net.Conn
	io.Reader
}

func (e end) Read(b []byte) (int, error)  { return e.Reader.Read(b) }
func (e end) Write(b []byte) (int, error) { return len(b), nil }

// FuzzServe: an app cannot bring the handshake down, nor end it without the
// keys.
func FuzzServe(f *testing.F) {
	leaf, _ := certificate(f)
	b := hello(f)
	f.Add(b)
	f.Add(append(b, 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 0, 0, 21, 3, 3, 0, 2, 2, 42))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := oneround.Serve(end{Reader: bytes.NewReader(b)}, oneround.Config{Certificate: leaf}); err == nil {
			t.Fatal("a handshake without keys")
		}
	})
}
