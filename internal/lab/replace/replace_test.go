package replace_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/lab/replace"
)

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for _, content := range []string{"old", "new and longer", ""} {
		if err := replace.File(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Fatalf("%q, %v, want %q", got, err, content)
		}
	}
	if err := replace.File(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("a directory that is not there took a file")
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := replace.File(taken, []byte("x")); err == nil {
		t.Error("a file took the place of a directory")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
