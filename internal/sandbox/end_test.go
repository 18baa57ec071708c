//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

// TestUnsent: which sockets without an owner keep the box's network alive.
func TestUnsent(t *testing.T) {
	t.Parallel()
	const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
	for _, c := range []struct {
		line string
		want bool
	}{
		{"", false},
		{"   0: 02006F0A:A1B2 0700000A:0050 06 00000000:00000000 03:00000B5F 00000000     0\n", false}, // TIME-WAIT
		{"   0: 02006F0A:A1B2 0700000A:0050 05 00000000:00000000 00:00000000 00000000     0\n", false}, // FIN-WAIT-2
		{"   0: 02006F0A:A1B2 0700000A:0050 04 00012345:00000000 01:00000014 00000000     0\n", true},
		{"   0: 02006F0A:A1B2 0700000A:0050 09 00000001:00000000 01:00000014 00000000     0\n", true},
	} {
		if got := sandbox.Unsent(heading + c.line); got != c.want {
			t.Errorf("%q: %v", c.line, got)
		}
	}
}

// TestLastPacket: what a program sends before it ends is read, though the
// program is gone by then.
func TestLastPacket(t *testing.T) {
	t.Parallel()
	const packets = 100
	b := startLink(t, sandbox.Config{}, "burst", "192.0.2.7:9", strconv.Itoa(packets))
	if b.Kind() != "tun" {
		b.end()
		t.Skip("a TUN device keeps what it was given; a veth pair goes with its first end")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := b.Wait()
		ended <- err
	}()
	buffer := make([]byte, sandbox.MTU)
	for got := 0; got < packets; {
		n, err := b.Link().Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(string(buffer[:n]), "burst") {
			got++
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
