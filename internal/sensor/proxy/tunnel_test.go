package proxy_test

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/proxy"
)

// secure is an HTTPS server that answers with what was sent to it, and the
// name its certificate is for is example.com.
func secure(t *testing.T) (server *httptest.Server, trust func(*proxy.Config)) {
	t.Helper()
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "server.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	return server, func(c *proxy.Config) { c.UpstreamCAs = []string{path} }
}

func TestHTTPSIsOpened(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust)
	c := client(t, r.env)
	for range 2 {
		resp, err := c.Post("https://example.com/up", "text/plain", strings.NewReader("the message"))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "the message" || err != nil {
			t.Errorf("answer %q, %v", b, err)
		}
		_ = resp.Body.Close()
	}
	flows := r.quiet(2)
	for _, f := range flows {
		if f.Protocol != "https" || f.Visibility != telltale.Intercepted || f.Host != "example.com" || f.Port != 443 || f.Error != "" {
			t.Errorf("flow %+v", f)
		}
		if got := r.all(f, true); !strings.HasPrefix(got, "POST /up HTTP/1.1\r\n") || !strings.HasSuffix(got, "the message") {
			t.Errorf("kept is %q", got)
		}
	}
	if flows[0].Conn != flows[1].Conn {
		t.Error("two requests of one tunnel are not one connection")
	}
}

func TestManyTunnelsAtOnce(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust)
	var group sync.WaitGroup
	for range 20 {
		c := client(t, r.env)
		group.Go(func() {
			resp, err := c.Post("https://example.com/up", "text/plain", strings.NewReader("one of many"))
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	group.Wait()
	conns := map[string]bool{}
	for _, f := range r.quiet(20) {
		conns[f.Conn] = true
	}
	if len(conns) != 20 {
		t.Errorf("%d connections, want 20", len(conns))
	}
}

// TestServerThatCannotBeVerified: the app decides, as it would without us.
func TestServerThatCannotBeVerified(t *testing.T) {
	t.Parallel()
	server, _ := secure(t)
	r := start(t, server.Listener.Addr().String())
	c := client(t, r.env)
	if resp, err := c.Post("https://example.com/up", "text/plain", strings.NewReader("the message")); err == nil {
		_ = resp.Body.Close()
		t.Errorf("status %s", resp.Status)
	}
	f := r.quiet(1)[0]
	if f.Host != "example.com" || !strings.Contains(f.Error, "refused the sensor's certificate") || r.all(f, true) != "" {
		t.Errorf("flow %+v", f)
	}
}

func TestAppThatPinsIsLeftAlone(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust)
	r.env = append([]string{"TELLTALE_CA=" + filepath.Join(t.TempDir(), "pin.pem")}, r.env...)
	pin := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(variable(t, r.env, "TELLTALE_CA"), pin, 0o600); err != nil {
		t.Fatal(err)
	}
	c := client(t, r.env)
	if resp, err := c.Get("https://example.com/"); err == nil {
		_ = resp.Body.Close()
		t.Fatal("the app trusted our certificate")
	}
	f := r.quiet(1)[0]
	if f.Host != "example.com" || f.BytesOut != 0 || !strings.Contains(f.Error, "refused the sensor's certificate") {
		t.Errorf("flow %+v", f)
	}
	resp, err := c.Get("https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	flows := r.stop()
	if len(flows) != 2 {
		t.Fatalf("%d flows", len(flows))
	}
	if f := flows[1]; f.Visibility != telltale.Opaque || f.Host != "example.com" || f.BytesIn == 0 || !strings.Contains(f.Error, "unopened") {
		t.Errorf("flow %+v", f)
	}
}

func TestOtherProtocolsPassThroughTunnels(t *testing.T) {
	t.Parallel()
	r := start(t, script(t, func(a *app) {
		a.hear("\x00ping")
		a.say("pong")
		a.say("pong")
		a.hear("\x00bye")
	}))
	a := r.dial()
	a.tunnel("peer.test:7777")
	a.say("\x00ping")
	a.hear("pongpong")
	a.say("\x00bye")
	if rest := a.rest(); rest != "" {
		t.Errorf("then %q", rest)
	}
	_ = a.Close()
	f := r.wait(1)[0]
	if f.Protocol != "tcp" || f.Visibility != telltale.Clear || f.Host != "peer.test" || f.Port != 7777 || f.Error != "" {
		t.Errorf("flow %+v", f)
	}
	var turns []string
	for _, m := range f.Messages {
		turns = append(turns, string(r.recorder.Bytes(m.Bytes)))
	}
	if got := strings.Join(turns, "|"); got != "\x00ping|pongpong|\x00bye" {
		t.Errorf("turns %q", got)
	}
	if f.BytesOut != 9 || f.BytesIn != 8 {
		t.Errorf("%d bytes out, %d in", f.BytesOut, f.BytesIn)
	}
}

func TestServerThatSpeaksFirst(t *testing.T) {
	t.Parallel()
	r := start(t, script(t, func(a *app) {
		a.say("220 hello\r\n")
		a.hear("QUIT\r\n")
	}))
	a := r.dial()
	a.tunnel("mail.test:25")
	a.hear("220 hello\r\n")
	a.say("QUIT\r\n")
	_ = a.rest()
	_ = a.Close()
	if f := r.wait(1)[0]; f.BytesOut != 6 || f.BytesIn != 11 || f.Messages[0].Out {
		t.Errorf("flow %+v", f)
	}
}

func TestOpenTunnelsAreRecordedAsFarAsTheyHaveCome(t *testing.T) {
	t.Parallel()
	r := start(t, script(t, func(a *app) {
		a.hear("\x00hi")
		a.say("ok")
		a.hear("\x00bye")
		a.say("yes")
		_ = a.rest()
	}))
	a := r.dial()
	a.tunnel("peer.test:7777")
	a.say("\x00hi")
	a.hear("ok")
	if f := r.quiet(1)[0]; f.BytesOut != 3 || f.BytesIn != 2 || f.Error != "" {
		t.Errorf("flow %+v", f)
	}
	a.say("\x00bye")
	a.hear("yes")
	flows := r.stop()
	if len(flows) != 2 || flows[1].BytesOut != 4 || flows[1].BytesIn != 3 || !strings.Contains(flows[1].Error, "still open") {
		t.Errorf("flows %+v", flows)
	}
}

func TestHTTPInClearInsideTunnel(t *testing.T) {
	t.Parallel()
	r := start(t, mirror(t))
	a := r.dial()
	a.tunnel("a1.tom.test:80")
	a.say("GET /in HTTP/1.1\r\nHost: other.test\r\n\r\n")
	a.hear("HTTP/1.1 200 OK")
	f := r.quiet(1)[0]
	if f.Protocol != "http" || f.Visibility != telltale.Clear || f.Host != "a1.tom.test" || f.Port != 80 {
		t.Errorf("flow %+v", f)
	}
	if got := r.all(f, true); !strings.HasPrefix(got, "GET /in HTTP/1.1\r\n") {
		t.Errorf("kept is %q", got)
	}
}

func TestUpgradePassesRaw(t *testing.T) {
	t.Parallel()
	const reply = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n"
	r := start(t, script(t, func(a *app) {
		if _, err := http.ReadRequest(a.in); err != nil {
			return
		}
		a.say(reply)
		a.hear("\x01frame")
		a.say("\x02frame")
	}))
	a := r.dial()
	a.say("GET http://chat.test/ HTTP/1.1\r\nHost: chat.test\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n\x01frame")
	a.hear(reply + "\x02frame")
	_ = a.rest()
	_ = a.Close()
	flows := r.wait(2)
	if len(flows) != 2 || r.all(flows[0], false) != reply || r.all(flows[1], true) != "\x01frame" || r.all(flows[1], false) != "\x02frame" {
		t.Fatalf("flows %+v", flows)
	}
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	r := start(t, script(t, func(a *app) {
		req, err := http.ReadRequest(a.in)
		if err != nil {
			return
		}
		a.say("HTTP/1.1 100 Continue\r\n\r\n")
		b, _ := io.ReadAll(req.Body)
		a.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + string(b))
	}))
	a := r.dial()
	a.say("POST http://x.test/yes HTTP/1.1\r\nHost: x.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	a.hear("HTTP/1.1 100 Continue\r\n\r\n")
	a.say("body")
	a.hear("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
	if f := r.quiet(1)[0]; len(f.Messages) != 3 || !strings.HasSuffix(r.all(f, true), "body") || f.Error != "" {
		t.Errorf("flow %+v", f)
	}
}

func TestBigBodiesPassWholeAndAreKeptInPart(t *testing.T) {
	t.Parallel()
	server, trust := secure(t)
	r := start(t, server.Listener.Addr().String(), trust, func(c *proxy.Config) { c.Views.Keep = 1000 })
	text := strings.Repeat("0123456789", 100_000)
	resp, err := client(t, r.env).Post("https://example.com/", "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(b) != text || err != nil {
		t.Errorf("%d of %d bytes came back, %v", len(b), len(text), err)
	}
	f := r.quiet(1)[0]
	if f.BytesOut < int64(len(text)) || f.BytesIn < int64(len(text)) {
		t.Errorf("%d bytes out, %d in", f.BytesOut, f.BytesIn)
	}
	for _, m := range f.Messages {
		if kept := len(r.recorder.Bytes(m.Bytes)); kept != 1000 || !m.Cut || m.Size <= int64(len(text)) {
			t.Errorf("message %+v keeps %d bytes", m, kept)
		}
	}
}

func TestAuthorityIsKeptForTheCase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var first []byte
	for range 2 {
		if _, err := proxy.New(proxy.Config{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		} else if string(first) != string(b) {
			t.Error("a resumed case gets another authority")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.key"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := proxy.New(proxy.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "ca.key") {
		t.Errorf("a broken authority: %v", err)
	}
}

// TestTLSWithOtherProtocolInside checks that what is not HTTP passes opened.
func TestTLSWithOtherProtocolInside(t *testing.T) {
	t.Parallel()
	web, trust := secure(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: web.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		a := &app{T: t, Conn: conn, in: bufio.NewReader(conn)}
		a.hear("\x00login")
		a.say("welcome")
	}()
	r := start(t, l.Addr().String(), trust)
	a := r.dial()
	a.tunnel("chat.test:5223")
	roots := certs(t, variable(t, r.env, "TELLTALE_CA"))
	conn := tls.Client(a.Conn, &tls.Config{ServerName: "example.com", RootCAs: roots})
	b := &app{T: t, Conn: conn, in: bufio.NewReader(conn)}
	b.say("\x00login")
	b.hear("welcome")
	_ = b.rest()
	_ = b.Close()
	f := r.wait(1)[0]
	if f.Protocol != "tls" || f.Visibility != telltale.Intercepted || f.Host != "chat.test" || f.Error != "" ||
		r.all(f, true) != "\x00login" {
		t.Errorf("flow %+v", f)
	}
}
