package verify_test

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/mutate"
	"example.org/telltale/internal/verify"
)

// ask has the verifier say what it says of a case. What is derived in the
// sample does not follow from the rest.
func ask(dir, key, checkpoint string) ([]mutate.Saying, error) {
	r, err := verify.Case(dir, verify.Options{Key: key, Checkpoint: checkpoint, SkipReplay: true})
	if err != nil {
		return nil, err
	}
	var out []mutate.Saying
	for _, p := range r.Problems {
		out = append(out, mutate.Saying{File: p.File, Line: p.Line, What: p.What, Problem: true})
	}
	for _, p := range r.Notes {
		out = append(out, mutate.Saying{File: p.File, Line: p.Line, What: p.What})
	}
	return out, nil
}

// sampled writes a sample and reads it. The index is left out: it is compared
// with one that is built anew, which is not the verifier's affair.
func sampled(t *testing.T, seed uint64) (mutate.Tree, *mutate.Forger) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := mutate.Sample(dir, seed)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := mutate.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := mutate.NewSigner(seed + 100)
	if err != nil {
		t.Fatal(err)
	}
	return tree.With(format.IndexFile, nil), &mutate.Forger{Key: key, Other: other}
}

func withstand(t *testing.T, tree mutate.Tree, next func() (mutate.Mutation, bool)) {
	t.Helper()
	withstandBy(t, tree, next, ask)
}

func withstandBy(t *testing.T, tree mutate.Tree, next func() (mutate.Mutation, bool), by mutate.Verifier) {
	t.Helper()
	report, err := mutate.Run(mutate.Options{Case: tree, Dir: t.TempDir(), Workers: runtime.GOMAXPROCS(0), Verify: by}, next)
	if err != nil {
		t.Fatal(err)
	}
	for _, miss := range report.Missed[:min(20, len(report.Missed))] {
		t.Error(miss)
	}
	t.Logf("%d mutations: %d named, %d noted, %d missed", report.Mutations, report.Named, report.Noted, len(report.Missed))
}

// TestRandomMutationsAreNamed: whatever is done to whichever file.
func TestRandomMutationsAreNamed(t *testing.T) {
	t.Parallel()
	tree, _ := sampled(t, 1)
	other, _ := sampled(t, 2)
	rng, left := rand.New(rand.NewPCG(7, 7)), 1000
	if testing.Short() {
		left = 200
	}
	withstand(t, tree, func() (mutate.Mutation, bool) {
		left--
		return mutate.Random(rng, tree, other), left >= 0
	})
}

// TestStructuralMutationsAreNamed: all of those that somebody who knows the
// format would try.
func TestStructuralMutationsAreNamed(t *testing.T) {
	t.Parallel()
	tree, forger := sampled(t, 1)
	other, _ := sampled(t, 2)
	flips := 60
	if testing.Short() {
		flips = 6
	}
	all, err := mutate.Structural(tree, other, forger, flips)
	if err != nil {
		t.Fatal(err)
	}
	withstand(t, tree, mutate.Each(all))
}
