package intercept_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept"
)

func TestProtocolsAreMirrored(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	for _, c := range []struct {
		server, app []string
		want        string
	}{
		{[]string{"odd/7"}, []string{"h2", "odd/7"}, "odd/7"},
		{[]string{"a", "b"}, []string{"b", "a"}, "a"}, // the server chooses
		{nil, []string{"h2", "http/1.1"}, ""},
		{[]string{"h2"}, nil, ""},
	} {
		server := script(t, serving(t, world, c.server, "odd.test"), func(e *end) {
			if err := e.Conn.(*tls.Conn).Handshake(); err == nil {
				e.say(e.Conn.(*tls.Conn).ConnectionState().NegotiatedProtocol + ".")
			}
		})
		r := start(t, world, server)
		a, err := r.dial().secure(r.trusting("odd.test", c.app...), true)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Conn.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != c.want {
			t.Errorf("%q and %q: the app is told %q", c.app, c.server, got)
		}
		a.hear(c.want + ".")
		_ = a.Close()
		if got := r.next(1)[0]; got.TLS.ALPN != c.want || got.Visibility != telltale.Intercepted || string(got.in) != c.want+"." {
			t.Errorf("%+v %+v", got.Conn, got.TLS)
		}
	}
}

// TestAppsWithoutECDSA: they are shown a certificate with an RSA key, others
// are not.
func TestAppsWithoutECDSA(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := start(t, world, script(t, serving(t, world, nil, "old.test"), echo))
	for name, c := range map[string]struct {
		version uint16
		suite   uint16
		want    x509.PublicKeyAlgorithm
	}{
		"now":                     {tls.VersionTLS13, 0, x509.ECDSA},
		"TLS 1.2":                 {tls.VersionTLS12, 0, x509.ECDSA},
		"TLS 1.2, RSA signatures": {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, x509.RSA},
		"TLS 1.2, RSA only":       {tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_CBC_SHA, x509.RSA},
		"TLS 1.0, RSA only":       {tls.VersionTLS10, tls.TLS_RSA_WITH_AES_256_CBC_SHA, x509.RSA},
	} {
		config := r.trusting("old.test")
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, c.version
		if c.suite != 0 {
			config.CipherSuites = []uint16{c.suite}
		}
		a, err := r.dial().secure(config, true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := a.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].PublicKeyAlgorithm; got != c.want {
			t.Errorf("%s: a certificate for %v", name, got)
		}
		a.say("ping")
		a.hear("ping")
		_ = a.Close()
		if got := r.next(1)[0]; got.Visibility != telltale.Intercepted || string(got.out) != "ping" || got.Error != "" {
			t.Errorf("%s: %+v", name, got.Conn)
		}
	}
}

// TestOpenSSLWithoutECDSA: a client that takes RSA signatures alone in TLS 1.3
// as well, which Go's does not do.
func TestOpenSSLWithoutECDSA(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil && os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("no openssl: not checked that a client of TLS 1.3 without ECDSA is shown an RSA certificate")
	}
	world := newAuthority(t)
	r := start(t, world, script(t, serving(t, world, nil, "old.test"), echo))
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, r.ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"-tls1_3", "-tls1_2"} {
		cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-connect", r.addr, "-servername", "old.test", version,
			"-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256", "-CAfile", roots, "-verify_return_error", "-verify_hostname", "old.test")
		cmd.Stdin = strings.NewReader("ping\n")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Verify return code: 0 (ok)") || !strings.Contains(string(out), "Peer signature type: RSA") && !strings.Contains(string(out), "Peer signature type: rsa") {
			t.Errorf("%s: %v\n%s", version, err, out)
		}
		if got := r.next(1)[0]; got.Visibility != telltale.Intercepted || string(got.out) != "ping\n" {
			t.Errorf("%s: %+v", version, got.Conn)
		}
	}
}

// TestWithoutName: the app gets a certificate for what the server's is for.
func TestWithoutName(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	server := script(t, serving(t, world, nil, "192.0.2.7", "first.test", "*.second.test"), echo)
	r := start(t, world, server)
	for i, name := range []string{"192.0.2.7", "first.test", "any.second.test"} {
		config := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: pool(r.ca), DNSName: name})
			return err
		}}
		a, err := r.dial().secure(config, true)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a.say("x")
		a.hear("x")
		_ = a.Close()
		if got := r.next(i + 1)[i]; got.TLS.ServerName != "" || got.TLS.Unverified != "" || got.Visibility != telltale.Intercepted {
			t.Errorf("%+v %+v", got.Conn, got.TLS)
		}
	}
}

// TestMappedAddress: an app that dials an address is shown a certificate for
// it when the user has said who is there, whatever the server shows.
func TestMappedAddress(t *testing.T) {
	t.Parallel()
	server := script(t, serving(t, newAuthority(t), nil, "other.test"), echo)
	r := start(t, newAuthority(t), server, func(r *rig, _ *intercept.Config) { r.mapped, r.host = true, "name.test" })
	for i, name := range []string{"127.0.0.1", "name.test"} {
		a, err := r.dial().secure(r.trusting(name), true)
		if err != nil {
			t.Fatal(err)
		}
		a.say("x")
		a.hear("x")
		_ = a.Close()
		if got := r.next(i + 1)[i]; got.TLS.Unverified == "" || got.TLS.Refused || len(got.TLS.Certificates) != 2 || got.Host != "name.test" {
			t.Errorf("%+v %+v", got.Conn, got.TLS)
		}
	}
}

// TestSharedAddress: an address was looked up under one name and is asked for
// another. The server's certificate proves which is meant.
func TestSharedAddress(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	server := script(t, serving(t, world, nil, "second.test"), echo)
	for proven, roots := range map[bool]*authority.Authority{true: world, false: newAuthority(t)} {
		r := start(t, roots, server, func(r *rig, _ *intercept.Config) { r.host = "first.test" })
		config := r.trusting("second.test")
		config.InsecureSkipVerify = true
		a, err := r.dial().secure(config, true)
		if err != nil {
			t.Fatal(err)
		}
		a.say("x")
		a.hear("x")
		_ = a.Close()
		want := map[bool]string{true: "second.test", false: "first.test"}[proven]
		if got := r.next(1)[0]; got.Host != want {
			t.Errorf("proven %v: host %s, want %s", proven, got.Host, want)
		}
	}
}

// TestUnverifiedServer: the app decides as it would without us.
func TestUnverifiedServer(t *testing.T) {
	t.Parallel()
	server := script(t, serving(t, newAuthority(t), nil, "odd.test"), echo)
	r := start(t, newAuthority(t), server)
	careless := r.trusting("odd.test")
	careless.InsecureSkipVerify = true
	a, err := r.dial().secure(careless, true)
	if err != nil {
		t.Fatal(err)
	}
	a.say("x")
	a.hear("x")
	_ = a.Close()
	if got := r.next(1)[0]; got.Visibility != telltale.Intercepted || got.TLS.Unverified == "" || string(got.out) != "x" {
		t.Errorf("%+v %+v", got.Conn, got.TLS)
	}
	_, err = r.dial().secure(r.trusting("odd.test"), true)
	if bad := new(tls.CertificateVerificationError); !errors.As(err, &bad) {
		t.Errorf("an app that verifies goes along: %v", err)
	}
	if got := r.next(2)[1]; !got.TLS.Refused || got.TLS.Unverified == "" || len(got.out) > 0 {
		t.Errorf("%+v %+v", got.Conn, got.TLS)
	}
}

// holder shows certificates of clients.
func holder(t *testing.T, a *authority.Authority) func(string) *tls.Certificate {
	t.Helper()
	key, err := a.For("client")
	if err != nil {
		t.Fatal(err)
	}
	return func(host string) *tls.Certificate {
		if host != "known.test" {
			return nil
		}
		return key
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, c := range []struct {
			host string
			wish tls.ClientAuthType
			want telltale.Visibility
		}{
			{"known.test", tls.RequireAnyClientCert, telltale.Intercepted},
			{"unknown.test", tls.RequireAnyClientCert, telltale.Opaque},
			{"unknown.test", tls.RequestClientCert, telltale.Intercepted},
		} {
			world := newAuthority(t)
			config := serving(t, world, nil, c.host)
			config.ClientAuth, config.MaxVersion = c.wish, version
			server := script(t, config, echo)
			show := holder(t, newAuthority(t))
			r := start(t, world, server, func(_ *rig, c *intercept.Config) { c.ClientCertificate = show })
			app := r.trusting(c.host)
			app.RootCAs.AddCert(world.Certificate())
			app.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return show("known.test"), nil }
			for i := range 2 {
				a, err := r.dial().secure(app, true)
				if err != nil {
					t.Fatalf("%x %+v: %v", version, c, err)
				}
				a.say("x")
				a.hear("x")
				_ = a.Close()
				got := r.next(i + 1)[i]
				if got.Visibility != c.want || (c.want == telltale.Opaque) != strings.Contains(got.Error, "wants a certificate") {
					t.Errorf("%x %+v, %d: %+v", version, c, i, got.Conn)
				}
			}
		}
	}
}

// TestServerThatSpeaksNoTLS: the app meets what it would have met.
func TestServerThatSpeaksNoTLS(t *testing.T) {
	t.Parallel()
	for _, redial := range []bool{true, false} {
		server := script(t, nil, func(e *end) {
			_, _ = e.in.ReadByte()
			e.say("HTTP/1.0 400 Bad Request\r\n\r\n")
		})
		r := start(t, newAuthority(t), server, func(r *rig, _ *intercept.Config) { r.redial = redial })
		a := r.dial()
		_, err := a.secure(r.trusting("clear.test"), true)
		_ = a.Close()
		if odd := new(tls.RecordHeaderError); errors.As(err, odd) != redial || err == nil {
			t.Errorf("redial %v: the app gets %v", redial, err)
		}
		got := r.next(1)[0]
		if got.Error == "" || got.TLS.Refused || redial != (got.Visibility == telltale.Opaque) || redial != strings.HasPrefix(string(got.in), "HTTP/1.0") {
			t.Errorf("redial %v: %+v", redial, got.Conn)
		}
	}
}

// TestServerThatGivesUp: the server's alert reaches the app.
func TestServerThatGivesUp(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	config := serving(t, world, nil, "up.test")
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("not today") }
	server := script(t, config, func(e *end) { _ = e.Conn.(*tls.Conn).Handshake() })
	for _, redial := range []bool{true, false} {
		r := start(t, world, server, func(r *rig, _ *intercept.Config) { r.redial = redial })
		for i := range 2 {
			a := r.dial()
			_, err := a.secure(r.trusting("up.test"), true)
			_ = a.Close()
			if alert := new(net.OpError); !errors.As(err, &alert) || alert.Op != "remote error" || !strings.Contains(err.Error(), "internal error") {
				t.Errorf("redial %v, %d: the app gets %v", redial, i, err)
			}
			if got := r.next(i + 1)[i]; !strings.Contains(got.Error, "internal error") || got.TLS.Refused {
				t.Errorf("redial %v, %d: %+v", redial, i, got.Conn)
			}
		}
	}
}

// TestResumptionWithTheServer: new connections to the same server are cheap.
func TestResumptionWithTheServer(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		world := newAuthority(t)
		config := serving(t, world, nil, "again.test")
		config.MaxVersion = version
		resumed := make(chan bool, 3)
		server := script(t, config, func(e *end) {
			if e.Conn.(*tls.Conn).Handshake() == nil {
				resumed <- e.Conn.(*tls.Conn).ConnectionState().DidResume
			}
			echo(e)
		})
		r := start(t, world, server)
		for i := range 3 {
			a, err := r.dial().secure(r.trusting("again.test"), true)
			if err != nil {
				t.Fatal(err)
			}
			a.say("x")
			a.hear("x")
			_ = a.Close()
			if got := r.next(i + 1)[i]; got.TLS.Unverified != "" || len(got.TLS.Certificates) == 0 {
				t.Errorf("%x, %d: %+v", version, i, got.TLS)
			}
			if did := <-resumed; did != (i > 0) {
				t.Errorf("%x, %d: resumed %v", version, i, did)
			}
		}
	}
}

// TestAppThatLeavesWithoutAWord: it may check the certificate after the
// handshake. Not one time, but often enough.
func TestAppThatLeavesWithoutAWord(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	server := script(t, serving(t, world, nil, "quiet.test"), echo)
	now := time.Now()
	r := start(t, world, server, func(_ *rig, c *intercept.Config) { c.Clock = func() time.Time { return now } })
	app := r.trusting("quiet.test")
	app.RootCAs.AddCert(world.Certificate())
	for i := range 4 {
		a, err := r.dial().secure(app, true)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Close()
		want := telltale.Intercepted
		if i == 3 {
			want = telltale.Opaque
		}
		if got := r.next(i + 1)[i]; got.Visibility != want {
			t.Errorf("%d: %+v", i, got.Conn)
		}
	}
}
