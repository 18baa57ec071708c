package bench_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

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
