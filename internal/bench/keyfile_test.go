package bench_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

// labPlan is a profile of the lab with its real client file and collector.
func labPlan(t *testing.T, name string) profile.Plan {
	t.Helper()
	p, err := profile.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return profile.NewPlan(p, 3)
}

// labApp writes its copies as the lab's client does.
func labApp(t *testing.T, plan profile.Plan) *world {
	t.Helper()
	w := filter()
	w.seal = func(text string) string {
		at := time.Date(2011, 4, 24, 2, 25, 53, 0, time.UTC)
		coded, err := watch.Encode(plan.Build.Upload, watch.Record{Sender: "alice", Recipient: "bob", Text: text, At: at}.Line())
		if err != nil {
			t.Error(err)
		}
		return coded
	}
	return w
}

// labCollector is the lab's own collector, its directory and key file as the
// lab furnishes them, asked without a socket.
type labCollector struct {
	handler http.Handler
	kept    *casefile.Case
	asked   []string
}

func newLabCollector(t *testing.T, plan profile.Plan) *labCollector {
	t.Helper()
	i := slices.IndexFunc(plan.Servers(), func(s profile.Server) bool { return s.Kind == profile.KindCollector })
	server, err := servers.New(plan, plan.Servers()[i], servers.Env{Dir: t.TempDir(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &labCollector{handler: server}
}

func (l *labCollector) of(c *casefile.Case) expose.Getter { l.kept = c; return l }

func (l *labCollector) Get(ctx context.Context, address string) (expose.Reply, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != collector {
		return expose.Reply{}, fmt.Errorf("%q is out of the scope", address)
	}
	l.asked = append(l.asked, u.Path)
	answer := httptest.NewRecorder()
	l.handler.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, address, nil))
	id, err := l.kept.RecordFlow(telltale.Flow{
		Sensor: "expose", Protocol: "http", Host: collector, Port: 80, Visibility: telltale.Clear, Start: time.Now(), End: time.Now(),
	})
	return expose.Reply{Status: answer.Code, Header: answer.Header(), Body: answer.Body.Bytes(), Flow: id}, errors.Join(err, ctx.Err())
}

const (
	fromClient    = "app-file:client.dat"
	fromCollector = "http:" + collector + servers.Base + servers.KeyFile
)

// TestKeysOfTheClientAloneAndOfTheKeyFileAlone opens the lab's copies with the
// client's file and no look at the collector, with the collector's key file
// and no key of the client, and with both. The findings say which it was.
func TestKeysOfTheClientAloneAndOfTheKeyFileAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2008", "tom-2011"} {
		for _, c := range []struct {
			name            string
			client, keyFile bool
		}{{"client alone", true, false}, {"key file alone", false, true}, {"both", true, true}, {"neither", false, false}} {
			if testing.Short() && (name != "tom-2008" || c.client == c.keyFile) {
				continue // each run takes seconds
			}
			t.Run(name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					rec, site := labRun(t, name, c.client, c.keyFile)
					if asked := len(site.asked) > 0; asked != c.keyFile {
						t.Errorf("the collector was asked for %q", site.asked)
					}
					copied := supportedBy(rec, telltale.KindCopy, "")
					if direct := len(copied) > 0 && copied[0].Direct; direct != (c.client || c.keyFile) {
						t.Fatalf("copies were opened: %v; claims %q", direct, claims(rec))
					}
					wantKey(t, rec, telltale.WeakKeyInApp, c.client, fromClient)
					wantKey(t, rec, telltale.WeakKeyBeside, c.keyFile, fromCollector)
					for _, f := range copied {
						if f.Direct && c.client != c.keyFile && !slices.Equal(f.Keys, []string{map[bool]string{true: fromClient, false: fromCollector}[c.client]}) {
							t.Errorf("%s: keys %q", f.Statement, f.Keys)
						}
					}
				})
			})
		}
	}
}

// labRun investigates the lab's app. The path of its uploads is the lab's.
func labRun(t *testing.T, name string, client, keyFile bool) (*telltale.Record, *labCollector) {
	t.Helper()
	plan := labPlan(t, name)
	w := labApp(t, plan)
	w.path = servers.Base + "up"
	b := newBed(t, w, question(filtered...))
	b.files = map[string]string{"client.dat": string(watch.WriteClientData(plan.Build, plan.Source("client.dat")))}
	b.scenario.App.Files = []telltale.AppFile{{Path: "client.dat", Harvest: client}}
	site := newLabCollector(t, plan)
	b.getter = site.of
	if keyFile {
		b.scenario.Scope = []string{collector}
	}
	return b.finish(), site
}

func supportedBy(rec *telltale.Record, kind telltale.Kind, detail string) []telltale.Finding {
	return slices.DeleteFunc(slices.Clone(rec.Findings), func(f telltale.Finding) bool {
		return f.Claim.Kind != kind || f.Claim.Detail != detail || f.Verdict != telltale.Supported
	})
}

// wantKey checks the finding that says where the key is to be had.
func wantKey(t *testing.T, rec *telltale.Record, detail string, want bool, source string) {
	t.Helper()
	found := supportedBy(rec, telltale.KindWeak, detail)
	if (len(found) > 0) != want {
		t.Errorf("%s: %d findings, want them: %v", detail, len(found), want)
		return
	}
	for _, f := range found {
		place := source[strings.Index(source, ":")+1:]
		if !slices.Equal(f.Keys, []string{source}) || !strings.Contains(f.Statement, place+" alone, it opens them") {
			t.Errorf("%s: keys %q, %q", detail, f.Keys, f.Statement)
		}
	}
}

// TestKeysInsideAnArchiveOfTheApp gives the client's file as a part of a
// package, as apps for telephones come.
func TestKeysInsideAnArchiveOfTheApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := labPlan(t, "tom-2008")
		var packed bytes.Buffer
		z := zip.NewWriter(&packed)
		f, err := z.Create("assets/client.dat")
		if err == nil {
			_, err = f.Write(watch.WriteClientData(plan.Build, plan.Source("client.dat")))
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		b := newBed(t, labApp(t, plan), question(filtered...))
		b.files = map[string]string{"app.apk": packed.String()}
		b.scenario.App.Files = []telltale.AppFile{{Path: "app.apk", Harvest: true}}
		wantKey(t, b.finish(), telltale.WeakKeyInApp, true, "app-file:app.apk!/assets/client.dat")
	})
}

// TestKeyFileIsAskedForOnceACase cuts a run off after the collector gave the
// key, and goes on.
func TestKeyFileIsAskedForOnceACase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := labPlan(t, "tom-2008")
		w := labApp(t, plan)
		w.path = servers.Base + "up"
		b := newBed(t, w, question(filtered...))
		site := newLabCollector(t, plan)
		b.getter, b.scenario.Scope = site.of, []string{collector}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		screened := len(filtered) // the first hit of the next stage ends the run
		w.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if len(site.asked) > 0 && screened > 0 {
				screened = 0
				cancel()
			}
			return typed(m), nil
		}
		if err := b.run(ctx); !errors.Is(err, bench.ErrStopped) {
			t.Fatalf("the run ended with %v", err)
		}
		asked := len(site.asked)
		rec := b.finish()
		if asked == 0 || len(site.asked) != asked {
			t.Errorf("asked for %d things, and then for %q", asked, site.asked[asked:])
		}
		wantKey(t, rec, telltale.WeakKeyBeside, true, fromCollector)
	})
}
