package front_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/front"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// giveUp is when a test that waits for something gives up.
const giveUp = 60 * time.Second

// record is what a sink holds of one connection.
type record struct {
	tape.Conn
	out, in []byte
}

type memory struct {
	mu      sync.Mutex
	records []*record
	ended   chan *record
	fail    error
}

type reel struct {
	m *memory
	r *record
}

func (m *memory) Open(c tape.Conn) (tape.Tape, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	r := &record{Conn: c}
	m.records = append(m.records, r)
	return reel{m, r}, nil
}

func (r reel) Octets(out bool, _ time.Time, b []byte) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if out {
		r.r.out = append(r.r.out, b...)
	} else {
		r.r.in = append(r.r.in, b...)
	}
	return nil
}

func (r reel) Close(c tape.Conn) error {
	r.m.mu.Lock()
	r.r.Conn = c
	r.m.mu.Unlock()
	r.m.ended <- r.r
	return nil
}

// rig is a proxy whose names all lead to one server.
type rig struct {
	*testing.T
	sink *memory
	ca   *authority.Authority
	addr string
	end  context.CancelFunc
	done chan error
}

func start(t *testing.T, server string, change ...func(*front.Config)) *rig {
	t.Helper()
	ca, err := authority.Load(authority.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, ca: ca, sink: &memory{ended: make(chan *record, 1000)}, done: make(chan error, 1)}
	i, err := intercept.New(intercept.Config{
		Authority: ca, Sink: r.sink, Limits: intercept.Limits{Handshake: giveUp, Detect: giveUp, Linger: giveUp, Asked: giveUp},
	})
	if err != nil {
		t.Fatal(err)
	}
	config := front.Config{
		Carry: i.Carry, Sink: r.sink, Certificate: ca.PEM(),
		Dial: func(ctx context.Context, host string, _ int) (net.Conn, bool, error) {
			if host == "nowhere.test" {
				return nil, false, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", server)
			return conn, true, err
		},
	}
	for _, f := range change {
		f(&config)
	}
	f, err := front.Listen(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	r.addr = f.Addr().String()
	ctx, end := context.WithCancel(context.Background())
	r.end = end
	go func() { r.done <- f.Serve(ctx); close(r.done) }()
	t.Cleanup(func() { end(); <-r.done })
	return r
}

// next waits for the next record to end.
func (r *rig) next() record {
	r.Helper()
	late := time.NewTimer(giveUp)
	defer late.Stop()
	select {
	case rec := <-r.sink.ended:
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		return *rec
	case <-late.C:
		r.Fatal("no connection has ended")
	}
	return record{}
}

// client uses the proxy at a URL like "socks5://user:password@".
func (r *rig) client(scheme string) *http.Client {
	r.Helper()
	via, err := url.Parse(scheme + r.addr)
	if err != nil {
		r.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(r.ca.Certificate())
	transport := &http.Transport{Proxy: http.ProxyURL(via), TLSClientConfig: &tls.Config{RootCAs: roots}}
	r.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: giveUp}
}

// mirror answers with the request line, the names of fields and the body.
func mirror(secure bool) *httptest.Server {
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		fmt.Fprintf(w, "%s %s %s|%s", req.Method, req.RequestURI, req.Host, b)
		for _, name := range []string{"Proxy-Connection", "Proxy-Authorization"} {
			if req.Header.Get(name) != "" {
				fmt.Fprint(w, "|", name)
			}
		}
	})
	if secure {
		return httptest.NewTLSServer(handler)
	}
	return httptest.NewServer(handler)
}

func post(t *testing.T, c *http.Client, to string) (int, string) {
	t.Helper()
	resp, err := c.Post(to, "text/plain", strings.NewReader("the message"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(b)
}

func TestAllWaysThrough(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		server := mirror(secure)
		defer server.Close()
		for _, scheme := range []string{"http://", "socks5://", "socks5h://", "http://me:word@", "socks5://me:word@"} {
			r := start(t, server.Listener.Addr().String(), func(c *front.Config) {
				if strings.Contains(scheme, "me:") {
					c.User, c.Password = "me", "word"
				}
			})
			c := r.client(scheme)
			where, vis, proto := "http://a.test/up?x=1", telltale.Clear, "http/1.1"
			if secure {
				where, vis = "https://a.test/up?x=1", telltale.Intercepted
			}
			if code, text := post(t, c, where); code != 200 || text != "POST /up?x=1 a.test|the message" {
				t.Errorf("%s: %d %q", scheme, code, text)
			}
			c.CloseIdleConnections()
			got := r.next()
			begin := "POST /up?x=1 HTTP/1.1\r\n"
			if !secure && strings.HasPrefix(scheme, "http") {
				begin = "POST http://a.test/up?x=1 HTTP/1.1\r\n" // as the app wrote it
			}
			if got.Host != "a.test" || got.Visibility != vis || got.Proto != proto || got.Error != "" ||
				!strings.HasPrefix(string(got.out), begin) || !strings.HasSuffix(string(got.out), "the message") ||
				!strings.HasSuffix(string(got.in), "|the message") || got.Src.Port() == 0 || got.Dst.Port() != map[bool]uint16{false: 80, true: 443}[secure] || got.Server == "" || got.ID == "" {
				t.Errorf("%s, secure %v: %+v\nout %q\nin %q", scheme, secure, got.Conn, got.out, got.in)
			}
		}
	}
}

func TestRequestsForDifferentServers(t *testing.T) {
	t.Parallel()
	server := mirror(false)
	defer server.Close()
	r := start(t, server.Listener.Addr().String())
	c := r.client("http://")
	for _, host := range []string{"a.test", "b.test", "a.test"} {
		if code, text := post(t, c, "http://"+host+"/"); code != 200 || text != "POST / "+host+"|the message" {
			t.Errorf("%s: %d %q", host, code, text)
		}
		if got := r.next(); got.Host != host || got.Error != "" {
			t.Errorf("%+v", got.Conn)
		}
	}
}

func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	server := mirror(false)
	defer server.Close()
	r := start(t, server.Listener.Addr().String(), func(c *front.Config) { c.User, c.Password = "me", "word" })
	for _, scheme := range []string{"http://", "http://me:other@", "http://you:word@"} {
		if code, _ := post(t, r.client(scheme), "http://a.test/"); code != http.StatusProxyAuthRequired {
			t.Errorf("%s: %d", scheme, code)
		}
	}
	for _, scheme := range []string{"socks5://", "socks5://me:other@"} {
		if resp, err := r.client(scheme).Get("http://a.test/"); err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: %s", scheme, resp.Status)
		}
	}
	if len(r.sink.ended) != 0 {
		t.Error("something was carried")
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	_ = l.Close()
	r := start(t, dead)
	for host, has := range map[string]string{"x.test": "refused", "nowhere.test": "no such name"} {
		if code, text := post(t, r.client("http://"), "http://"+host+"/"); code != http.StatusBadGateway || !strings.Contains(text, has) {
			t.Errorf("%s: %d %q", host, code, text)
		}
		if got := r.next(); got.Host != host || !strings.Contains(got.Error, has) || !strings.HasPrefix(string(got.out), "POST http://") {
			t.Errorf("%+v, out %q", got.Conn, got.out)
		}
		for _, scheme := range []string{"http://", "socks5://"} {
			if resp, err := r.client(scheme).Get("https://" + host + "/"); err == nil {
				_ = resp.Body.Close()
				t.Errorf("%s%s: %s", scheme, host, resp.Status)
			}
			if got := r.next(); got.Host != host || !strings.Contains(got.Error, has) || got.Dst.Port() != 443 || len(got.out) > 0 {
				t.Errorf("%+v", got.Conn)
			}
		}
	}
}

// say writes to the proxy as it is told and returns all that comes back.
func (r *rig) say(text string) string {
	r.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(giveUp))
	if _, err := io.WriteString(conn, text); err != nil {
		r.Error(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		r.Error(err)
	}
	b, _ := io.ReadAll(conn)
	return string(b)
}

func TestWhatIsNoUse(t *testing.T) {
	t.Parallel()
	server := mirror(false)
	defer server.Close()
	r := start(t, server.Listener.Addr().String())
	const greeting = "\x05\x01\x00"
	for say, hear := range map[string]string{
		"GET / HTTP/1.1\r\nHost: me\r\n\r\n":                      "HTTP/1.1 400 ",
		"GET ftp://x.test/ HTTP/1.1\r\n\r\n":                      "HTTP/1.1 400 ",
		"SSH-2.0-x\r\n":                                           "HTTP/1.1 400 ",
		"CONNECT :443 HTTP/1.1\r\n\r\n":                           "HTTP/1.1 400 ",
		"GET http://x/" + strings.Repeat("x", 300<<10) + "\r\n":   "HTTP/1.1 431 ",
		"\x05\x01\x02":                                            "\x05\xff",
		greeting + "\x05\x03\x00\x01\x7f\x00\x00\x01\x00\x50":     "\x05\x00\x05\x07", // UDP
		greeting + "\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50":     "\x05\x00\x05\x07",
		greeting + "\x05\x01\x00\x09":                             "\x05\x00\x05\x08",
		greeting + "\x05\x01\x00\x03\x00\x00\x50":                 "\x05\x00\x05\x01",
		greeting + "\x04":                                         "\x05\x00",
		"":                                                        "",
		"GET /ca.pem HTTP/1.1\r\n\r\n":                            "HTTP/1.1 200 ",
		greeting + "\x05\x01\x00\x03\x0cnowhere.test\x00\x50":     "\x05\x00\x05\x04",
		greeting + "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50GET ": "\x05\x00\x05\x00",
	} {
		if got := r.say(say); !strings.HasPrefix(got, hear) || hear == "" && got != "" {
			t.Errorf("%.60q gets %.60q", say, got)
		}
	}
	if got := r.say("GET /ca.pem HTTP/1.1\r\n\r\n"); !strings.HasSuffix(got, string(r.ca.PEM())) {
		t.Errorf("the certificate is %q", got)
	}
}

// TestStraysAreKept: what an app says to the proxy that is for no server is
// something that it sent. What strangers try is not.
func TestStraysAreKept(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for say, has := range map[string]string{
		"SSH-2.0-x\r\n": "neither",
		"POST /no-host HTTP/1.1\r\nContent-Length: 11\r\n\r\nthe message":             "which server",
		"CONNECT :443 HTTP/1.1\r\n\r\n":                                               "which server",
		"GET https://x.test/ HTTP/1.1\r\n\r\n":                                        "need CONNECT",
		"GET http://x/" + strings.Repeat("x", 300<<10) + "\r\n":                       "too long",
		"POST http://x.test/ HTTP/1.1\r\nHost: x.te":                                  "not whole",
		"POST http://nowhere.test/ HTTP/1.1\r\nContent-Length: 11\r\n\r\nthe message": "no such name",
	} {
		r.say(say)
		if got := r.next(); !strings.Contains(got.Error, has) || !strings.HasPrefix(say, string(got.out)) || len(got.out) < min(len(say), maxHead) {
			t.Errorf("of %.60q is kept %.200q: %q", say, got.out, got.Error)
		}
	}
	guarded := start(t, "", func(c *front.Config) { c.User, c.Password = "me", "word" })
	for _, say := range []string{"SSH-2.0-x\r\n", "GET /no-host HTTP/1.1\r\n\r\n", "GET http://x.test/ HTTP/1.1\r\n\r\n"} {
		guarded.say(say)
	}
	guarded.end()
	<-guarded.done
	if n := len(guarded.sink.ended); n != 0 {
		t.Errorf("%d records of what strangers tried", n)
	}
}

// maxHead is how long the head of a request to the proxy may be.
const maxHead = 256 << 10

func TestLiteralAddresses(t *testing.T) {
	t.Parallel()
	server := mirror(false)
	defer server.Close()
	asked := make(chan string, 2)
	r := start(t, "", func(c *front.Config) {
		c.Dial = func(_ context.Context, host string, port int) (net.Conn, bool, error) {
			asked <- fmt.Sprint(host, " ", port)
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			return conn, false, err
		}
	})
	for say, want := range map[string]string{
		"\x05\x01\x00\x05\x01\x00\x01\xc0\x00\x02\x07\x00\x50":                                                 "192.0.2.7 80",
		"\x05\x01\x00\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x51": "2001:db8::1 81",
	} {
		r.say(say + "GET / HTTP/1.0\r\n\r\n")
		if got := <-asked; got != want {
			t.Errorf("dialled %q, want %q", got, want)
		}
		if got := r.next(); strings.ReplaceAll(want, " ", "") != got.Dst.Addr().String()+fmt.Sprint(got.Dst.Port()) || got.Host != "" || string(got.out) != "GET / HTTP/1.0\r\n\r\n" {
			t.Errorf("%+v, out %q", got.Conn, got.out)
		}
	}
}

// TestPipelined: a second request on the same connection may be for another
// server; it is not passed to the first.
func TestPipelined(t *testing.T) {
	t.Parallel()
	server := mirror(false)
	defer server.Close()
	r := start(t, server.Listener.Addr().String())
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(giveUp))
	if _, err := io.WriteString(conn, "GET http://a.test/1 HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive\r\nProxy-Connection: x\r\n\r\nGET http://b.test/2 HTTP/1.1\r\nHost: b.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	if !resp.Close || string(b) != "GET /1 a.test|" {
		t.Errorf("closes %v, %q", resp.Close, b)
	}
	_ = conn.Close()
	if got := r.next(); strings.Contains(string(got.in), "b.test") || !strings.Contains(string(got.out), "b.test") {
		t.Errorf("%+v, in %q", got.Conn, got.in)
	}
}

// TestServersThatKeepTheConnection: whatever the server says and does not say
// about its connection, the app's ends with the answer.
func TestServersThatKeepTheConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ method, says string }{
		"length":        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"},
		"nothing":       {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		"chunks":        {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n"},
		"head":          {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"},
		"no content":    {"GET", "HTTP/1.1 204 No Content\r\n\r\n"},
		"interim":       {"GET", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"},
		"up to the end": {"GET", "HTTP/1.1 200 OK\r\n\r\nup to the end"},
		"more than one": {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc"},
		"no HTTP":       {"GET", "ICY 200 OK\r\n\r\nmusic"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, says(t, c.says, name == "up to the end" || name == "more than one" || name == "no HTTP"))
			conn, err := net.Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(giveUp))
			fmt.Fprintf(conn, "%s http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", c.method)
			if b, err := io.ReadAll(conn); string(b) != c.says || err != nil {
				t.Errorf("the app gets %q, %v", b, err)
			}
			_ = conn.Close()
			if got := r.next(); string(got.in) != c.says || got.Error != "" {
				t.Errorf("kept is %q, %q", got.in, got.Error)
			}
		})
	}
}

// says is a server that says the same to everybody, octet for octet, and then
// closes the connection or waits for the app to do so.
func says(t *testing.T, text string, closes bool) (addr string) {
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
				in := bufio.NewReader(conn)
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				for i := range text {
					_, _ = conn.Write([]byte{text[i]})
				}
				if !closes {
					_, _ = in.ReadByte()
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestUpgradeKeepsItsConnection(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
		b, _ := io.ReadAll(in)
		got <- req.RequestURI + " " + req.Header.Get("Connection") + " " + string(b)
	}()
	r := start(t, l.Addr().String())
	r.say("GET ws://a.test/chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes, for example")
	if text := <-got; text != "/chat Upgrade frames, for example" {
		t.Errorf("the server gets %q", text)
	}
	if got := r.next(); got.Proto != "ws" {
		t.Errorf("%+v", got.Conn)
	}
}

func TestEndsWhenNothingCanBeKept(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	server := mirror(false)
	defer server.Close()
	r := start(t, server.Listener.Addr().String())
	r.sink.fail = full
	if resp, err := r.client("http://").Get("http://nowhere.test/"); err == nil {
		_ = resp.Body.Close()
	}
	if err := <-r.done; !errors.Is(err, full) {
		t.Errorf("the proxy ends with %v", err)
	}
}

func TestItself(t *testing.T) {
	t.Parallel()
	var r *rig
	var mu sync.Mutex
	r = start(t, "", func(c *front.Config) {
		c.Dial = func(context.Context, string, int) (net.Conn, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			conn, err := net.Dial("tcp", r.addr)
			return conn, false, err
		}
	})
	if code, text := post(t, r.client("http://"), "http://a.test/"); code != http.StatusBadGateway || !strings.Contains(text, "itself") {
		t.Errorf("%d %q", code, text)
	}
}
