//go:build amd64 || arm64

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"example.org/telltale/internal/faults"
	"example.org/telltale/internal/faults/trial"
	"example.org/telltale/internal/verify"
)

// newTrials makes a bed for this test binary and runs an audit without a fault.
func newTrials(t *testing.T) (*trial.Bed, *trial.Clean) {
	t.Helper()
	self, err := os.Executable()
	mustDo(t, err)
	bed, err := trial.New(t.Context(), trial.Options{
		Program: self, Env: []string{"TELLTALE_TEST_PROGRAM=1", "GORACE=atexit_sleep_ms=0"},
		Driver: []string{self, trial.DriverCommand}, Dir: t.TempDir(), Verify: wrongWith,
	})
	mustDo(t, err)
	t.Cleanup(func() { mustDo(t, bed.Close()) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	clean, err := bed.Clean(ctx)
	if errors.Is(err, faults.ErrNotPermitted) && os.Getenv("TELLTALE_REQUIRE_REAL") != "1" {
		t.Skipf("not checked what failing system calls do to a run: %v", err)
	}
	mustDo(t, err)
	return bed, clean
}

// wrongWith lists what is wrong with a case.
func wrongWith(dir string) ([]string, error) {
	result, err := verify.Case(dir, verify.Options{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range result.Problems {
		out = append(out, p.String())
	}
	return out, nil
}

// tries puts an audit through faults: the first while it begins, the others
// while it is resumed.
func tries(t *testing.T, bed *trial.Bed, clean *trial.Clean, list ...faults.Fault) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := bed.Try(ctx, clean, list...)
	mustDo(t, err)
	for _, p := range out.Problems {
		t.Errorf("%v (%s): %s", list, out.At, p)
	}
}

// spread chooses n faults over all kinds and from the first call to the last,
// by a seed.
func spread(n, calls int, seed uint64) []faults.Fault {
	random, kinds := rand.New(rand.NewPCG(seed, 0)), faults.Kinds()
	out := make([]faults.Fault, n)
	for i, place := range random.Perm(n) {
		out[i] = faults.Fault{At: 1 + (place*calls+random.IntN(calls))/n, Kind: kinds[i%len(kinds)]}
	}
	return out
}

// TestAFaultAtAnyCallLosesNothing lets system calls of a run go wrong, each in
// a run of its own.
func TestAFaultAtAnyCallLosesNothing(t *testing.T) {
	t.Parallel()
	bed, clean := newTrials(t)
	n := 36
	if testing.Short() {
		n = 5
	}
	for _, f := range spread(n, len(clean.Calls), 1) {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			tries(t, bed, clean, f)
		})
	}
}

// TestFaultsWhileResumingLoseNothing: whoever picks up what a crash has left
// may crash as well.
func TestFaultsWhileResumingLoseNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: runs whole audits several times")
	}
	bed, clean := newTrials(t)
	calls := len(clean.Calls)
	for i, first := range spread(3, calls, 2) {
		// Picking up is in the first calls of a run; they are the ones to fail.
		second, third := spread(3, 60, 3)[2-i], spread(3, calls, 4)[i]
		t.Run(first.String()+", "+second.String(), func(t *testing.T) {
			t.Parallel()
			tries(t, bed, clean, first, second, third)
		})
	}
}
