package bench_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/bench"
)

// TestResume cuts a run off at many places, goes on, and wants the same
// answers to the same questions, each counted once.
func TestResume(t *testing.T) {
	t.Parallel()
	var whole *telltale.Record
	synctest.Test(t, func(t *testing.T) { whole = newBed(t, resumed(), question(filtered...)).finish() })
	keys := counted(t, whole)
	for n := 1; n <= len(whole.Probes); n += 7 {
		for _, cut := range []struct {
			name  string
			after bool
			how   func(b *bed, cancel context.CancelFunc)
		}{
			{"signal", false, func(_ *bed, cancel context.CancelFunc) { cancel() }},
			{"signal behind the message", true, func(_ *bed, cancel context.CancelFunc) { cancel() }},
			{"crash", false, func(b *bed, _ context.CancelFunc) { _ = b.open.Close() }},
			{"crash behind the message", true, func(b *bed, _ context.CancelFunc) { _ = b.open.Close() }},
		} {
			t.Run(fmt.Sprintf("%s %d", cut.name, n), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBed(t, resumed(), question(filtered...))
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					b.world.behave = func(_ context.Context, call int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
						if call == n && !cut.after {
							cut.how(b, cancel)
						}
						r := typed(m)
						if call == n && cut.after {
							cut.how(b, cancel)
						}
						return r, nil
					}
					if err := b.run(ctx); err == nil {
						t.Fatal("the run was not cut off")
					}
					pass(t.Context(), time.Second)
					rec := b.finish()
					if diff := cmp.Diff(claims(whole), claims(rec)); diff != "" {
						t.Errorf("findings (-whole +resumed):\n%s", diff)
					}
					if diff := cmp.Diff(keys, counted(t, rec)); diff != "" {
						t.Errorf("what counts (-whole +resumed):\n%s", diff)
					}
					if len(rec.Isolations) != 1 || !rec.Isolations[0].Exact {
						t.Errorf("isolations: %+v", rec.Isolations)
					}
					onceEach(t, rec)
				})
			})
		}
	}
}

// TestResumeBehindTheSearch: a search waits no longer than copies take, and
// the whole window is waited for at the end of the run. If it is cut off between
// the two, the last questions are put again, and the result rests on those.
func TestResumeBehindTheSearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		quick := func() *world { w := resumed(); w.lag = 0; return w }
		asked := question(filtered...)
		asked.Window = 2 * time.Second
		whole := newBed(t, quick(), asked).finish()
		b := newBed(t, quick(), asked)
		b.staged = func(name string) {
			if name == "follow" {
				_ = b.open.Close()
			}
		}
		if err := b.run(t.Context()); err == nil {
			t.Fatal("the run was not cut off")
		}
		b.staged = nil
		pass(t.Context(), time.Second)
		typed := len(b.world.sent)
		rec := b.finish()
		if len(b.world.sent) == typed {
			t.Fatal("no question was put again: the test shows nothing")
		}
		if diff := cmp.Diff(claims(whole), claims(rec)); diff != "" {
			t.Errorf("findings (-whole +resumed):\n%s", diff)
		}
		if n := len(rec.Isolations); n != 2 || attribute.CheckCertificate(rec, rec.Isolations[n-1]) != nil {
			t.Errorf("isolations: %+v", rec.Isolations)
		}
		onceEach(t, rec)
	})
}

func resumed() *world {
	w := filter()
	w.drops, w.lag = false, pace/4
	return w
}

// onceEach wants no question put again that had its answer: a copy that was
// seen, or silence that was watched to the end of the window.
func onceEach(t *testing.T, rec *telltale.Record) {
	t.Helper()
	copied := map[string]bool{}
	for _, l := range rec.Layers {
		for _, id := range l.Probes {
			copied[id] = true
		}
	}
	answered, last := map[string]bool{}, rec.LastReceipts()
	for _, p := range rec.Probes {
		if answered[p.Key] {
			t.Errorf("%s was typed again as %s", p.Key, p.ID)
		}
		r := last[p.ID]
		end := r.Sent.Add(rec.Scenario.Window)
		heard := slices.ContainsFunc(rec.Listening, func(s telltale.Span) bool {
			return !s.From.After(r.Sent) && !s.To.Before(end)
		})
		answered[p.Key] = r.Outcome != telltale.Void && r.Outcome != "" && (copied[p.ID] || heard)
	}
}

// TestResumeWhenDone: there is nothing left to type, and nothing is said twice.
func TestResumeWhenDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		first := b.finish()
		typed := len(b.world.sent)
		second := b.finish()
		if len(b.world.sent) != typed {
			t.Errorf("%d messages were typed again", len(b.world.sent)-typed)
		}
		if diff := cmp.Diff(first.Isolations, second.Isolations); diff != "" {
			t.Errorf("isolations:\n%s", diff)
		}
		if diff := cmp.Diff(first.Findings, second.Findings); diff != "" {
			t.Errorf("findings:\n%s", diff)
		}
		if len(first.Layers) != len(second.Layers) {
			t.Errorf("%d layers, before %d", len(second.Layers), len(first.Layers))
		}
	})
}

// TestResumeAfterLateArrival: what was asked under a key in a search that the
// correction overthrew is no answer to what is asked under it now.
func TestResumeAfterLateArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{rules: []rule{{all: []string{"kkword"}}}, drops: true}
		words := append([]string{"some words kkword and others behind it"}, filtered[1:]...)
		b := newBed(t, w, question(words...))
		// In the first run questions of the search are lost on the way that
		// hold no trigger, and lead it astray. Later the first does arrive.
		var lost []telltale.Receipt
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.behave = func(ctx context.Context, call int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			if screened := 12 + 8*len(words); call <= screened || r.Outcome == telltale.Dropped || len(lost) >= 4 {
				return r, nil
			}
			got := r
			got.Late = true
			lost = append(lost, got)
			if len(lost) == 4 {
				cancel()
			}
			r.Outcome, r.Got = telltale.Dropped, ""
			return r, nil
		}
		if err := b.run(ctx); !errors.Is(err, bench.ErrStopped) {
			t.Fatalf("the first run ended with %v", err)
		}
		w.late = lost[:1]
		rec := b.finish()
		whole := newBed(t, &world{rules: w.rules, drops: true}, question(words...)).finish()
		if diff := cmp.Diff(answered(whole), answered(rec)); diff != "" {
			t.Errorf("what was asked under the keys (-whole +resumed):\n%s", diff)
		}
		if diff := cmp.Diff(claims(whole), claims(rec)); diff != "" {
			t.Errorf("findings (-whole +resumed):\n%s", diff)
		}
		counted(t, rec)
	})
}

// answered gives the text that counts for each key of the searches.
func answered(rec *telltale.Record) map[string]string {
	out, cells := map[string]string{}, attribute.Cells(rec)
	for _, p := range rec.Probes {
		if p.Arm == telltale.ArmIsolate && cells[p.ID] != telltale.CellVoid {
			out[p.Key], _, _ = strings.Cut(p.Text, " "+p.Canary.Latin)
		}
	}
	return out
}

// TestResumeOtherApp: a case is about one app.
func TestResumeOtherApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		b.scenario.App.Files = []telltale.AppFile{{Path: "client.dat", Harvest: true}}
		b.files = map[string]string{"client.dat": "one"}
		b.finish()
		b.files["client.dat"] = "two"
		if err := b.run(t.Context()); err == nil || errors.Is(err, bench.ErrStopped) {
			t.Errorf("the run with a changed file ended with %v", err)
		}
		if b.world.closes != 2 {
			t.Errorf("the driver was closed %d times in two runs", b.world.closes)
		}
		b.sound()
	})
}

// TestCancelled: a signal in a long wait ends it, and the case is judged.
func TestCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		b.scenario.Listen = time.Hour
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("enough")
		time.AfterFunc(time.Minute, func() { cancel(cause) })
		if err := b.run(ctx); !errors.Is(err, bench.ErrStopped) || !errors.Is(err, cause) {
			t.Errorf("the run ended with %v", err)
		}
		if note := stage(b.sound(), "background").Note; note == "" {
			t.Error("the stage does not say that it was cut short")
		}
	})
}
