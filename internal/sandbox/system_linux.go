//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// devices are those that the program gets.
func devices() []string {
	return []string{"null", "zero", "full", "random", "urandom", "tty"}
}

// systemMounts are the same for every program: the private directories, /proc,
// /sys and /dev.
func systemMounts() ([]mount, error) {
	proc, err := newFS("proc", ownAttr|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return nil, fmt.Errorf("%w (in a container, /proc must not be masked: --security-opt systempaths=unconfined)", err)
	}
	all := []mount{{proc, "/proc", true, true}}
	// Where a new one is not allowed, the host's is seen, read-only.
	if sys, err := newFS("sysfs", readOnly|unix.MOUNT_ATTR_NOEXEC); err == nil {
		all = append(all, mount{sys, "/sys", true, true})
	}
	add := func(path string, wanted bool, kind string, options ...string) error {
		fd, err := newFS(kind, ownAttr, options...)
		if err != nil {
			return err
		}
		all = append(all, mount{fd, path, true, wanted})
		return nil
	}
	if err := errors.Join(
		add("/tmp", true, "tmpfs", "mode=1777", "size=25%"),
		add("/var/tmp", false, "tmpfs", "mode=1777", "size=25%"),
		add("/run", true, "tmpfs", "mode=0755", "size=64m"),
	); err != nil {
		return nil, err
	}
	dev, err := deviceMounts()
	return append(all, dev...), err
}

// deviceMounts are those of /dev, with a few of the host's devices.
func deviceMounts() ([]mount, error) {
	dev, err := newFS("tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, "mode=0755", "size=1m")
	if err != nil {
		return nil, err
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
		"ptmx": "pts/ptmx",
	} {
		if err := unix.Symlinkat(target, dev, name); err != nil {
			return nil, fmt.Errorf("/dev/%s: %w", name, err)
		}
	}
	all := []mount{{dev, "/dev", true, true}}
	for _, name := range devices() {
		path := filepath.Join("/dev", name)
		fd, err := clone(path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, mount{fd, path, false, true})
	}
	pts, err := newFS("devpts", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, "mode=0620", "ptmxmode=0666")
	if err != nil {
		return nil, err
	}
	shm, err := newFS("tmpfs", ownAttr, "mode=1777", "size=25%")
	if err != nil {
		return nil, err
	}
	all = append(all, mount{pts, "/dev/pts", true, true}, mount{shm, "/dev/shm", true, true})
	// POSIX message queues are the box's own, seen or not.
	if queues, err := newFS("mqueue", ownAttr|unix.MOUNT_ATTR_NOEXEC); err == nil {
		all = append(all, mount{queues, "/dev/mqueue", true, true})
	}
	return all, nil
}

// protectDev makes the directory itself read-only, now that it is complete.
func protectDev() error {
	err := unix.MountSetattr(unix.AT_FDCWD, "/dev", 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if err != nil {
		return fmt.Errorf("/dev: %w", err)
	}
	return nil
}

// protectProc makes read-only what of /proc is the machine's and not the
// box's: to root, who owns it, it would be writable even without privileges.
func protectProc() error {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return fmt.Errorf("/proc: %w", err)
	}
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil || e.Type()&fs.ModeSymlink != 0 {
			continue // a process, or a way to one
		}
		path := filepath.Join("/proc", e.Name())
		info, err := e.Info()
		if err != nil || !e.IsDir() && info.Mode()&0o222 == 0 && !secret(e.Name()) {
			continue
		}
		if err := protect(path, secret(e.Name())); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// secret says whether a file of /proc shows the machine's memory, keys or
// addresses of the kernel.
func secret(name string) bool {
	switch name {
	case "kcore", "kmsg", "keys", "key-users", "kallsyms", "timer_list", "sched_debug", "vmallocinfo", "slabinfo",
		"sysrq-trigger", "kpagecount", "kpageflags", "kpagecgroup", "latency_stats", "allocinfo":
		return true
	}
	return false
}

// protect lays path over itself, read-only; nothing at all if it is masked.
func protect(path string, mask bool) error {
	source := path
	if mask {
		source = "/dev/null"
	}
	fd, err := clone(source, readOnly|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // the mount stays
	return unix.MoveMount(fd, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH)
}
