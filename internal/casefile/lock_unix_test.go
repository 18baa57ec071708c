//go:build unix

package casefile

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAChildThatBeginsDoesNotKeepTheLock: it shares its parent's files until it
// becomes another program.
func TestAChildThatBeginsDoesNotKeepTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	f, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(child) }() // nothing was written
	if err := release(f); err != nil {
		t.Fatal(err)
	}
	again, err := acquire(path)
	if err != nil {
		t.Fatalf("the lock is still held: %v", err)
	}
	if err := release(again); err != nil {
		t.Error(err)
	}
}
