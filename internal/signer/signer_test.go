package signer_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/signer"
)

func TestLoadKeyMakesOneOnceAndRefusesRubbish(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys", "signing.key")
	first, err := signer.Load(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := signer.Load(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if first.Verifier() != second.Verifier() {
		t.Error("the key changed between two loads")
	}
	if err := os.WriteFile(path, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Load(path, rand.Reader); err == nil {
		t.Error("rubbish was taken for a key")
	}
}

// Runs that begin together make one key between them, and none reads half of it.
func TestProgramsThatStartTogetherAgreeOnAKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "signing.key")
	const programs = 16
	keys := make(chan string, programs)
	for range programs {
		go func() {
			key, err := signer.Load(path, rand.Reader)
			if err != nil {
				t.Error(err)
				keys <- ""
				return
			}
			keys <- key.Verifier()
		}()
	}
	first := <-keys
	for range programs - 1 {
		if key := <-keys; key != first {
			t.Errorf("two keys were made: %q and %q", first, key)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files beside the key, %v", len(left), err)
	}
}
