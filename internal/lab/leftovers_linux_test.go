package lab_test

import (
	"bufio"
	"os"
	osexec "os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/lab/labdir"
)

// pidHandle is a handle on a process that is not mistaken for another one
// with the same number later.
func pidHandle(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func awaitEnd(t *testing.T, name string, fd int) {
	t.Helper()
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Minute.Milliseconds()))
	if err != nil || n != 1 {
		t.Errorf("%s is still there: %v", name, err)
	}
}

func TestKilledSupervisorLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	supervisor := osexec.CommandContext(t.Context(), os.Args[0])
	supervisor.Env = append(os.Environ(), supervise+"="+dir)
	in, err := supervisor.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := supervisor.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := supervisor.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "up\n" {
		t.Fatalf("the supervisor says %q, %v", line, err)
	}
	state, err := labdir.Dir(dir).Load()
	if err != nil {
		t.Fatal(err)
	}
	handles := map[string]int{}
	for _, role := range state.Roles {
		handles[role.Name] = pidHandle(t, role.PID)
	}
	if err := supervisor.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = supervisor.Wait()
	for name, fd := range handles {
		awaitEnd(t, name, fd)
	}
	// The directory can be used again at once.
	network := up(t, "clean", 3, dir)
	mustDeliver(t, openDriver(t, network), "p1", "bob", "alice", "still here")
}
