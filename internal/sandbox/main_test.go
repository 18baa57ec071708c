//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"os"
	"testing"

	"example.org/telltale/internal/sandbox"
)

// TestMain makes the test binary the first process of its sandboxes, the
// programs that run in them, and the owner that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "sandbox-init":
			os.Exit(sandbox.Init())
		case "inside":
			os.Exit(inside(os.Args[2:]))
		case "owner":
			os.Exit(owner(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}
