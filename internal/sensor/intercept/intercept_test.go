package intercept_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/intercept"
)

// web is an HTTPS server for example.com that answers with what was sent.
func web(t testing.TB, h2 bool) (*rig, *http.Client) {
	t.Helper()
	world := newAuthority(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		_, _ = w.Write(b)
	}))
	server.TLS, server.EnableHTTP2 = serving(t, world, nil, "example.com"), h2
	server.StartTLS()
	t.Cleanup(server.Close)
	rig := start(t, world, server.Listener.Addr().String())
	return rig, browser(rig, h2)
}

// browser is a client whose connections all go to the rig.
func browser(r *rig, h2 bool) *http.Client {
	transport := &http.Transport{TLSClientConfig: r.trusting(""), ForceAttemptHTTP2: h2}
	transport.DialContext = dialer(r.addr)
	r.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: giveUp}
}

func TestHTTPSIsOpened(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{false, true} {
		r, client := web(t, h2)
		for i := range 20 {
			text := strings.Repeat(fmt.Sprint("the message ", i, " "), 1+i*1000)
			resp, err := client.Post("https://example.com/up", "text/plain", strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(resp.Body); string(b) != text || err != nil {
				t.Errorf("answer of %d bytes, %v", len(b), err)
			}
			_ = resp.Body.Close()
		}
		client.CloseIdleConnections()
		got := r.next(1)[0]
		proto, begin := "http/1.1", "POST /up HTTP/1.1\r\nHost: example.com\r\n"
		if h2 {
			proto, begin = "h2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
		}
		if got.Proto != proto || got.Visibility != telltale.Intercepted || got.Host != "example.com" || got.Error != "" ||
			!strings.HasPrefix(string(got.out), begin) || !strings.Contains(string(got.in), "the message 3 ") {
			t.Errorf("h2 %v: %+v, out %.100q", h2, got.Conn, got.out)
		}
		if got.TLS == nil || got.TLS.Version != "1.3" || got.TLS.ServerName != "example.com" || got.TLS.Unverified != "" ||
			len(got.TLS.Certificates) != 2 || h2 != (got.TLS.ALPN == "h2") {
			t.Errorf("h2 %v: TLS %+v", h2, got.TLS)
		}
		if got.Start.IsZero() || got.End.Before(got.Start) || got.Transport != "tcp" {
			t.Errorf("%+v", got.Conn)
		}
	}
}

func TestPlainOctetsPass(t *testing.T) {
	t.Parallel()
	server := script(t, nil, echo)
	r := start(t, newAuthority(t), server)
	a := r.dial()
	a.say("\x00\x01 a protocol of its own")
	a.hear("\x00\x01 a protocol of its own")
	halfClose(t, a.Conn)
	if rest := a.rest(); rest != "" {
		t.Errorf("then %q", rest)
	}
	got := r.next(1)[0]
	if got.Proto != "tcp" || got.Visibility != telltale.Clear || got.TLS != nil || got.Error != "" || string(got.in) != string(got.out) ||
		len(got.out) == 0 {
		t.Errorf("%+v, out %q, in %q", got.Conn, got.out, got.in)
	}
}

func TestPinnedConnectionsPassUnopened(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		world := newAuthority(t)
		server := script(t, serving(t, world, []string{"own"}, "pin.test"), echo)
		r := start(t, world, server, func(_ *rig, c *intercept.Config) { c.Strict = strict })
		pinned := r.trusting("pin.test", "own")
		pinned.RootCAs = pool(world) // trusts the real one alone
		if _, err := r.dial().secure(pinned, true); err == nil {
			t.Fatal("the app took the certificate of the case")
		}
		if got := r.next(1)[0]; !got.TLS.Refused || got.Error == "" || len(got.out)+len(got.in) > 0 {
			t.Errorf("strict %v: %+v %+v", strict, got.Conn, got.TLS)
		}
		a, err := r.dial().secure(pinned, true)
		if strict {
			if err == nil {
				t.Error("strict, and passed")
			}
			if got := r.next(2)[1]; !got.TLS.Refused || len(got.out) > 0 {
				t.Errorf("%+v", got.Conn)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		a.say("only for you")
		a.hear("only for you")
		_ = a.Close()
		got := r.next(2)[1]
		if got.Proto != "tls" || got.Visibility != telltale.Opaque || got.Host != "pin.test" || got.TLS.ServerName != "pin.test" ||
			!strings.HasPrefix(string(got.out), "\x16\x03\x01") || !strings.HasPrefix(got.Error, "passed unopened") ||
			slices.Contains(strings.Fields(string(got.out)), "only") || len(got.in) < 500 {
			t.Errorf("%+v %+v", got.Conn, got.TLS)
		}
	}
}

func TestSlowFirstOctets(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	server := script(t, serving(t, world, nil, "slow.test"), echo)
	r := start(t, world, server)
	a := r.dial()
	slow := &end{TB: t, Conn: dripping{a.Conn}, in: a.in}
	inside, err := slow.secure(r.trusting("slow.test"), true)
	if err != nil {
		t.Fatal(err)
	}
	inside.say("x")
	inside.hear("x")
	_ = inside.Close()
	if got := r.next(1)[0]; got.Visibility != telltale.Intercepted || string(got.out) != "x" || got.Proto != "tls" {
		t.Errorf("%+v", got.Conn)
	}
}

// TestKeyLogs checks that every session's secrets are logged on the app's
// side, also those of sessions that were resumed, and where the app speaks
// TLS 1.2.
func TestKeyLogs(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		world := newAuthority(t)
		server := script(t, serving(t, world, nil, "key.test"), echo)
		var secrets, all locked
		r := start(t, world, server, func(_ *rig, c *intercept.Config) { c.Secrets, c.KeyLog = &secrets, &all })
		config := r.trusting("key.test")
		config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(4)
		var own locked
		config.KeyLogWriter = &own
		resumed := false
		for range 3 {
			a, err := r.dial().secure(config, true)
			if err != nil {
				t.Fatal(err)
			}
			a.say("x")
			a.hear("x")
			resumed = a.Conn.(*tls.Conn).ConnectionState().DidResume
			_ = a.Close()
		}
		r.next(3)
		if version == tls.VersionTLS13 && !resumed {
			t.Error("sessions of TLS 1.3 are not resumed")
		}
		randoms := map[string]bool{}
		for _, line := range strings.Split(strings.TrimSpace(own.String()), "\n") {
			randoms[strings.Fields(line)[1]] = true
			if !strings.Contains(secrets.String(), line) || !strings.Contains(all.String(), line) {
				t.Errorf("version %x: the app logs %q, we do not", version, line)
			}
		}
		if len(randoms) != 3 {
			t.Errorf("version %x: secrets of %d sessions", version, len(randoms))
		}
		if n := strings.Count(all.String(), "\n"); n != 2*strings.Count(secrets.String(), "\n") && version == tls.VersionTLS13 {
			t.Errorf("version %x: %d lines for both sides", version, n)
		}
	}
}
