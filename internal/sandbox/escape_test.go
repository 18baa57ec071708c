//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sandbox"
)

// attempt lets a program inside try something that must fail.
func attempt(t *testing.T, c sandbox.Config, what ...string) {
	t.Run(strings.Join(what, " "), func(t *testing.T) {
		t.Parallel()
		run(t, c, append([]string{"escape"}, what...)...)
	})
}

// openDir is a directory that every user may enter and this one may write.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sandbox-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// listen opens a socket of the host that takes whoever comes.
func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l
}

func TestHostSockets(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	hidden, seen := filepath.Join(dir, "hidden.sock"), filepath.Join(openDir(t), "seen.sock")
	abstract := "@telltale-" + filepath.Base(dir)
	for _, address := range []string{hidden, seen, abstract} {
		listen(t, "unix", address)
	}
	attempt(t, sandbox.Config{}, "dial", abstract)
	attempt(t, sandbox.Config{}, "dial", hidden)
	attempt(t, sandbox.Config{Writable: []string{filepath.Dir(seen)}}, "dial", seen)
	attempt(t, sandbox.Config{}, "dial", listen(t, "tcp", "127.0.0.1:0").Addr().String())
	attempt(t, sandbox.Config{}, "family", strconv.Itoa(unix.AF_VSOCK))
	attempt(t, sandbox.Config{}, "family", strconv.Itoa(unix.AF_ALG))
}

// TestRelativeSocket: a socket that was bound by a relative path, in the
// directory that the program runs in.
func TestRelativeSocket(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	dir := openDir(t)
	cmd := exec.Command("/proc/self/exe", "serve")
	cmd.Dir = dir
	stdin, feed := pipe(t)
	cmd.Stdin = stdin
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		feed.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := dial(filepath.Join(dir, "relative.sock")); err != nil {
		t.Fatal("the server does not answer outside:", err)
	}
	attempt(t, sandbox.Config{Dir: dir}, "dial", filepath.Join(dir, "relative.sock"))
}

// serve listens in its working directory until its standard input ends.
func serve() int {
	l, err := net.Listen("unix", "relative.sock")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	if err = errors.Join(err, l.Close()); err != nil {
		return 1
	}
	return 0
}

func TestSocketPath(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"Num       RefCount Protocol Flags    Type St Inode Path\n":                  "",
		"0000000036da2bb9: 00000003 00000000 00000000 0001 03  1506\n":               "",
		"0000000036da2bb9: 00000003 00000000 00010000 0001 01  1506 /run/a socket\n": "/run/a socket",
		"0000000036da2bb9: 00000003 00000000 00010000 0001 01 21506 here.sock\n":     "here.sock",
		"0000000036da2bb9: 00000003 00000000 00010000 0001 01 21506 @abstract\n":     "",
		"0000000036da2bb9: 00000003 00000000 00010000 0001 01 21506\n":               "",
	} {
		if got := sandbox.SocketPath(line); got != want {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}

func TestHostFiles(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(openDir(t), "marker")
	if err := os.WriteFile(marker, []byte("private"), 0o644); err != nil {
		t.Fatal(err)
	}
	// Named on the command line, it would be shown.
	attempt(t, sandbox.Config{Env: []string{"MARKER=" + marker}}, "read", "$MARKER")
	for _, what := range [][]string{
		{"write", "/etc/telltale"}, {"write", "/usr/telltale"}, {"append", "/etc/passwd"},
		{"chmod", "/etc/passwd"}, {"remove", "/etc/passwd"},
		{"write", "/proc/sys/kernel/printk"}, {"append", "/proc/sysrq-trigger"}, {"write", "/proc/sys/net/ipv4/ip_forward"},
		{"read", "/proc/kcore"}, {"read", "/proc/kmsg"}, {"read", "/proc/keys"},
		{"append", "/sys/kernel/mm/ksm/run"}, {"write", "/sys/kernel/telltale"},
		{"list", "/proc/1/root"}, {"list", "/proc/1/root/etc"}, {"list", "/proc/1/cwd"}, {"read", "/proc/1/fd/0"},
		{"read", "/proc/1/environ"}, {"read", "/proc/1/exe"}, {"append", "/proc/1/mem"},
		{"device", "/tmp/disk"}, {"append", "/dev/kmsg"}, {"list", "/dev/net"}, {"list", "/dev/disk"}, {"write", "/dev/telltale"},
	} {
		attempt(t, sandbox.Config{}, what...)
	}
}

func TestHostKernel(t *testing.T) {
	t.Parallel()
	for _, what := range [][]string{
		{"mount", "/tmp"}, {"mount", "/proc"}, {"unshare", "/tmp"}, {"unshare", "/proc"},
		{"netlink", sandbox.LinkName}, {"netlink", "lo"}, {"kill", strconv.Itoa(os.Getpid())}, {"ptrace", "1"},
		{"terminal", "0"}, {"join", "/proc/1/ns/net"}, {"join", "/proc/self/ns/net"}, {"limit", "core"},
	} {
		attempt(t, sandbox.Config{}, what...)
	}
	for _, number := range []int{
		unix.SYS_MOUNT, unix.SYS_MOVE_MOUNT, unix.SYS_SETNS, unix.SYS_BPF, unix.SYS_KEYCTL, unix.SYS_ADD_KEY,
		unix.SYS_IO_URING_SETUP, unix.SYS_PERF_EVENT_OPEN, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_USERFAULTFD,
		unix.SYS_REBOOT, unix.SYS_KEXEC_LOAD, unix.SYS_INIT_MODULE, unix.SYS_SWAPON, unix.SYS_ACCT, unix.SYS_SYSLOG,
		unix.SYS_CLOCK_SETTIME, unix.SYS_SETTIMEOFDAY, unix.SYS_QUOTACTL, unix.SYS_SETHOSTNAME,
	} {
		attempt(t, sandbox.Config{}, "call", strconv.Itoa(number))
	}
}

func TestSharedMemory(t *testing.T) {
	t.Parallel()
	key := os.Getpid()<<8 | 0x40000000
	id, err := unix.SysvShmGet(key, 4096, unix.IPC_CREAT|0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
			t.Error(err)
		}
	})
	attempt(t, sandbox.Config{}, "shm", strconv.Itoa(key))
}

func TestPrivileges(t *testing.T) {
	t.Parallel()
	run(t, sandbox.Config{}, "privileges")
	run(t, sandbox.Config{}, "descriptors")
}

// TestNested: a browser's own sandbox works inside.
func TestNested(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("browsers do without for root, who may map no user without CAP_SETFCAP")
	}
	run(t, sandbox.Config{}, "nested")
}
