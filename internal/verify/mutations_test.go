package verify_test

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/mutate"
	"example.org/telltale/internal/verify"
)

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

func withstand(t *testing.T, tree mutate.Tree, next func() (mutate.Mutation, bool), by mutate.Verifier) {
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

// TestTheSampleHolds: what is derived in it, too.
func TestTheSampleHolds(t *testing.T) {
	t.Parallel()
	tree, _ := sampled(t, 1)
	dir := t.TempDir()
	if err := tree.Save(dir); err != nil {
		t.Fatal(err)
	}
	if r := holds(t, dir, verify.Options{}); !r.Recomputed || !r.Finished || len(r.Record.Findings) == 0 || len(r.Stamps) != 1 || len(r.Witnesses) != 1 {
		t.Errorf("%+v", *r)
	}
}

// TestRandomMutationsAreNamed: whatever is done to whichever file.
func TestRandomMutationsAreNamed(t *testing.T) {
	t.Parallel()
	tree, _ := sampled(t, 1)
	other, _ := sampled(t, 2)
	rng, left := rand.New(rand.NewPCG(7, 7)), 1000
	if testing.Short() {
		left = 100
	}
	withstand(t, tree, func() (mutate.Mutation, bool) {
		left--
		return mutate.Random(rng, tree, other), left >= 0
	}, mutate.Checked(false))
}

// TestStructuralMutationsAreNamed: all of those that somebody who knows the
// format would try; short tests try some of them.
func TestStructuralMutationsAreNamed(t *testing.T) {
	t.Parallel()
	tree, forger := sampled(t, 1)
	other, _ := sampled(t, 2)
	all, err := mutate.Structural(tree, other, forger, 60)
	if err != nil {
		t.Fatal(err)
	}
	if testing.Short() {
		i := 0
		all = slices.DeleteFunc(all, func(mutate.Mutation) bool { i++; return i%12 != 0 })
	}
	withstand(t, tree, mutate.Each(all), mutate.Checked(false))
}

// TestFindingsThatWereStatedAnewAreNamed: by somebody who has the key, and
// signs a case that is whole but for what follows from it.
func TestFindingsThatWereStatedAnewAreNamed(t *testing.T) {
	t.Parallel()
	tree, forger := sampled(t, 1)
	forged, err := forger.Findings(tree)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := forged.Save(dir); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, verify.Options{SkipReplay: true})
	named(t, dir, verify.Options{}, "finding 1 of those that follow from the raw records is not stated")
}
