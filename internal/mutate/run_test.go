package mutate_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/mutate"
)

// verifiers of which is known what they overlook.
func blind(string, string, string) ([]mutate.Saying, error) { return nil, nil }

// sharp compares with the case as it was, and names every file that differs.
func sharp(was mutate.Tree) mutate.Verifier {
	return func(dir, _, _ string) ([]mutate.Saying, error) {
		now, err := mutate.Load(dir)
		var out []mutate.Saying
		for _, name := range was.Changed(now) {
			out = append(out, mutate.Saying{File: name, What: "differs", Problem: true})
		}
		return out, err
	}
}

// vague sees that something is wrong and does not say where.
func vague(was mutate.Tree) mutate.Verifier {
	return func(dir, key, checkpoint string) ([]mutate.Saying, error) {
		out, err := sharp(was)(dir, key, checkpoint)
		for i := range out {
			out[i].File = "somewhere"
		}
		return out, err
	}
}

func TestAVerifierIsJudgedByWhatItNames(t *testing.T) {
	t.Parallel()
	dir, _ := sample(t, 1)
	before, other := load(t, dir), load(t, sampleDir(t, 2))
	for _, one := range []struct {
		name    string
		verify  mutate.Verifier
		verdict mutate.Verdict
	}{{"blind", blind, mutate.Unnoticed}, {"vague", vague(before), mutate.Unnamed}, {"sharp", sharp(before), mutate.Named}} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			rng, left := rand.New(rand.NewPCG(3, 3)), 100
			to := t.TempDir()
			report, err := mutate.Run(mutate.Options{Case: before, Dir: to, Workers: 2, Verify: one.verify}, func() (mutate.Mutation, bool) {
				left--
				return mutate.Random(rng, before, other), left >= 0
			})
			if err != nil {
				t.Fatal(err)
			}
			if report.Mutations != 100 || report.Named+report.Noted+len(report.Missed) != 100 {
				t.Errorf("of 100 mutations: %d done, %d named, %d noted, %d missed", report.Mutations, report.Named, report.Noted, len(report.Missed))
			}
			if one.verdict == mutate.Named && report.Named != 100 {
				t.Errorf("missed: %v", report.Missed)
			}
			for _, miss := range report.Missed {
				if miss.Verdict != one.verdict {
					t.Errorf("%v, want %v", miss, one.verdict)
				}
			}
			for _, worker := range []string{"0", "1"} {
				if left := before.Changed(load(t, filepath.Join(to, worker))); len(left) > 0 {
					t.Errorf("not brought back: %v", left)
				}
			}
		})
	}
}

func sampleDir(t *testing.T, seed uint64) string {
	t.Helper()
	dir, _ := sample(t, seed)
	return dir
}

// TestACaseThatDoesNotHoldIsNotMutated: what is wrong before cannot be told
// from what is wrong after.
func TestACaseThatDoesNotHoldIsNotMutated(t *testing.T) {
	t.Parallel()
	before := load(t, sampleDir(t, 1))
	wrong := func(dir, _, _ string) ([]mutate.Saying, error) {
		_, err := os.Stat(filepath.Join(dir, "format"))
		return []mutate.Saying{{File: "format", What: "is wrong", Problem: true}}, err
	}
	next := mutate.Each([]mutate.Mutation{{What: "nothing left", After: before.With("format", nil)}})
	if _, err := mutate.Run(mutate.Options{Case: before, Dir: t.TempDir(), Verify: wrong}, next); err == nil {
		t.Error("a case that does not hold is mutated")
	}
}
