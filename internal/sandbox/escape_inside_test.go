//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// escape makes one attempt and succeeds if it fails. The names say which.
func escape(args []string) error {
	attempts := map[string]func(string) error{
		"dial":     dial,
		"read":     readSome,
		"write":    func(path string) error { return os.WriteFile(path, []byte("1"), 0o600) },
		"append":   appendTo,
		"list":     func(path string) error { _, err := os.ReadDir(path); return err },
		"chmod":    func(path string) error { return os.Chmod(path, 0o777) },
		"remove":   os.Remove,
		"device":   func(path string) error { return unix.Mknod(path, unix.S_IFBLK|0o600, 1<<8) },
		"shm":      sharedMemory,
		"family":   family,
		"call":     call,
		"mount":    mountSomething,
		"unshare":  unshareAndMount,
		"netlink":  linkDown,
		"kill":     killOutside,
		"ptrace":   ptraceInit,
		"terminal": pushInput,
		"join":     joinNamespace,
		"limit":    raiseCore,
	}
	attempt, ok := attempts[args[0]]
	if !ok {
		return fmt.Errorf("no attempt %q", args[0])
	}
	if err := attempt(args[1]); err == nil {
		return fmt.Errorf("%v succeeded", args)
	}
	return nil
}

func dial(address string) error {
	kind := "unix"
	if address[0] != '/' && address[0] != '@' {
		kind = "tcp"
	}
	conn, err := net.Dial(kind, address)
	if err == nil {
		conn.Close()
	}
	return err
}

func readSome(path string) error {
	f, err := os.Open(os.ExpandEnv(path))
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := f.Read(make([]byte, 1))
	if n == 0 && err == nil {
		err = errors.New("nothing")
	}
	return err
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		f.Close()
	}
	return err
}

// sharedMemory looks for a System V segment that the host has.
func sharedMemory(key string) error {
	var number int
	if _, err := fmt.Sscan(key, &number); err != nil {
		return nil // which is a failure of the test
	}
	_, err := unix.SysvShmGet(number, 0, 0)
	return err
}

func family(number string) error {
	var n int
	if _, err := fmt.Sscan(number, &n); err != nil {
		return nil
	}
	fd, err := unix.Socket(n, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// call makes a system call with arguments of zero. Only the answer that it is
// not permitted counts as a failure.
func call(number string) error {
	var n uintptr
	if _, err := fmt.Sscan(number, &n); err != nil {
		return nil
	}
	if _, _, errno := unix.RawSyscall6(n, 0, 0, 0, 0, 0, 0); errno == unix.EPERM {
		return errno
	}
	return nil
}

func mountSomething(path string) error {
	return errors.Join(
		unix.Mount("none", path, "tmpfs", 0, ""),
		unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND, ""),
		unix.Unmount(path, unix.MNT_DETACH),
	)
}

// unshareAndMount tries with the privileges that a new user namespace gives.
func unshareAndMount(path string) error {
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"self", "inside", "escape", "mount", path}, &syscall.ProcAttr{
		Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		},
	})
	if err != nil {
		return err
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil || status.ExitStatus() != 0 {
		return nil
	}
	return errors.New("not mounted either")
}

func linkDown(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return nil
	}
	return netlink.LinkSetDown(link)
}

func killOutside(pid string) error {
	var n int
	if _, err := fmt.Sscan(pid, &n); err != nil {
		return nil
	}
	return unix.Kill(n, 0)
}

func ptraceInit(string) error { return unix.PtraceAttach(1) }

func pushInput(string) error {
	c := byte('x')
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, 0, unix.TIOCSTI, uintptr(unsafe.Pointer(&c)))
	if errno == unix.EPERM {
		return errno
	}
	return nil
}

func joinNamespace(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return unix.Setns(fd, 0)
}

// raiseCore fails if core files stay off.
func raiseCore(string) error {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &now); err != nil || now.Max != 1 {
		return nil
	}
	return errors.New("unchanged")
}
