package bench_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/stamp/tsa"
	"example.org/telltale/internal/verify"
)

// nearby answers requests without a network.
type nearby struct{ http.Handler }

func (n nearby) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w.Result(), nil
}

const goodTime, noTime = "http://time.example.org/", "http://broken.example.org/"

// stampers gives a bed an authority, and one that fails. Every request is told to
// asked.
func stampers(t *testing.T, b *bed, asked func(authority string)) *tsa.Authority {
	t.Helper()
	a, err := tsa.New(tsa.Options{Clock: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	asker := stamp.Asker{Client: &http.Client{Transport: nearby{a}}, Random: rand.Reader}
	b.scenario.Timestamp = []string{noTime, goodTime}
	b.stamp = func(ctx context.Context, authority string, checkpoint []byte) ([]byte, error) {
		asked(authority)
		if authority == noTime {
			return nil, errors.New("the authority is out of order")
		}
		got, err := asker.Ask(ctx, authority, sha256.Sum256(checkpoint))
		if err != nil {
			return nil, err
		}
		return got.Response, nil
	}
	return a
}

// checkStamps has the case checked with the authority's root and returns its
// stamps.
func checkStamps(t *testing.T, dir string, a *tsa.Authority) []verify.Stamp {
	t.Helper()
	got, err := verify.Case(dir, verify.Options{Roots: a.Pool(), SkipReplay: true})
	if err != nil || !got.Holds || !got.Finished {
		t.Fatalf("the case does not hold: %v, %+v", err, got)
	}
	for _, s := range got.Stamps {
		if !s.Trusted || !s.Sealed {
			t.Errorf("%+v", s)
		}
	}
	return got.Stamps
}

// TestPlanAndFindingsAreStamped: the plan before anything is typed, the findings
// before the end. An authority that fails is told in the log, and changes
// nothing.
func TestPlanAndFindingsAreStamped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{}, question("one"))
		var typedBefore []int
		a := stampers(t, b, func(string) { typedBefore = append(typedBefore, len(b.open.Snapshot().Probes)) })
		rec := b.finish()
		stamps := checkStamps(t, b.dir, a)
		if len(stamps) != 2 || stamps[0].Size != 3 || stamps[1].Size <= stamps[0].Size {
			t.Fatalf("stamps %+v", stamps)
		}
		if len(typedBefore) != 4 || typedBefore[1] != 0 || typedBefore[2] != len(rec.Probes) {
			t.Errorf("they were asked when %v messages had been typed, of %d", typedBefore, len(rec.Probes))
		}
		var said []string
		for _, s := range rec.Stages {
			if s.Note != "" && !s.Done {
				said = append(said, s.Name+": "+s.Note)
			}
		}
		if want := "stamp-plan: the authority is out of order|stamp-findings: the authority is out of order"; strings.Join(said, "|") != want {
			t.Errorf("the log says %q", said)
		}
		if after := entriesAfter(t, b.dir, stamps[1].Size, "findings"); after != 0 {
			t.Errorf("%d findings were stated behind the last stamp", after)
		}
	})
}

// entriesAfter counts the entries of a type from a number on.
func entriesAfter(t *testing.T, dir string, from int64, kind string) (n int) {
	t.Helper()
	types, _ := logOf(t, dir)
	for _, have := range types[from:] {
		if have == kind {
			n++
		}
	}
	return n
}

// TestAStoppedRunIsStamped, and when it goes on its plan is not stamped again.
func TestAStoppedRunIsStamped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{}, question("one"))
		a := stampers(t, b, func(string) {})
		ctx, cancel := context.WithCancel(t.Context())
		b.world.behave = func(_ context.Context, call int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if call == 8 {
				cancel()
			}
			return typed(m), nil
		}
		if err := b.run(ctx); err == nil {
			t.Fatal("the run was not stopped")
		}
		if stamps := checkStamps(t, b.dir, a); len(stamps) != 2 {
			t.Errorf("a stopped run has the stamps %+v", stamps)
		}
		b.finish()
		if stamps := checkStamps(t, b.dir, a); len(stamps) != 3 {
			t.Errorf("the resumed run has the stamps %+v", stamps)
		}
	})
}

// TestAPlanThatWasNotStampedIsStampedLater: the run was cut off between plan and
// stamp.
func TestAPlanThatWasNotStampedIsStampedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{}, question("one"))
		stampers(t, b, func(string) { panic("cut off") })
		func() {
			defer func() { _ = recover(); _ = b.open.Close() }()
			_ = b.run(t.Context())
		}()
		if r, err := casefile.Read(b.dir); err != nil || r.Plan == nil {
			t.Fatalf("there is no plan: %v", err)
		}
		a := stampers(t, b, func(string) {})
		b.finish()
		if stamps := checkStamps(t, b.dir, a); len(stamps) != 2 {
			t.Errorf("the stamps are %+v", stamps)
		}
	})
}
