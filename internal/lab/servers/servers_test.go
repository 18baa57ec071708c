package servers_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
)

// noon is when the tests happen.
var noon = time.Date(2008, 10, 1, 12, 0, 0, 0, time.UTC)

func plan(t testing.TB, name string, seed uint64) profile.Plan {
	t.Helper()
	p, err := profile.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return profile.NewPlan(p, seed)
}

// serve makes a server of the plan at noon.
func serve(t testing.TB, p profile.Plan, spec profile.Server, dir string, odd servers.Oddities) servers.Server {
	t.Helper()
	s, err := servers.New(p, spec, servers.Env{
		Dir: dir, Clock: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), Oddities: odd,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, strings.NewReader(body)))
	return rec
}

// get returns the body of a GET that must be answered 200.
func get(t testing.TB, h http.Handler, target string) string {
	t.Helper()
	rec := ask(h, http.MethodGet, target, "")
	if rec.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d", target, rec.Code)
	}
	return rec.Body.String()
}

func TestEveryServerOfEveryProfileStarts(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		plan := profile.NewPlan(p, 1)
		for _, spec := range plan.Servers() {
			if rec := ask(serve(t, plan, spec, t.TempDir(), servers.Oddities{}), http.MethodDelete, "/", ""); rec.Code < 400 {
				t.Errorf("%s: DELETE is answered %d", spec.Host, rec.Code)
			}
		}
	}
}

func TestReportsTakeOnlyTheRightTokenAndShowNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, plan(t, "always", 1), profile.Server{Kind: profile.KindReport}, t.TempDir(), servers.Oddities{})
	// The token is the MD5 of "1300000;username=report;password=pswd@1234".
	const token = "2743ebbce3d160e602d8a1dc66c27fe1"
	const good = `{"sender":"a","receiver":"b","text":"c","time":1300000123,"token":"TOKEN"}`
	cases := []struct {
		method, target, body string
		status               int
	}{
		{"POST", "/report", strings.Replace(good, "TOKEN", token, 1), 200},
		{"POST", "/report", strings.Replace(good, "TOKEN", strings.Repeat("0", 32), 1), 400},
		{"POST", "/report", "{", 400},
		{"POST", "/report", strings.Repeat(" ", 1<<17), 400},
		{"GET", "/report", "", 403},
		{"GET", "/", "", 403},
		{"GET", "/reports.jsonl", "", 403},
	}
	for _, c := range cases {
		if rec := ask(s, c.method, c.target, c.body); rec.Code != c.status {
			t.Errorf("%s %s %.60s: status %d, want %d", c.method, c.target, c.body, rec.Code, c.status)
		}
	}
}

func TestHonestServers(t *testing.T) {
	t.Parallel()
	p := plan(t, "clean-noisy", 1)
	cases := []struct {
		kind           profile.ServerKind
		method, target string
		status         int
	}{
		{profile.KindUpdate, "GET", "/check?v=1", 200}, {profile.KindUpdate, "POST", "/check", 405},
		{profile.KindStats, "POST", "/count", 200}, {profile.KindStats, "GET", "/count", 405},
		{profile.KindSite, "GET", "/<script>", 200}, {profile.KindSite, "PUT", "/", 405},
	}
	for _, c := range cases {
		rec := ask(serve(t, p, profile.Server{Kind: c.kind}, t.TempDir(), servers.Oddities{}), c.method, c.target, "")
		if rec.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.target, rec.Code, c.status)
		}
		if body, err := io.ReadAll(rec.Result().Body); err != nil || strings.Contains(string(body), "<script>") {
			t.Errorf("%s %s: body %q, %v", c.method, c.target, body, err)
		}
	}
}

func serveQuietly(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}
