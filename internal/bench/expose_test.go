package bench_test

import (
	"context"
	"crypto/des"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
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
)

const desKey = "X7sRUjL\x00"

// desApp writes its copies as the old clients did: DES, byte by byte in hex.
func desApp() *world {
	w := filter()
	w.seal = sealed
	return w
}

func sealed(text string) string {
	block, err := des.NewCipher([]byte(desKey))
	if err != nil {
		panic(err) // the key has 8 bytes
	}
	b := []byte("alice\tbob\t" + text + "\t4/24/2011 5:59:00 PM\t0")
	pad := 8 - len(b)%8
	b = append(b, strings.Repeat(string(rune(pad)), pad)...)
	for i := 0; i < len(b); i += 8 {
		block.Encrypt(b[i:i+8], b[i:i+8])
	}
	return hex.EncodeToString(b)
}

// harvested gives the app a file in which its key stands.
func harvested(b *bed) {
	b.scenario.App.Files = []telltale.AppFile{{Path: "client.dat", Harvest: true}}
	b.files = map[string]string{"client.dat": "\x01\x02server=collector.test\x00" + strings.TrimRight(desKey, "\x00") + "\x00\x07"}
}

// site is the collector's web server. It records what it is asked, as the
// Fetcher does.
type site struct {
	files map[string]string
	asked []string
	// before is called before each answer.
	before func(n int)
	kept   *casefile.Case
}

func (s *site) Get(ctx context.Context, address string) (expose.Reply, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != collector {
		return expose.Reply{}, fmt.Errorf("%q is out of the scope", address)
	}
	s.asked = append(s.asked, u.Path)
	if s.before != nil {
		s.before(len(s.asked))
	}
	id, err := s.kept.RecordFlow(telltale.Flow{
		Sensor: "expose", Protocol: "http", Host: collector, Port: 80, Visibility: telltale.Clear, Start: time.Now(), End: time.Now(),
	})
	if err = errors.Join(err, ctx.Err()); err != nil {
		return expose.Reply{Flow: id}, err
	}
	body, ok := s.files[u.Path]
	if !ok {
		return expose.Reply{Status: http.StatusNotFound, Flow: id}, nil
	}
	return expose.Reply{Status: http.StatusOK, Body: []byte(body), Flow: id}, nil
}

func openSite() *site {
	var index, records strings.Builder
	names := []string{"key.txt", "msg20110424.log", "msg20110423.log"}
	index.WriteString("<html><head><title>Index of /log</title></head><body><h1>Index of /log</h1><pre><a href=\"/\">Parent Directory</a>\n")
	for _, name := range names {
		fmt.Fprintf(&index, "<a href=\"%s\">%[1]s</a>   24-Apr-2011 18:00  1.5K\n", name)
	}
	for i := range 20 {
		records.WriteString(sealed(fmt.Sprintf("what others wrote %d", i)) + "\n")
	}
	return &site{files: map[string]string{
		"/log/": index.String() + "</pre></body></html>", "/log/key.txt": desKey[:7] + "\n",
		"/log/msg20110424.log": records.String(), "/log/msg20110423.log": records.String(),
	}}
}

func (s *site) of(c *casefile.Case) expose.Getter { s.kept = c; return s }

func exposed(t *testing.T, s *site, scope ...string) *bed {
	b := newBed(t, desApp(), question(filtered...))
	harvested(b)
	b.scenario.Scope, b.getter = scope, s.of
	return b
}

func TestExpose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		scope    []string
		requests int
		want     int
	}{
		{"no scope", nil, 0, 0},
		{"another scope", []string{"*.other.test"}, 0, 0},
		{"in scope", []string{"COLLECTOR.*"}, 0, 4},
		{"a small budget", []string{collector}, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := openSite()
				b := exposed(t, s, tt.scope...)
				b.scenario.Limits.Requests = tt.requests
				rec := b.finish()
				if len(s.asked) != tt.want {
					t.Errorf("asked for %q, want %d requests", s.asked, tt.want)
				}
				if got := supported(rec, telltale.KindExposure); got != (tt.want > 0) {
					t.Errorf("stated %q", claims(rec))
				}
				b.finish()
				if len(s.asked) != tt.want {
					t.Errorf("resumed, it asked again: %q", s.asked)
				}
			})
		})
	}
}

// TestExposeCutOff ends the run in the middle of a visit. The budget of a
// host is that of the case, however often it is resumed.
func TestExposeCutOff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		how  func(b *bed, cancel context.CancelFunc)
		want error
	}{
		{"signal", func(_ *bed, cancel context.CancelFunc) { cancel() }, bench.ErrStopped},
		{"crash", func(b *bed, _ context.CancelFunc) { _ = b.open.Close() }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := openSite()
				b := exposed(t, s, collector)
				b.scenario.Limits.Requests = 3
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.before = func(n int) {
					if n == 3 {
						tt.how(b, cancel)
					}
				}
				if err := b.run(ctx); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
					t.Fatalf("the run ended with %v", err)
				}
				s.before = nil
				rec := b.finish()
				flows := 0
				for _, f := range rec.Flows {
					if f.Sensor == "expose" {
						flows++
					}
				}
				if flows > 3 {
					t.Errorf("%d requests were recorded, the limit is 3: %q", flows, s.asked)
				}
				if !slices.ContainsFunc(rec.Visits, func(v telltale.Visit) bool { return v.Host == collector && v.Listing }) && tt.want != nil {
					t.Errorf("visits: %+v", rec.Visits)
				}
			})
		})
	}
}
