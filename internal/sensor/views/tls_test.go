package views_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/views"
)

// TestIntercepted: real clients over TLS that is opened on the way, or is not
// because the app insists on its server's certificate.
func TestIntercepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		two, trusts bool
		want        string
	}{{false, true, "https"}, {true, true, "https"}, {true, false, "tls"}} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(echo))
		server.EnableHTTP2 = c.two
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.StartTLS()
		t.Cleanup(server.Close)
		r := newRig(t, views.Config{})
		ca, relay := r.intercept(server)
		trusted := x509.NewCertPool()
		trusted.AddCert(server.Certificate())
		if c.trusts {
			trusted.AddCert(ca.Certificate())
		}
		app := &http.Client{Transport: &http.Transport{
			ForceAttemptHTTP2: c.two,
			TLSClientConfig:   &tls.Config{RootCAs: trusted, ServerName: "example.com"},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, relay)
			},
		}}
		t.Cleanup(app.CloseIdleConnections)
		if !c.trusts { // the first connection fails, then what is insisted on passes
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := app.Do(req); err == nil {
				_ = resp.Body.Close()
				t.Error("a certificate that is not trusted was accepted")
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			r.recorder.Wait(ctx, 1) // until the refusal is known
			cancel()
		}
		for i := range 5 {
			body := fmt.Sprintf("words %d", i)
			if got := post(t, app, "https://example.com/", body); got != body {
				t.Errorf("%q came back", got)
			}
		}
		r.quiet()
		r.check(t, c.want, c.two)
	}
}

// check looks at five exchanges with words, or at a tunnel without them.
func (r *rig) check(t *testing.T, want string, two bool) {
	t.Helper()
	n := 0
	for _, f := range r.recorder.Flows() {
		if f.Error != "" && len(f.Messages) == 0 {
			continue // the handshake that was refused
		}
		n++
		if f.Protocol != want || f.Host != "example.com" || want == "https" != (f.Visibility == telltale.Intercepted) {
			t.Errorf("flow %s", r.line(f))
		}
		if want == "https" {
			if request, _ := r.exchangeOf(f); !strings.HasPrefix(string(request.Body), "words ") || two != (request.Head.Version == "HTTP/2") {
				t.Errorf("request %+v", request)
			}
		}
	}
	if want == "https" && n != 5 || n == 0 {
		t.Errorf("%d flows: %q", n, r.flows())
	}
}

// intercept carries connections to a server as the gateway does.
func (r *rig) intercept(server *httptest.Server) (*authority.Authority, string) {
	r.t.Helper()
	ca, err := authority.Load(authority.Config{})
	if err != nil {
		r.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	carrier, err := intercept.New(intercept.Config{Authority: ca, Sink: r.Views, Roots: roots})
	if err != nil {
		r.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	dial := func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			app, err := l.Accept()
			if err != nil {
				return
			}
			up, err := dial(ctx)
			if err != nil {
				r.t.Error(err)
				_ = app.Close()
				return
			}
			info := r.conn()
			info.Host = ""
			all.Go(func() { _ = carrier.Carry(ctx, app, intercept.Upstream{Conn: up, Info: info, Redial: dial}) })
		}
	})
	r.t.Cleanup(func() {
		_ = l.Close()
		cancel()
		all.Wait()
	})
	return ca, l.Addr().String()
}
