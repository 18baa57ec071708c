package bench_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale"
)

// filter copies and drops what holds kkword.
func filter() *world {
	return &world{rules: []rule{{all: []string{"kkword"}}}, drops: true, copies: always}
}

var filtered = []string{"xx kkword yy", "marblewood", "tintagel"}

func TestFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		world *world
		cell  telltale.Cell
		kinds []telltale.Kind // of the supported findings
		spare []telltale.Kind
	}{
		{"copies and drops", filter(), telltale.CellDroppedCopied,
			[]telltale.Kind{telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindDestination}, nil},
		{"drops", &world{rules: filter().rules, drops: true}, telltale.CellDropped,
			[]telltale.Kind{telltale.KindSuppression, telltale.KindTrigger}, []telltale.Kind{telltale.KindCopy, telltale.KindDestination}},
		{"copies", &world{rules: filter().rules, copies: always, lag: pace}, telltale.CellDeliveredCopied,
			[]telltale.Kind{telltale.KindCopy, telltale.KindTrigger, telltale.KindDestination}, []telltale.Kind{telltale.KindSuppression}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rec := newBed(t, tt.world, question(filtered...)).finish()
				if len(rec.Isolations) != 1 {
					t.Fatalf("isolations: %+v", rec.Isolations)
				}
				iso := rec.Isolations[0]
				if !iso.Exact || !slices.Equal(iso.Words, []string{"kkword"}) || iso.Cell != tt.cell {
					t.Errorf("isolated %q (exact: %v, %s), cell %s", iso.Words, iso.Exact, iso.Why, iso.Cell)
				}
				for _, kind := range tt.kinds {
					if !supported(rec, kind) {
						t.Errorf("no %s among %q", kind, claims(rec))
					}
				}
				for _, kind := range tt.spare {
					if supported(rec, kind) {
						t.Errorf("a %s among %q", kind, claims(rec))
					}
				}
				for _, f := range rec.Findings {
					if slices.ContainsFunc(filtered[1:], func(w string) bool { return strings.Contains(f.Claim.Key(), w) }) {
						t.Errorf("a decoy is blamed: %s", f.Claim.Key())
					}
				}
				counted(t, rec)
			})
		})
	}
}

func supported(rec *telltale.Record, kind telltale.Kind) bool {
	return slices.ContainsFunc(rec.Findings, func(f telltale.Finding) bool {
		return f.Claim.Kind == kind && f.Verdict == telltale.Supported
	})
}

// Where every message of an account is copied, the copy says nothing about
// words, and what is dropped besides does.
func TestWordsOfAWatchedAccount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{rules: filter().rules, drops: true, watched: accounts()[0].Name}
		rec := newBed(t, w, question(filtered...)).finish()
		i := slices.IndexFunc(rec.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindTrigger })
		if i < 0 {
			t.Fatalf("no trigger among %q, isolated %+v", claims(rec), rec.Isolations)
		}
		f := rec.Findings[i]
		if f.Verdict != telltale.Supported || f.Claim.Cell != telltale.CellDropped || !slices.Equal(f.Claim.Words, []string{"kkword"}) {
			t.Errorf("%s %s: %q", f.Verdict, f.Claim.Cell, f.Claim.Words)
		}
	})
}

func TestCleanApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		rec := newBed(t, w, question(filtered...)).finish()
		if len(rec.Findings) > 0 || len(rec.Isolations) > 0 {
			t.Errorf("stated %q, isolated %+v", claims(rec), rec.Isolations)
		}
		// 6 of contact each way, then each word and its control each way in 2 blocks.
		if want := 2*6 + 2*2*2*len(filtered); len(w.sent) != want {
			t.Errorf("%d messages were typed, want %d", len(w.sent), want)
		}
		if w.closes != 1 || w.stops != 1 {
			t.Errorf("the driver was closed %d times and the sensor stopped %d times", w.closes, w.stops)
		}
	})
}

// A text of many words is searched for all of its rules.
func TestArticle(t *testing.T) {
	t.Parallel()
	const text = "In the morning we walked along the old harbour, kkword was sold there beside bread and fish, and later, " +
		"when the rain had stopped, somebody played fiddlefoo under the bridge until the lamps were lit by barbaz and his son."
	synctest.Test(t, func(t *testing.T) {
		w := &world{rules: []rule{{all: []string{"kkword"}}, {all: []string{"fiddlefoo", "barbaz"}}}, drops: true}
		rec := newBed(t, w, question(text, "marblewood")).finish()
		var got [][]string
		for _, iso := range rec.Isolations {
			if !iso.Exact {
				t.Errorf("%q is not proven: %s", iso.Words, iso.Why)
			}
			got = append(got, iso.Words)
		}
		slices.SortFunc(got, slices.Compare)
		if want := [][]string{{"barbaz", "fiddlefoo"}, {"kkword"}}; !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("isolated %q, want %q", got, want)
		}
		for _, words := range got {
			if !slices.ContainsFunc(rec.Findings, func(f telltale.Finding) bool {
				return f.Claim.Kind == telltale.KindTrigger && f.Verdict == telltale.Supported && slices.Equal(f.Claim.Words, words)
			}) {
				t.Errorf("no trigger %q among %q", words, claims(rec))
			}
		}
		asked := 0
		for _, p := range rec.Probes {
			if p.Arm == telltale.ArmIsolate {
				asked++
			}
		}
		if asked > 120 {
			t.Errorf("%d messages were typed to isolate two rules", asked)
		}
		t.Logf("%d messages", asked)
	})
}

// What cannot be put ends a search of an article without a proof.
func TestArticleThatCannotBeTyped(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a quiet sentence of no concern ", 3) + "kkword"
	synctest.Test(t, func(t *testing.T) {
		w := filter()
		w.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if strings.Contains(m.Text, "\u3007") || strings.HasPrefix(m.Text, "kkword") {
				return telltale.Receipt{Probe: m.Probe, Typed: m.Text, Outcome: telltale.Void, Reason: "refused", Sent: time.Now(), Settled: time.Now()}, nil
			}
			return typed(m), nil
		}
		q := question(text)
		q.Limits.Voids = 0
		rec := newBed(t, w, q).finish()
		if len(rec.Isolations) != 1 || rec.Isolations[0].Exact || !strings.Contains(rec.Isolations[0].Why, "could not be put") {
			t.Errorf("isolated %+v", rec.Isolations)
		}
	})
}
