package bench_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/telltale"
)

// TestSamplingApp copies one match in three, and late.
func TestSamplingApp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{rules: filter().rules, lag: 7 * pace, copies: func(n int) bool { return n%3 == 2 }}
		s := question(filtered...)
		s.MaxTrials = 40
		rec := newBed(t, w, s).finish()
		if len(rec.Isolations) != 1 || !rec.Isolations[0].Exact || !slices.Equal(rec.Isolations[0].Words, []string{"kkword"}) {
			t.Errorf("isolations: %+v", rec.Isolations)
		}
		if !supported(rec, telltale.KindTrigger) {
			t.Errorf("stated %q", claims(rec))
		}
		for _, c := range claims(rec) {
			if strings.Contains(c, filtered[1]) || strings.Contains(c, filtered[2]) {
				t.Errorf("a decoy is blamed: %s", c)
			}
		}
		if most := s.MaxTrials * 2 * 2 * len(filtered); arm(rec, telltale.ArmTreatment)+arm(rec, telltale.ArmControl) > most {
			t.Errorf("more than %d messages in %d blocks", most, s.MaxTrials)
		}
		for _, p := range rec.Probes {
			if n := strings.LastIndexByte(p.Key, '/'); p.Arm == telltale.ArmIsolate && len(p.Key[n+1:]) > 2 {
				t.Errorf("a question was put a hundred times: %s", p.Key)
			}
		}
		counted(t, rec)
	})
}

// TestVoidIsNoSample: a trial that was void and put again does not make an
// app that copies every match look like one that copies some.
func TestVoidIsNoSample(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var want int
		for _, faulty := range []bool{false, true} {
			w := resumed()
			s := question(filtered...)
			s.MaxTrials = 40
			b := newBed(t, w, s)
			failed := false
			b.world.behave = faultyOnce(faulty, &failed)
			rec := b.finish()
			if failed != faulty {
				t.Fatal("the driver did not fail")
			}
			if got := len(counted(t, rec)); !faulty {
				want = got
			} else if got != want {
				t.Errorf("%d messages count, want %d", got, want)
			}
		}
	})
}

// faultyOnce has the driver fail before it types the first trigger.
func faultyOnce(faulty bool, failed *bool) func(context.Context, int, telltale.Typing, typist) (telltale.Receipt, error) {
	return func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
		if faulty && !*failed && filter().rules[0].hit(m.Text) {
			*failed = true
			return telltale.Receipt{}, errors.New("the window is gone")
		}
		return typed(m), nil
	}
}

// TestWatchedAccount: where every message is copied, words are not to blame,
// and no message is spent on them.
func TestWatchedAccount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		accounts []telltale.Account
	}{
		{"the only one", accounts()},
		{"one of two", append(accounts(), telltale.Account{Name: "c", Side: telltale.SideApp})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, &world{watched: "a"}, question(filtered...))
				b.scenario.Accounts, b.world.accounts = tt.accounts, tt.accounts
				rec := b.finish()
				if n := arm(rec, telltale.ArmIsolate); n > 0 || len(rec.Isolations) > 0 {
					t.Errorf("%d messages were spent on %+v", n, rec.Isolations)
				}
				if !supported(rec, telltale.KindCopy) || supported(rec, telltale.KindTrigger) {
					t.Errorf("stated %q", claims(rec))
				}
				if two := len(tt.accounts) > 2; two != supported(rec, telltale.KindTargeting) {
					t.Errorf("stated %q", claims(rec))
				}
			})
		})
	}
}

// TestWatchedAndFiltered: a filter shows on a watched account, too.
func TestWatchedAndFiltered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := newBed(t, &world{rules: filter().rules, drops: true, watched: "a"}, question(filtered...)).finish()
		if len(rec.Isolations) != 1 || !slices.Equal(rec.Isolations[0].Words, []string{"kkword"}) {
			t.Errorf("isolations: %+v", rec.Isolations)
		}
		if !slices.ContainsFunc(rec.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindSuppression }) {
			t.Errorf("stated %q", claims(rec))
		}
	})
}

// TestException: two words set the app off together, unless a third is there.
func TestException(t *testing.T) {
	t.Parallel()
	for _, swap := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{rules: []rule{{all: []string{"aaword", "bbword"}, without: []string{"ccword"}}}, drops: true, copies: always}
			words := []string{"aaword and bbword", "aaword and bbword or ccword", "marblewood"}
			if swap {
				slices.Reverse(words)
			}
			rec := newBed(t, w, question(words...)).finish()
			if len(rec.Isolations) != 1 {
				t.Fatalf("isolations: %+v", rec.Isolations)
			}
			iso := rec.Isolations[0]
			if !iso.Exact || !slices.Equal(iso.Words, []string{"aaword", "bbword"}) || !slices.Equal(iso.Without, []string{"ccword"}) {
				t.Errorf("isolated %q without %q (exact: %v, %s)", iso.Words, iso.Without, iso.Exact, iso.Why)
			}
			if !slices.ContainsFunc(rec.Findings, func(f telltale.Finding) bool {
				return f.Claim.Kind == telltale.KindTrigger && slices.Equal(f.Claim.Without, []string{"ccword"}) && f.Verdict == telltale.Supported
			}) {
				t.Errorf("stated %q", claims(rec))
			}
		})
	}
}
