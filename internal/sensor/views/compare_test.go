package views_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/proxy"
	"example.org/telltale/internal/sensor/sensortest"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// TestAsTheProxy: the proxy, which parses what it passes, and views of the
// same octets make the same flows.
func TestAsTheProxy(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/soon":
			w.Header().Set("Link", "x")
			w.WriteHeader(http.StatusEarlyHints)
			echo(w, r)
		case "/last":
			w.Header().Set("Connection", "close")
			echo(w, r)
		default:
			echo(w, r)
		}
	})
	limits := proxy.Limits{Keep: 5000}
	p, err := proxy.New(proxy.Config{Dir: t.TempDir(), Limits: limits, Resolve: func(context.Context, string, int) (string, error) { return server, nil }})
	if err != nil {
		t.Fatal(err)
	}
	theirs := &sensortest.Recorder{}
	env, err := p.Start(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	r := newRig(t, views.Config{Limits: views.Limits{Keep: limits.Keep}})
	r.is = func(c *tape.Conn) { c.Host, c.Dst = "", addr("127.0.0.1:3128") }
	relay := r.relay(strings.TrimPrefix(env[0][strings.IndexByte(env[0], '=')+1:], "http://"))
	via := &url.URL{Scheme: "http", Host: relay}
	tr := &http.Transport{Proxy: http.ProxyURL(via)}
	t.Cleanup(tr.CloseIdleConnections)
	c := &http.Client{Transport: tr}
	n := 0
	for _, path := range []string{"/", "/none", "/soon", "/x", "/last", "/again"} {
		for _, body := range []string{"", "words", strings.Repeat("many words, ", 2000)} {
			query := fmt.Sprintf("?n=%d", n) // no two requests are the same
			ask(t, c, "POST", "http://b.test:81"+path+query, strings.NewReader(body))
			ask(t, c, "PUT", "http://a.test"+path+query, io.MultiReader(strings.NewReader(body))) // chunked
			n++
		}
		ask(t, c, "HEAD", "http://a.test"+path, nil)
	}
	r.quiet()
	p.Quiet(t.Context())
	if diff := cmp.Diff(alike(theirs.Flows()), alike(r.recorder.Flows())); diff != "" {
		t.Error(diff)
	}
	if got := len(alike(r.recorder.Flows())); got != 42 {
		t.Errorf("%d flows of 42 exchanges", got)
	}
}

// alike leaves out what two sensors see differently, and sorts the flows:
// they are recorded in the order in which they are complete.
func alike(all []telltale.Flow) []telltale.Flow {
	var out []telltale.Flow
	for _, f := range all {
		if f.Messages = appLeg(f.Messages); len(f.Messages) == 0 {
			continue // a connection that the client did not need
		}
		for i := range f.Messages {
			f.Messages[i].At = time.Time{}
		}
		f.ID, f.Sensor, f.Conn, f.Client, f.Server, f.Process = "", "", "", "", "", ""
		f.Start, f.End = time.Time{}, time.Time{}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b telltale.Flow) int {
		return strings.Compare(string(a.Messages[0].Bytes), string(b.Messages[0].Bytes))
	})
	return out
}

func appLeg(all []telltale.Message) (app []telltale.Message) {
	for _, m := range all {
		if m.Leg == telltale.LegApp {
			app = append(app, m)
		}
	}
	return app
}

func ask(t *testing.T, c *http.Client, method, url string, body io.Reader) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
}
