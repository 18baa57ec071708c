package exec_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/driver/exec"
)

// babysit is a parent that starts a stubborn driver, prints its pid, and
// waits to be killed.
func babysit() int {
	d := exec.New(exec.Config{Command: []string{os.Args[0]}, Env: []string{behave + "=stubborn"}})
	desc, err := d.Describe(context.Background())
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(desc.App.Version)
	hang()
	return 0
}

// awaitEnd waits until a process has ended, by a handle on the process, so
// that another process with the same number is not mistaken for it.
func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Minute.Milliseconds()))
	if err != nil || n != 1 {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

func TestCloseKillsTheStubbornAndTheirChildren(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"stubborn", "breeds"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			d := driver(t, how, time.Minute)
			desc, err := d.Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Send(t.Context(), typing("p1"))
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{desc.App.Version, r.Reason} {
				if pid, err := strconv.Atoi(s); err == nil {
					awaitEnd(t, pid)
				}
			}
		})
	}
}

func TestKilledParentLeavesNoDriverBehind(t *testing.T) {
	t.Parallel()
	parent := osexec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), behave+"=babysit")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	awaitEnd(t, pid)
}
