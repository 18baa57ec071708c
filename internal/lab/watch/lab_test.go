package watch_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

// world is the web of a plan without sockets: the servers' handlers behind an
// http.Client, and every request that was made.
type world struct {
	plan     profile.Plan
	handlers map[string]http.Handler

	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	// down refuses all requests.
	down bool
}

func newWorld(t *testing.T, p profile.Plan, odd servers.Oddities) *world {
	t.Helper()
	w := &world{plan: p, handlers: map[string]http.Handler{}}
	for _, spec := range p.Servers() {
		s, err := servers.New(p, spec, servers.Env{Dir: t.TempDir(), Clock: time.Now, Log: slog.New(slog.DiscardHandler), Oddities: odd})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		w.handlers[spec.Host] = s
	}
	return w
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(readerOf(r))
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.requests, w.bodies = append(w.requests, r), append(w.bodies, string(body))
	handler, down := w.handlers[r.URL.Hostname()], w.down
	w.mu.Unlock()
	if handler == nil || down {
		return nil, fmt.Errorf("%s is down", r.URL.Host)
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), stringReader(body))
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, in)
	return rec.Result(), nil
}

func (w *world) setDown(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

// copies decodes the records in all upload requests so far, a slice for each
// request.
func (w *world) copies(t *testing.T) [][]watch.Record {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var all [][]watch.Record
	for _, r := range w.requests {
		if r.URL.Path == servers.Base+"up" {
			all = append(all, decodeAll(t, w.plan.Build.Upload, r.URL.Query().Get("r")))
		}
	}
	return all
}

func (w *world) paths() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var paths []string
	for _, r := range w.requests {
		paths = append(paths, r.URL.Path)
	}
	return paths
}

func (w *world) config() watch.Config {
	return watch.Config{
		Build: w.plan.Build, Address: "192.0.2.7", HTTP: &http.Client{Transport: w}, Clock: time.Now,
		Random: w.plan.Source("client"), Log: slog.New(slog.DiscardHandler),
	}
}

// start opens the plan's monitor for an account and waits until it can judge.
func (w *world) start(t *testing.T, account string) chat.Monitor {
	t.Helper()
	m := watch.Open(w.config(), nil)
	starter, ok := m.(chat.Starter)
	if !ok {
		t.Fatalf("%T is no chat.Starter", m)
	}
	starter.Started(context.Background(), account)
	return m
}
