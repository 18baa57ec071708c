//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"example.org/telltale/internal/sandbox"
)

// TestDaemon: what outlives the program is waited for.
func TestDaemon(t *testing.T) {
	t.Parallel()
	stdin, feed := pipe(t)
	b := start(t, sandbox.Config{
		Stdin: stdin, Args: []string{"sh", "-c", `exec 3<&0; (cat <&3; echo done) & exit 3`},
	})
	if _, err := io.WriteString(feed, "late "); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if out, exit := b.end(); out != "late done\n" || exit.Code != 3 {
		t.Errorf("%v: %q", exit, out)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// ready starts a program and waits for its first line.
func ready(t *testing.T, c sandbox.Config, args ...string) *box {
	t.Helper()
	r, w := pipe(t)
	c.Stdout = w
	b := start(t, c, args...)
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStop(t *testing.T) {
	t.Parallel()
	b := ready(t, sandbox.Config{Args: []string{"sh", "-c", "echo ready; exec tail -f /dev/null"}})
	if err := b.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if exit, err := b.Wait(); err != nil || exit.Signal != 15 {
		t.Errorf("%v, %v", exit, err)
	}
}

func TestStopStubborn(t *testing.T) {
	t.Parallel()
	b := ready(t, sandbox.Config{}, "stubborn")
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Stop(over); err != nil {
		t.Fatal(err)
	}
	if exit, err := b.Wait(); err != nil || exit.Signal != 9 {
		t.Errorf("%v, %v", exit, err)
	}
}

// TestContext: the end of the context stops what runs.
func TestContext(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	r, w := pipe(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b, err := sandbox.Start(ctx, sandbox.Config{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Dir: "/", Stdout: w,
		Args: []string{"sh", "-c", "echo ready; exec tail -f /dev/null"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Link().Close()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	cancel()
	if exit, err := b.Wait(); err != nil || exit.Signal != 15 {
		t.Errorf("%v, %v", exit, err)
	}
}

// TestOwnerKilled: when the owner dies, even by SIGKILL, nothing inside
// stays. What runs inside holds the pipe open until then.
func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	cmd := exec.Command("/proc/self/exe", "owner")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Errorf("it wrote %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("after that: %q, %v", rest, err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the owner ended well")
	}
}

// owner runs a daemon that ends for SIGKILL alone, beside a program that
// does.
func owner([]string) int {
	self, err := os.Executable()
	if err == nil {
		var b *sandbox.Sandbox
		b, err = sandbox.Start(context.Background(), sandbox.Config{
			Self: []string{"/proc/self/exe", "sandbox-init"}, Dir: "/", Stdout: os.Stdout, Stderr: os.Stderr,
			Args: []string{"sh", "-c", self + " inside stubborn & exec tail -f /dev/null", self},
		})
		if err == nil {
			_, err = b.Wait()
		}
	}
	fmt.Fprintln(os.Stderr, "owner:", err)
	return 1
}
