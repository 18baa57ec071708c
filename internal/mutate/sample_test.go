package mutate_test

import (
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/mutate"
)

// sample writes a case and returns its directory.
func sample(t *testing.T, seed uint64) (string, casefile.Signer) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := mutate.Sample(dir, seed)
	if err != nil {
		t.Fatal(err)
	}
	return dir, key
}

// TestTheSampleHoldsSomethingOfEverything: what is not in it is not damaged.
func TestTheSampleHoldsSomethingOfEverything(t *testing.T) {
	t.Parallel()
	dir, key := sample(t, 1)
	tree, err := mutate.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(tree.Names(), "\n")
	for _, name := range []string{"blobs/", "ca/ca.key", "canary.key", "capture/proxy-2.pcapng", "checkpoint\n", "checkpoints/0000", "format",
		"index.sqlite", "key.pub", "lock", "log/entries.jsonl", "log/torn-", "report.html", "report.json", "stamps/", "witness/journalist.pub"} {
		if !strings.Contains(all, name) {
			t.Errorf("there is no %s in\n%s", name, all)
		}
	}
	r, err := casefile.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Plan == nil || r.Ended == nil || r.PublicKey != key.Verifier() || len(r.Record.Layers) == 0 || len(r.Record.Findings) == 0 {
		t.Errorf("plan %v, end %v, key %s, %d layers, %d findings", r.Plan, r.Ended, r.PublicKey, len(r.Record.Layers), len(r.Record.Findings))
	}
	if other, _ := sample(t, 2); len(tree.Changed(load(t, other))) == 0 {
		t.Error("another seed gives the same case")
	}
}

func load(t *testing.T, dir string) mutate.Tree {
	t.Helper()
	tree, err := mutate.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestATreeIsWrittenAndBroughtBack: what is saved is what was loaded.
func TestATreeIsWrittenAndBroughtBack(t *testing.T) {
	t.Parallel()
	dir, _ := sample(t, 1)
	tree, to := load(t, dir), t.TempDir()
	if err := tree.Save(to); err != nil {
		t.Fatal(err)
	}
	if names := tree.Changed(load(t, to)); len(names) > 0 {
		t.Errorf("changed by saving: %v", names)
	}
	bent := tree.With("format", []byte("x")).With("lock", nil).With("new/file", []byte("y"))
	if names := strings.Join(bent.Changed(tree), " "); names != "format lock new/file" {
		t.Errorf("changed: %s", names)
	}
}
