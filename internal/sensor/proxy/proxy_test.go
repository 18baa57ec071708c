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
	"net/http/httptest"
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
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
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
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.proxy.Stop(ctx); err != nil {
		r.Errorf("stop: %v", err)
	}
	return r.recorder.Flows()
}

// quiet waits until all is recorded and returns the flows, which must be n.
func (r *rig) quiet(n int) []telltale.Flow {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
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
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()
	flows := r.recorder.Wait(ctx, n)
	if len(flows) < n {
		r.Fatalf("%d flows, want %d: %+v", len(flows), n, flows)
	}
	return flows
}

// message returns the bytes of the first message of that leg and direction.
func (r *rig) message(f telltale.Flow, leg telltale.Leg, out bool) string {
	for _, m := range f.Messages {
		if m.Leg == leg && m.Out == out {
			return string(r.recorder.Bytes(m.Bytes))
		}
	}
	return ""
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
	const second = "GET http://a1.tom.test/2 HTTP/1.1\r\nHost: a1.tom.test\r\n\r\n"
	a.say(first + second)
	const seen = "get /up?r=%zz HTTP/1.1\r\nhOsT:a1.tom.test\r\nX-b: 2 \r\nX-A:1\r\nno colon\r\n\r\n"
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nx-ODD: yes\r\nContent-Length: %d\r\n\r\n", len(seen)) + seen
	a.hear(answer)
	a.hear("HTTP/1.1 200 OK")
	flows := r.quiet(2)
	f := flows[0]
	for _, c := range []struct {
		leg  telltale.Leg
		out  bool
		want string
	}{
		{telltale.LegApp, true, first}, {telltale.LegServer, true, seen},
		{telltale.LegServer, false, answer}, {telltale.LegApp, false, answer},
	} {
		if got := r.message(f, c.leg, c.out); got != c.want {
			t.Errorf("leg %s, out %v: %q, want %q", c.leg, c.out, got, c.want)
		}
	}
	if f.Host != "a1.tom.test" || f.Port != 80 || f.Protocol != "http" || f.Visibility != telltale.Clear || f.Error != "" {
		t.Errorf("flow %+v", f)
	}
	if f.BytesOut != int64(len(first)) || f.BytesIn != int64(len(answer)) || f.Conn != flows[1].Conn || f.Conn == "" {
		t.Errorf("sizes or connection of %+v and %+v", f, flows[1])
	}
	if f.Server != flows[1].Server || f.Client != a.LocalAddr().String() {
		t.Errorf("ends of %+v", f)
	}
}

// cases of single exchanges: what the server says to a request, and what is
// recorded of it.
func TestExchanges(t *testing.T) {
	t.Parallel()
	const chunks = "5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
	cases := map[string]struct {
		method, reply string
		closes        bool
		errorHas      string
	}{
		"length":          {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false, ""},
		"chunked":         {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, false, ""},
		"until close":     {"GET", "HTTP/1.0 200 OK\r\n\r\nuntil the end", true, ""},
		"head":            {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false, ""},
		"no content":      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", false, ""},
		"not modified":    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, ""},
		"body cut short":  {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nab", true, "before the end"},
		"chunks cut":      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", true, "before the end"},
		"broken chunks":   {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhe", true, "before the end"},
		"head cut short":  {"GET", "HTTP/1.1 200 OK\r\nConten", true, "not whole"},
		"not HTTP at all": {"GET", "ICY 200 OK\r\n\r\nmusic", true, "not HTTP"},
		"interim answers": {"GET", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", false, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, script(t, func(a *app) {
				for {
					req, err := http.ReadRequest(a.in)
					if err != nil {
						return
					}
					if req.URL.Path == "/after" {
						a.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter")
						continue
					}
					a.say(c.reply)
					if c.closes {
						return
					}
				}
			}))
			a := r.dial()
			a.say(c.method + " http://x.test/ HTTP/1.1\r\nHost: x.test\r\n\r\n")
			a.hear(c.reply)
			if c.closes {
				if rest := a.rest(); rest != "" {
					t.Errorf("then %q", rest)
				}
			} else {
				a.say("GET http://x.test/after HTTP/1.1\r\nHost: x.test\r\n\r\n")
				a.hear("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter")
			}
			f := r.stop()[0]
			if (f.Error == "") != (c.errorHas == "") || !strings.Contains(f.Error, c.errorHas) {
				t.Errorf("error %q, want %q in it", f.Error, c.errorHas)
			}
			if f.BytesIn != int64(len(c.reply)) {
				t.Errorf("%d bytes in, want %d", f.BytesIn, len(c.reply))
			}
		})
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
		if !strings.Contains(f.Error, c.has) || f.Host != c.host || !strings.HasSuffix(r.message(f, telltale.LegApp, true), "secret") {
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

func TestServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	r := start(t, script(t, func(a *app) { _, _ = a.in.ReadByte() }))
	a := r.dial()
	a.say("GET http://x.test/ HTTP/1.1\r\n\r\n")
	a.hear("HTTP/1.1 502 Bad Gateway")
	if f := r.quiet(1)[0]; !strings.Contains(f.Error, "without an answer") {
		t.Errorf("error %q", f.Error)
	}
}

func TestAppThatGoesBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	asked, hold := make(chan struct{}), make(chan struct{})
	defer close(hold)
	r := start(t, script(t, func(a *app) {
		_, _ = a.in.ReadString('\n')
		close(asked)
		<-hold
	}), func(c *proxy.Config) { c.Limits.Linger = time.Millisecond })
	a := r.dial()
	a.say("GET http://x.test/ HTTP/1.1\r\n\r\n")
	<-asked
	_ = a.Close()
	if f := r.quiet(1)[0]; !strings.Contains(f.Error, "the app closed") {
		t.Errorf("error %q", f.Error)
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
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	r := start(t, server.Listener.Addr().String(), func(c *proxy.Config) { c.Limits.Head = 4096 })
	for i, c := range []struct{ say, hear, has string }{
		{"SSH-2.0-odd\r\n", "HTTP/1.1 400 ", "not an HTTP request"},
		{"GET /no-host HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "which server"},
		{"GET http://x.test/" + strings.Repeat("x", 9000) + " HTTP/1.1\r\n\r\n", "HTTP/1.1 431 ", "longer than"},
	} {
		a := r.dial()
		a.say(c.say)
		a.hear(c.hear)
		_ = a.rest()
		if f := r.quiet(i + 1)[i]; !strings.Contains(f.Error, c.has) || f.BytesOut == 0 {
			t.Errorf("flow %+v", f)
		}
	}
}
