package verify_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"example.org/telltale/internal/mutate"
)

// second is the second reader of the format, docs/verify.py, or skips the test
// where it cannot run.
func second(t *testing.T) mutate.Verifier {
	t.Helper()
	for _, program := range []string{"python3", "zstd"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
				t.Fatalf("%s is not installed; scripts/setup installs it", program)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	script, err := filepath.Abs(filepath.Join("..", "..", "docs", "verify.py"))
	if err != nil {
		t.Fatal(err)
	}
	return mutate.Python(script, t.TempDir())
}

// TestPythonHoldsWhatGoHolds: the cases that are kept for ever.
func TestPythonHoldsWhatGoHolds(t *testing.T) {
	t.Parallel()
	python := second(t)
	names := fixtures(t)
	if testing.Short() {
		names = names[:1]
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agree(t, python, unpack(t, name))
		})
	}
}

// agree has both readers look at a case, which both must take to hold.
func agree(t *testing.T, python mutate.Verifier, dir string) {
	t.Helper()
	goes, err := mutate.Checked(false)(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	said, err := python(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if mutate.Wrong(goes) || mutate.Wrong(said) {
		t.Errorf("Go says %v, Python says %v", goes, said)
	}
}

// TestPythonNamesEveryMutation: it is held to the same rule, and whatever one
// of the two takes to hold, the other does too.
func TestPythonNamesEveryMutation(t *testing.T) {
	t.Parallel()
	python := second(t)
	tree, forger := sampled(t, 1)
	other, _ := sampled(t, 2)
	all, err := mutate.Structural(tree, other, forger, 2)
	if err != nil {
		t.Fatal(err)
	}
	step, drawn := 19, 40
	if testing.Short() {
		step, drawn = 71, 8
	}
	var some []mutate.Mutation
	for i := 0; i < len(all); i += step {
		some = append(some, all[i])
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for range drawn {
		some = append(some, mutate.Random(rng, tree, other))
	}
	withstand(t, tree, mutate.Each(some), both(t, python))
}

// both is Python, which must not differ from Go on whether a case holds.
func both(t *testing.T, python mutate.Verifier) mutate.Verifier {
	t.Helper()
	var mu sync.Mutex
	return func(dir, key, checkpoint string) ([]mutate.Saying, error) {
		said, err := python(dir, key, checkpoint)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
			return nil, err
		}
		goes, err := mutate.Checked(false)(dir, key, checkpoint)
		if wrong := err != nil || mutate.Wrong(goes); wrong != mutate.Wrong(said) {
			t.Errorf("Go says %v (%v), Python says %v", goes, err, said)
		}
		return said, nil
	}
}
