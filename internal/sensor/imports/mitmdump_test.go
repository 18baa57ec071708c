package imports_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/imports"
)

// mitmdump is the real program, recording to a file.
type mitmdump struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *bufio.Reader
	addr string
	file string
}

// startMitmdump starts it on a port that it chooses itself.
func startMitmdump(t *testing.T) *mitmdump {
	t.Helper()
	path, err := exec.LookPath("mitmdump")
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal("mitmdump is missing")
		}
		t.Skip("mitmdump is not installed")
	}
	dir := t.TempDir()
	m := &mitmdump{t: t, file: filepath.Join(dir, "dump")}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	m.cmd = exec.CommandContext(ctx, path, "--listen-host", "127.0.0.1", "-p", "0", "--set", "ssl_insecure=true",
		"--set", "confdir="+filepath.Join(dir, "conf"), "-w", m.file)
	m.cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1")
	out, err := m.cmd.StdoutPipe()
	must(t, err)
	m.cmd.Stderr = m.cmd.Stdout
	must(t, m.cmd.Start())
	t.Cleanup(func() { _ = m.cmd.Process.Kill(); _ = m.cmd.Wait() })
	m.log = bufio.NewReader(out)
	var said strings.Builder
	for m.addr == "" {
		line, err := m.log.ReadString('\n')
		said.WriteString(line)
		if err != nil {
			t.Fatalf("mitmdump does not listen: %v\n%s", err, said.String())
		}
		if _, addr, ok := strings.Cut(strings.TrimSpace(line), "listening at "); ok {
			m.addr = strings.TrimPrefix(addr, "http://")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, m.log) }()
	return m
}

// stop ends it and imports what it recorded.
func (m *mitmdump) stop() ([]*kept, imports.Summary) {
	m.t.Helper()
	must(m.t, m.cmd.Process.Signal(os.Interrupt))
	_ = m.cmd.Wait() // how it ends is its own affair
	s := &shelf{}
	summary, err := imports.New(s, &tlsdecrypt.Keys{}).File(context.Background(), m.file)
	must(m.t, err)
	return s.all, summary
}

// origin answers requests, upgrades, and breaks off.
func origin(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what came of it is the answer
	switch r.URL.Path {
	case "/gone":
		panic(http.ErrAbortHandler)
	case "/packed":
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte("packed answer"))
		_ = z.Close()
	case "/ws":
		echo(w)
	case "/missing":
		http.Error(w, "none", http.StatusNotFound)
	default:
		w.Header().Add("X-Two", "first")
		w.Header().Add("X-Two", "second")
		fmt.Fprintf(w, "%s %s %q", r.Method, r.URL.RequestURI(), body)
	}
}

// echo speaks WebSocket: it says every short message again.
func echo(w http.ResponseWriter) {
	conn, in, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	for {
		head := make([]byte, 6)
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		b := make([]byte, head[1]&0x7f)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		for i := range b {
			b[i] ^= head[2+i%4]
		}
		if _, err := conn.Write(append([]byte{head[0], byte(len(b))}, b...)); err != nil || head[0]&15 == 8 {
			return
		}
	}
}

// dial goes through the proxy to a server.
func (m *mitmdump) dial(to string) net.Conn {
	m.t.Helper()
	conn, err := net.Dial("tcp", m.addr)
	must(m.t, err)
	must(m.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", to, to)
	m.head(conn, "HTTP/1.1 200")
	return conn
}

// head reads a head to its end.
func (m *mitmdump) head(conn net.Conn, begins string) {
	m.t.Helper()
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one...) {
		if _, err := io.ReadFull(conn, one); err != nil {
			m.t.Fatalf("%v after %q", err, head)
		}
	}
	if !strings.HasPrefix(string(head), begins) {
		m.t.Fatalf("%q", head)
	}
}

// webSocket says two messages and hears them again.
func (m *mitmdump) webSocket(to string) {
	m.t.Helper()
	conn := tls.Client(m.dial(to), &tls.Config{InsecureSkipVerify: true})
	defer conn.Close()
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", to)
	m.head(conn, "HTTP/1.1 101")
	for _, frame := range []string{"\x81\x85\x00\x00\x00\x00hello", "\x82\x83\x00\x00\x00\x00\x01\x02\xff", "\x88\x82\x00\x00\x00\x00\x03\xe8"} {
		_, err := conn.Write([]byte(frame))
		must(m.t, err)
		back := make([]byte, len(frame)-4)
		_, err = io.ReadFull(conn, back)
		must(m.t, err)
		if string(back[2:]) != frame[6:] {
			m.t.Fatalf("%q came back as %q", frame, back)
		}
	}
}

// ask makes a request through the proxy.
func ask(t *testing.T, c *http.Client, method, target string, body io.Reader) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, target, body)
	must(t, err)
	answer, err := c.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	must(t, err)
	return fmt.Sprint(answer.Proto, " ", answer.StatusCode, " ", string(b))
}

// TestRealMitmdump: what the real program writes is read: HTTP/1 and HTTP/2,
// bodies of all kinds, failures, WebSocket, and a protocol of its own.
func TestRealMitmdump(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: waits for mitmdump to start")
	}
	m := startMitmdump(t)
	plain := httptest.NewServer(http.HandlerFunc(origin))
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(origin))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	own := ownServer(t)
	proxy := &url.URL{Scheme: "http", Host: m.addr}
	client := func(h2 bool) *http.Client {
		transport := &http.Transport{Proxy: http.ProxyURL(proxy), ForceAttemptHTTP2: h2, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport, Timeout: time.Minute}
	}
	one, two := client(false), client(true)
	long := strings.Repeat("漢字 and \x00\xff", 20000)
	for _, c := range []struct {
		client       *http.Client
		method, path string
		body         string
		want         string
	}{
		{one, "GET", plain.URL + "/a?q=1", "", `HTTP/1.1 200 GET /a?q=1 ""`},
		{one, "POST", plain.URL + "/b", "hello", `HTTP/1.1 200 POST /b "hello"`},
		{one, "PUT", secure.URL + "/c", "secret", `HTTP/1.1 200 PUT /c "secret"`},
		{one, "GET", plain.URL + "/missing", "", "HTTP/1.1 404 none\n"},
		{one, "GET", plain.URL + "/packed", "", "HTTP/1.1 200 packed answer"},
		{two, "GET", secure.URL + "/d", "", `HTTP/2.0 200 GET /d ""`},
		{two, "POST", secure.URL + "/long", long, fmt.Sprintf("HTTP/2.0 200 POST /long %q", long)},
	} {
		if got := ask(t, c.client, c.method, c.path, strings.NewReader(c.body)); got != c.want {
			t.Fatalf("%s: %.200q", c.path, got)
		}
	}
	ask(t, one, "GET", plain.URL+"/gone", nil) // whatever the proxy says of it
	m.webSocket(secure.Listener.Addr().String())
	raw := m.dial(own)
	_, err := raw.Write([]byte("\x00\x01own protocol"))
	must(t, err)
	_, err = io.ReadFull(raw, make([]byte, len("own answer")))
	must(t, err)
	must(t, raw.Close())
	flows, summary := m.stop()
	if summary.Kind != imports.KindMitm || len(summary.Notes) > 0 {
		t.Errorf("%+v", summary)
	}
	m.want(flows, long)
}

// ownServer speaks a protocol of its own.
func ownServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			_, _ = io.ReadFull(conn, make([]byte, len("\x00\x01own protocol")))
			_, _ = conn.Write([]byte("own answer"))
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// want compares the flows with what was asked.
func (m *mitmdump) want(flows []*kept, long string) {
	m.t.Helper()
	for _, c := range []struct {
		begin, proto string
		visibility   telltale.Visibility
		out, in      string // what they hold
	}{
		{"GET /a?q=1 HTTP/1.1\r\n", "http/1.1", telltale.Clear, "User-Agent: ", "X-Two: first\r\nX-Two: second\r\n"},
		{"POST /b HTTP/1.1\r\n", "http/1.1", telltale.Clear, "\r\n\r\nhello", `POST /b "hello"`},
		{"PUT /c HTTP/1.1\r\n", "http/1.1", telltale.Intercepted, "\r\n\r\nsecret", `PUT /c "secret"`},
		{"GET /missing ", "http/1.1", telltale.Clear, "", "HTTP/1.1 404 Not Found\r\n"},
		{"GET /packed ", "http/1.1", telltale.Clear, "", "Content-Encoding: gzip\r\n"},
		{"GET /d HTTP/1.1\r\n", "http/1.1", telltale.Intercepted, "", `GET /d ""`},
		{"POST /long HTTP/1.1\r\n", "http/1.1", telltale.Intercepted, "\r\n\r\n" + long, fmt.Sprintf("%q", long)},
		{"GET /gone ", "http/1.1", telltale.Clear, "", ""},
		{"GET /ws ", "wss", telltale.Intercepted, "hello\x82\x83\x00\x00\x00\x00\x01\x02\xff", "HTTP/1.1 101 Switching Protocols\r\n"},
		{"\x00\x01own protocol", "tcp", telltale.Clear, "", "own answer"},
	} {
		var f *kept
		for _, one := range flows {
			if strings.HasPrefix(one.out(), c.begin) {
				f = one
			}
		}
		if f == nil {
			m.t.Errorf("%q is missing", c.begin)
			continue
		}
		if f.Proto != c.proto || f.Visibility != c.visibility || !strings.Contains(f.out(), c.out) || !strings.Contains(f.in(), c.in) ||
			!f.Src.IsValid() || f.Start.IsZero() || f.End.Before(f.Start) || (f.Error != "") != (c.begin == "GET /gone ") {
			m.t.Errorf("%q: %+v\n%.500q\n%.500q", c.begin, f.Conn, f.out(), f.in())
		}
		if f.Dst.Addr().String() != "127.0.0.1" && f.Host != "127.0.0.1" {
			m.t.Errorf("%q went to %s %s", c.begin, f.Dst, f.Host)
		}
	}
	if len(flows) != 10 {
		m.t.Errorf("%d flows, want 10", len(flows))
	}
}
