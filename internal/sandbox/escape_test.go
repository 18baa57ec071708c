//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"net"
	"os"
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
