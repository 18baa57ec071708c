package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/proxy"
	"example.org/telltale/internal/sensor/sensortest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	sensortest.Run(t, sensortest.Harness{
		New: func(t *testing.T) telltale.Sensor {
			p, err := proxy.New(proxy.Config{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Client: client,
	})
}

// variable returns one variable of an environment.
func variable(t *testing.T, env []string, name string) string {
	t.Helper()
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	t.Fatalf("no %s in %q", name, env)
	return ""
}

func client(t *testing.T, env []string) *http.Client {
	t.Helper()
	via, err := url.Parse(variable(t, env, "TELLTALE_PROXY"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		Proxy:           http.ProxyURL(via),
		TLSClientConfig: &tls.Config{RootCAs: certs(t, variable(t, env, "TELLTALE_CA"))},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

func certs(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		t.Fatalf("%s holds no certificate", path)
	}
	return pool
}

// rig is a running proxy whose names all lead to one server.
type rig struct {
	*testing.T
	proxy    *proxy.Proxy
	recorder *sensortest.Recorder
	env      []string
	addr     string
}

// start runs a proxy that resolves every name to addr.
func start(t *testing.T, addr string, change ...func(*proxy.Config)) *rig {
	t.Helper()
	config := proxy.Config{
		Dir: t.TempDir(),
		Resolve: func(_ context.Context, host string, _ int) (string, error) {
			if host == "nowhere.test" {
				return "", &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return addr, nil
		},
	}
	for _, f := range change {
		f(&config)
	}
	p, err := proxy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, proxy: p, recorder: &sensortest.Recorder{}}
	if r.env, err = p.Start(t.Context(), r.recorder); err != nil {
		t.Fatal(err)
	}
	r.addr = strings.TrimPrefix(variable(t, r.env, "TELLTALE_PROXY"), "http://")
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *rig) stop() []telltale.Flow {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.proxy.Stop(ctx); err != nil {
		r.Errorf("stop: %v", err)
	}
	return r.recorder.Flows()
}

// quiet waits until all is recorded and returns the flows, which must be n.
func (r *rig) quiet(n int) []telltale.Flow {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	r.proxy.Quiet(ctx)
	flows := r.recorder.Flows()
	if len(flows) != n {
		r.Fatalf("%d flows, want %d: %+v", len(flows), n, flows)
	}
	return flows
}

// wait waits until n flows are recorded: tunnels end in their own time.
func (r *rig) wait(n int) []telltale.Flow {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), time.Minute)
	defer cancel()
	flows := r.recorder.Wait(ctx, n)
	if len(flows) < n {
		r.Fatalf("%d flows, want %d: %+v", len(flows), n, flows)
	}
	return flows
}

// all returns what passed in a direction.
func (r *rig) all(f telltale.Flow, out bool) string {
	var text strings.Builder
	for _, m := range f.Messages {
		if m.Out == out {
			text.Write(r.recorder.Bytes(m.Bytes))
		}
	}
	return text.String()
}

// dial connects to the proxy as an app that speaks for itself.
func (r *rig) dial() *app {
	r.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = conn.Close() })
	return &app{T: r.T, Conn: conn, in: bufio.NewReader(conn)}
}

// app is a client that says exactly what it is told to.
type app struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

func (a *app) say(text string) {
	a.Helper()
	if _, err := io.WriteString(a.Conn, text); err != nil {
		a.Fatal(err)
	}
}

// hear reads exactly that text.
func (a *app) hear(want string) {
	a.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(a.in, got); err != nil || string(got) != want {
		a.Fatalf("heard %q, %v; want %q", got[:n], err, want)
	}
}

// rest reads up to the end of the connection.
func (a *app) rest() string {
	b, _ := io.ReadAll(a.in)
	return string(b)
}

func (a *app) tunnel(to string) {
	a.Helper()
	a.say("CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n\r\n")
	a.hear("HTTP/1.1 200 Connection established\r\n\r\n")
}

// script is a server that runs f on each connection.
func script(t *testing.T, f func(a *app)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				f(&app{T: t, Conn: conn, in: bufio.NewReader(conn)})
			}()
		}
	}()
	return l.Addr().String()
}

// mirror answers each request with the request's own bytes as body.
func mirror(t *testing.T) string {
	return script(t, func(a *app) {
		for {
			var raw bytes.Buffer
			for {
				line, err := a.in.ReadString('\n')
				if err != nil {
					return
				}
				raw.WriteString(line)
				if strings.TrimSpace(line) == "" {
					break
				}
			}
			fmt.Fprintf(a.Conn, "HTTP/1.1 200 OK\r\nx-ODD: yes\r\nContent-Length: %d\r\n\r\n%s", raw.Len(), raw.String())
		}
	})
}

func TestBytesPassAsTheyAre(t *testing.T) {
	t.Parallel()
	r := start(t, mirror(t))
	a := r.dial()
	const first = "get HTTP://A1.tom.test/up?r=%zz HTTP/1.1\r\nhOsT:a1.tom.test\r\nProxy-Connection: keep-alive\r\nX-b: 2 \r\nX-A:1\r\nno colon\r\n\r\n"
	a.say(first)
	const seen = "get /up?r=%zz HTTP/1.1\r\nhOsT:a1.tom.test\r\nX-b: 2 \r\nX-A:1\r\nno colon\r\nConnection: close\r\n\r\n"
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nx-ODD: yes\r\nContent-Length: %d\r\n\r\n", len(seen)) + seen
	a.hear(answer)
	if rest := a.rest(); rest != "" {
		t.Errorf("then %q", rest)
	}
	f := r.quiet(1)[0]
	if r.all(f, true) != first || r.all(f, false) != answer {
		t.Errorf("kept is %q and %q", r.all(f, true), r.all(f, false))
	}
	if f.Host != "a1.tom.test" || f.Port != 80 || f.Protocol != "http" || f.Visibility != telltale.Clear || f.Error != "" {
		t.Errorf("flow %+v", f)
	}
	if f.BytesOut != int64(len(first)) || f.BytesIn != int64(len(answer)) || f.Conn == "" || f.Client != a.LocalAddr().String() || f.Server == "" {
		t.Errorf("sizes or ends of %+v", f)
	}
}

func TestFailedServersAreFlows(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	_ = l.Close()
	const post = "POST http://%s/up HTTP/1.1\r\nHost: %[1]s\r\nContent-Length: 6\r\n\r\nsecret"
	for _, c := range []struct{ host, has string }{{"x.test", "refused"}, {"nowhere.test", "no such name"}} {
		r := start(t, dead)
		a := r.dial()
		a.say(fmt.Sprintf(post, c.host))
		a.hear("HTTP/1.1 502 Bad Gateway")
		if body := a.rest(); !strings.Contains(body, c.has) {
			t.Errorf("the app is told %q", body)
		}
		f := r.quiet(1)[0]
		if !strings.Contains(f.Error, c.has) || f.Host != c.host || !strings.HasSuffix(r.all(f, true), "secret") {
			t.Errorf("flow %+v", f)
		}
		b := r.dial()
		b.say("CONNECT " + c.host + ":443 HTTP/1.1\r\n\r\n")
		b.hear("HTTP/1.1 502 Bad Gateway")
		if f := r.quiet(2)[1]; f.Protocol != "tcp" || f.Port != 443 || !strings.Contains(f.Error, c.has) {
			t.Errorf("flow %+v", f)
		}
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":8080", "192.0.2.1:80", "localhost", "example.test:1"} {
		if _, err := proxy.New(proxy.Config{Dir: t.TempDir(), Listen: addr}); err == nil {
			t.Errorf("listens on %q", addr)
		}
	}
}

func TestStraysAreAnsweredAndRecorded(t *testing.T) {
	t.Parallel()
	r := start(t, mirror(t))
	for i, c := range []struct{ say, has string }{
		{"SSH-2.0-odd\r\n", "neither"},
		{"POST /no-host HTTP/1.1\r\nContent-Length: 6\r\n\r\nsecret", "which server"},
	} {
		a := r.dial()
		a.say(c.say)
		a.hear("HTTP/1.1 400 ")
		_ = a.Close()
		if f := r.quiet(i + 1)[i]; !strings.Contains(f.Error, c.has) || r.all(f, true) != c.say {
			t.Errorf("flow %+v", f)
		}
	}
}

// TestUnneededConnections: connections that bring nothing do not keep anybody
// waiting, even if they stay open.
func TestUnneededConnections(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust)
	silent := r.dial()
	tunnel := r.dial()
	tunnel.tunnel("example.com:443")
	opened := r.dial()
	opened.tunnel("example.com:443")
	conn := tls.Client(opened.Conn, &tls.Config{ServerName: "example.com", RootCAs: certs(t, variable(t, r.env, "TELLTALE_CA"))})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.quiet(0)
	_ = silent.Close()
	if flows := r.stop(); len(flows) != 2 {
		t.Errorf("flows %+v: want those of the two tunnels", flows)
	}
}

// TestTunnelsThatAreBeingOpenedAreWaitedFor: from the first word of an app to
// what it has to say there is no moment that looks like the end.
func TestTunnelsThatAreBeingOpenedAreWaitedFor(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	dialled, dial := make(chan struct{}), make(chan struct{})
	r := start(t, "", trust, func(c *proxy.Config) {
		c.Resolve = func(context.Context, string, int) (string, error) {
			close(dialled)
			<-dial
			return server.Listener.Addr().String(), nil
		}
	})
	c, answered := client(t, r.env), make(chan struct{})
	go func() {
		defer close(answered)
		resp, err := c.Post("https://example.com/up", "text/plain", strings.NewReader("the message"))
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	}()
	<-dialled
	quiet := make(chan []telltale.Flow, 1)
	go func() {
		r.proxy.Quiet(t.Context())
		quiet <- r.recorder.Flows()
	}()
	close(dial)
	if flows := <-quiet; len(flows) != 1 || r.all(flows[0], true) == "" {
		t.Errorf("flows %+v: want the one that was on its way", flows)
	}
	<-answered
}
