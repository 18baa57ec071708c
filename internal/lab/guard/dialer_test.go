package guard_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/lab/guard"
)

// proxy is a small HTTP proxy that notes what it is asked for.
type proxy struct {
	addr  string
	names guard.Names
	mu    sync.Mutex
	asked []string
}

func newProxy(t *testing.T, names guard.Names) *proxy {
	t.Helper()
	p := &proxy{names: names}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.addr = srv.Listener.Addr().String()
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.Method+" "+r.RequestURI)
	p.mu.Unlock()
	addr, err := p.names.Resolve(r.URL.Hostname())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if r.Method != http.MethodConnect {
		r.RequestURI, r.URL.Host = "", addr
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
		return
	}
	up, err := net.Dial("tcp", addr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer up.Close()
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")
	go func() { io.Copy(up, buf); up.Close() }()
	io.Copy(conn, up)
}

func (p *proxy) requests() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, ", ")
}

// echo answers each line with itself and greets first.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := guard.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				io.WriteString(conn, "hello\n")
				io.Copy(conn, conn)
			}()
		}
	}()
	return ln.Addr().String()
}

func TestDialNameDirectAndThroughProxy(t *testing.T) {
	t.Parallel()
	names := guard.Names{"bob.peer.test": echo(t)}
	p := newProxy(t, names)
	for _, d := range []guard.Dialer{{Names: names}, {Proxy: p.addr}} {
		conn, err := d.DialName(context.Background(), "bob.peer.test", 4711)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, "there\n")
		r := bufio.NewReader(conn)
		one, _ := r.ReadString('\n')
		two, _ := r.ReadString('\n')
		if one+two != "hello\nthere\n" {
			t.Errorf("proxy %q: read %q", d.Proxy, one+two)
		}
	}
	if got := p.requests(); got != "CONNECT bob.peer.test:4711" {
		t.Errorf("the proxy was asked for %q", got)
	}
}

func TestDialNameRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newProxy(t, guard.Names{})
	for _, d := range []guard.Dialer{{Names: guard.Names{}}, {Proxy: p.addr}} {
		if _, err := d.DialName(ctx, "www.example.org", 80); !errors.Is(err, guard.ErrNotTest) {
			t.Errorf("name outside .test: %v", err)
		}
		if _, err := d.DialName(ctx, "a.test", 0); err == nil {
			t.Error("port 0: want an error")
		}
		if _, err := d.DialName(ctx, "nobody.test", 80); err == nil {
			t.Error("unknown name: want an error")
		}
	}
	d := guard.Dialer{Proxy: "192.0.2.1:8080"}
	if _, err := d.DialName(ctx, "a.test", 80); !errors.Is(err, guard.ErrNotLoopback) {
		t.Errorf("proxy elsewhere: %v", err)
	}
	if _, err := d.HTTPClient().Get("http://a.test/"); !errors.Is(err, guard.ErrNotLoopback) {
		t.Errorf("HTTP proxy elsewhere: %v", err)
	}
}

func TestTunnelSurvivesBadProxies(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"endless": strings.Repeat("x", 9<<10), "closed": "HTTP/1.1 200", "not http": "SSH-2.0-x\r\n\r\n",
		"refused": "HTTP/1.1 403 Forbidden\r\n\r\n", "odd": "HTTP/1.1 2\r\n\r\n",
	} {
		ln, err := guard.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		go func() {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, head)
			conn.Close()
		}()
		d := guard.Dialer{Proxy: ln.Addr().String()}
		if _, err := d.DialName(context.Background(), "a.test", 80); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestTunnelEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ln, err := guard.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		cancel() // the proxy never answers
		io.Copy(io.Discard, conn)
	}()
	d := guard.Dialer{Proxy: ln.Addr().String()}
	if _, err := d.DialName(ctx, "a.test", 80); err == nil {
		t.Error("want an error")
	}
}

func web(t *testing.T, host string) (addr, caFile string) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://www.example.org/", http.StatusFound)
			return
		}
		io.WriteString(w, r.Host+" "+r.Header.Get("Accept-Encoding"))
	}))
	if host == "" {
		srv.Start()
	} else {
		var cert tls.Certificate
		cert, caFile = certificate(t, host)
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		srv.StartTLS()
	}
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), caFile
}

// certificate makes one for host that signs itself, and a file that trusts it.
func certificate(t *testing.T, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

func TestHTTPClientByNamesAndByProxy(t *testing.T) {
	t.Parallel()
	addr, _ := web(t, "")
	names := guard.Names{"www.tom.test": addr}
	p := newProxy(t, names)
	for _, d := range []guard.Dialer{{Names: names}, {Proxy: p.addr}} {
		resp, err := d.HTTPClient().Get("http://www.tom.test/x?y=1")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if d.Proxy == "" && string(b) != "www.tom.test " {
			t.Errorf("the server saw %q", b)
		}
		if _, err := d.HTTPClient().Get("http://www.example.org/"); !errors.Is(err, guard.ErrNotTest) {
			t.Errorf("outside: %v", err)
		}
	}
	if got := p.requests(); got != "GET http://www.tom.test/x?y=1" {
		t.Errorf("the proxy was asked for %q", got)
	}
	if _, err := (guard.Dialer{Names: names}).HTTPClient().Get("http://www.tom.test/away"); !errors.Is(err, guard.ErrNotTest) {
		t.Errorf("redirect outside: %v", err)
	}
}

func TestHTTPSTrustsTheCAFileAlone(t *testing.T) {
	t.Parallel()
	addr, ca := web(t, "x.example.test")
	names := guard.Names{"x.example.test": addr}
	p := newProxy(t, names)
	for _, proxied := range []string{"", p.addr} {
		d := guard.Dialer{Names: names, Proxy: proxied}
		var unknown *tls.CertificateVerificationError
		if _, err := d.HTTPClient().Get("https://x.example.test/"); !errors.As(err, &unknown) {
			t.Errorf("no CA file: %v", err)
		}
		d.CAFile = ca
		resp, err := d.HTTPClient().Get("https://x.example.test/")
		if err != nil {
			t.Fatalf("CA file, proxy %q: %v", proxied, err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(b) != "x.example.test " || resp.ProtoMajor != 1 {
			t.Errorf("read %q over %s", b, resp.Proto)
		}
	}
	if got := p.requests(); !strings.HasPrefix(got, "CONNECT x.example.test:443") || strings.Contains(got, "GET") {
		t.Errorf("the proxy was asked for %q", got)
	}
	d := guard.Dialer{Names: names, CAFile: filepath.Join(t.TempDir(), "none.pem")}
	if _, err := d.HTTPClient().Get("https://x.example.test/"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing CA file: %v", err)
	}
}
