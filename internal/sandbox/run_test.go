//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"bytes"
	"os"
	"testing"

	"example.org/telltale/internal/sandbox"
)

// box is a sandbox under test with what it wrote.
type box struct {
	*sandbox.Sandbox
	t   *testing.T
	out bytes.Buffer
}

// needSandbox skips the test where there can be no sandbox, unless real parts
// are required.
func needSandbox(t *testing.T) {
	t.Helper()
	err := sandbox.Check()
	if err != nil && os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
}

// start runs the function of this test binary with a name, inside. What it
// sends is read and forgotten.
func start(t *testing.T, c sandbox.Config, args ...string) *box {
	t.Helper()
	b := startLink(t, c, args...)
	go func() {
		for buffer := make([]byte, sandbox.MTU); ; {
			if _, err := b.Link().Read(buffer); err != nil {
				return // it is closed
			}
		}
	}()
	return b
}

// startLink is start, with the link left to the test.
func startLink(t *testing.T, c sandbox.Config, args ...string) *box {
	t.Helper()
	needSandbox(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t}
	c.Self = []string{"/proc/self/exe", "sandbox-init"}
	if c.Args == nil {
		c.Args = append([]string{self, "inside"}, args...)
	}
	if c.Dir == "" {
		c.Dir = "/"
	}
	if c.Stdout == nil {
		c.Stdout = &b.out
	}
	c.Stderr = os.Stderr
	b.Sandbox, err = sandbox.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Link().Close() })
	return b
}

// end waits for the end and returns what was written.
func (b *box) end() (string, sandbox.Exit) {
	b.t.Helper()
	exit, err := b.Wait()
	if err != nil {
		b.t.Fatal(err)
	}
	return b.out.String(), exit
}

// run is start and end; the program has to succeed.
func run(t *testing.T, c sandbox.Config, args ...string) string {
	t.Helper()
	out, exit := start(t, c, args...).end()
	if exit != (sandbox.Exit{}) {
		t.Errorf("%v: %v, and it wrote:\n%s", args, exit, out)
	}
	return out
}
