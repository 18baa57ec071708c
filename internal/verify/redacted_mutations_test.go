package verify_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/mutate"
	"example.org/telltale/internal/redact"
)

// redacted is a copy of a sample that texts and blobs were taken out of.
func redacted(t *testing.T, seed uint64) mutate.Tree {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := mutate.Sample(dir, seed)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "copy")
	r, err := redact.Run(context.Background(), dir, out, redact.Options{Mask: []string{"picnic", "key=0123456789abcdef"}, Signer: key})
	if err != nil {
		t.Fatal(err)
	}
	if r.Values == 0 || r.Withheld == 0 || r.Files == 0 {
		t.Fatalf("nothing was taken out: %+v", *r)
	}
	tree, err := mutate.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	return tree.With(format.IndexFile, nil)
}

// TestMutationsOfARedactedCopyAreNamed: what was taken out leaves no room for
// changes in what remains.
func TestMutationsOfARedactedCopyAreNamed(t *testing.T) {
	t.Parallel()
	tree := redacted(t, 1)
	other, _ := sampled(t, 2)
	rng, left := rand.New(rand.NewPCG(5, 5)), 500
	if testing.Short() {
		left = 60
	}
	withstand(t, tree, func() (mutate.Mutation, bool) {
		left--
		return mutate.Random(rng, tree, other), left >= 0
	}, mutate.Checked(false))
}

// TestPythonReadsRedactedCopies: whole ones, and damaged ones.
func TestPythonReadsRedactedCopies(t *testing.T) {
	t.Parallel()
	python := second(t)
	tree := redacted(t, 1)
	other, _ := sampled(t, 2)
	dir := filepath.Join(t.TempDir(), "copy")
	if err := tree.Save(dir); err != nil {
		t.Fatal(err)
	}
	agree(t, python, dir)
	rng, left := rand.New(rand.NewPCG(6, 6)), 25
	if testing.Short() {
		left = 6
	}
	withstand(t, tree, func() (mutate.Mutation, bool) {
		left--
		return mutate.Random(rng, tree, other), left >= 0
	}, both(t, python))
}
