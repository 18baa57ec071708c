//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sandbox"
)

// TestMain makes the test binary the first process of its sandboxes, the
// programs that run in them, and the owner that is killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		// The race detector would have os.Exit wait for a second.
		switch os.Args[1] {
		case "sandbox-init":
			unix.Exit(sandbox.Init())
		case "inside":
			unix.Exit(inside(os.Args[2:]))
		case "forbidden":
			unix.Exit(forbidden())
		case "serve":
			unix.Exit(serve())
		case "owner":
			unix.Exit(owner(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}
