package casefile_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
)

// TestWhatWasNotSignedIsSignedBeforeTheRunGoesOn: a run that was cut off
// between the end of a stage, its plan or its end and the signature.
func TestWhatWasNotSignedIsSignedBeforeTheRunGoesOn(t *testing.T) {
	t.Parallel()
	for what, put := range map[string]func(*casefile.Case) error{
		"a plan":  func(c *casefile.Case) error { return c.PutPlan(telltale.Plan{Program: "p"}) },
		"a stage": func(c *casefile.Case) error { return c.PutStage(telltale.Stage{Name: "contact", Done: true}) },
		"an end":  func(c *casefile.Case) error { return c.PutEnd("") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir, opts := filepath.Join(t.TempDir(), "case"), options(t)
			c, err := casefile.Create(dir, opts)
			must(t, err)
			must(t, put(c))
			must(t, c.Close())
			numbered := filepath.Join(dir, "checkpoints", "00000002")
			want, err := os.ReadFile(numbered)
			must(t, err)
			must(t, os.Remove(numbered))
			must(t, os.Remove(filepath.Join(dir, "checkpoint")))
			c, err = casefile.Open(dir, opts)
			must(t, err)
			must(t, c.PutResume("again"))
			must(t, c.Close())
			for _, name := range []string{numbered, filepath.Join(dir, "checkpoint")} {
				if got, err := os.ReadFile(name); err != nil || string(got) != string(want) {
					t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
				}
			}
		})
	}
}

// TestWhatWasNotCopiedIsCopiedBeforeTheRunGoesOn: a run that was cut off when
// a checkpoint had its number and was not yet copied.
func TestWhatWasNotCopiedIsCopiedBeforeTheRunGoesOn(t *testing.T) {
	t.Parallel()
	dir, opts := filepath.Join(t.TempDir(), "case"), options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	copied := filepath.Join(dir, "checkpoint")
	must(t, c.PutPlan(telltale.Plan{Program: "p"}))
	older, err := os.ReadFile(copied)
	must(t, err)
	must(t, c.PutResume("anything that is not signed at once"))
	must(t, c.Checkpoint())
	must(t, c.Close())
	want, err := os.ReadFile(copied)
	must(t, err)
	must(t, os.WriteFile(copied, older, 0o600))
	c, err = casefile.Open(dir, opts)
	must(t, err)
	must(t, c.Close())
	if got, err := os.ReadFile(copied); err != nil || string(got) != string(want) {
		t.Errorf("checkpoint holds %q (%v), want %q", got, err, want)
	}
}
