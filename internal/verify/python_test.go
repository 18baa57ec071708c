package verify_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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
	elsewhere := t.TempDir()
	return func(dir, key, checkpoint string) ([]mutate.Saying, error) {
		args := []string{script, dir, key}
		if checkpoint != "" {
			file := filepath.Join(elsewhere, filepath.Base(filepath.Dir(dir))+"-"+filepath.Base(dir))
			if err := os.WriteFile(file, []byte(checkpoint), 0o600); err != nil {
				return nil, err
			}
			args = append(args, file)
		}
		return runPython(args)
	}
}

// runPython runs the script and reads what it says.
func runPython(args []string) ([]mutate.Saying, error) {
	var failed bytes.Buffer
	cmd := exec.CommandContext(context.Background(), "python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8")
	cmd.Stderr = &failed
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) || strings.Contains(failed.String(), "Traceback") {
		return nil, errors.Join(err, errors.New(failed.String()))
	}
	said := heard(string(out))
	if holds := strings.HasSuffix(string(out), ": holds\n"); holds != (err == nil) || holds == anyProblem(said) {
		return nil, errors.New("the exit code, the last line and the problems do not agree: " + string(out))
	}
	return said, nil
}

var spoken = regexp.MustCompile(`^(note: )?(.*?):(?:([0-9]+):)? (.*)$`)

// heard takes apart what the script says, but for the last line, which counts.
func heard(out string) []mutate.Saying {
	var said []mutate.Saying
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		m := spoken.FindStringSubmatch(line)
		if m == nil {
			m = []string{"", "", "", "", line}
		}
		number, _ := strconv.Atoi(m[3]) // none is 0
		said = append(said, mutate.Saying{File: strings.Trim(m[2], "'"), Line: number, What: m[4], Problem: m[1] == ""})
	}
	return said
}

func anyProblem(said []mutate.Saying) bool {
	for _, s := range said {
		if s.Problem {
			return true
		}
	}
	return false
}

// TestPythonHoldsWhatGoHolds: the cases that are kept for ever.
func TestPythonHoldsWhatGoHolds(t *testing.T) {
	t.Parallel()
	python := second(t)
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agree(t, python, unpack(t, name))
		})
	}
}

// agree has both readers look at a case, which both must take to hold.
func agree(t *testing.T, python mutate.Verifier, dir string) {
	t.Helper()
	goes, err := ask(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	said, err := python(dir, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if anyProblem(goes) || anyProblem(said) {
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
	step, drawn := 5, 80
	if testing.Short() {
		step, drawn = 41, 12
	}
	var some []mutate.Mutation
	for i := 0; i < len(all); i += step {
		some = append(some, all[i])
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for range drawn {
		some = append(some, mutate.Random(rng, tree, other))
	}
	withstandBy(t, tree, mutate.Each(some), both(t, python))
}

// both is Python, which must not differ from Go on whether a case holds.
func both(t *testing.T, python mutate.Verifier) mutate.Verifier {
	t.Helper()
	var mu sync.Mutex
	return func(dir, key, checkpoint string) ([]mutate.Saying, error) {
		said, err := python(dir, key, checkpoint)
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			t.Error(err)
			return nil, err
		}
		goes, err := ask(dir, key, checkpoint)
		if wrong := err != nil || anyProblem(goes); wrong != anyProblem(said) {
			mu.Lock()
			defer mu.Unlock()
			t.Errorf("Go says %v (%v), Python says %v", goes, err, said)
		}
		return said, nil
	}
}
