//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// initCapabilities are what the first process needs to set the box up. They
// count inside the box only.
func initCapabilities() []uintptr {
	return []uintptr{
		unix.CAP_SYS_ADMIN,    // mounts, namespaces
		unix.CAP_NET_ADMIN,    // the link
		unix.CAP_NET_RAW,      // the packet socket of the second kind of link
		unix.CAP_SETPCAP,      // giving up the bounding set
		unix.CAP_KILL,         // ending what runs under other numbers
		unix.CAP_DAC_OVERRIDE, // its own /proc entries once it is hidden
		unix.CAP_SYS_PTRACE,   // the same
		unix.CAP_SYS_RESOURCE, // the limit on core files
	}
}

// dropPrivileges takes every privilege from this thread, for good. With raw
// set, one is left to root: to open raw sockets, on the box's own network.
func dropPrivileges(raw bool) error {
	// A crash must not hand the memory to a program of the host: with a
	// limit of 1 the kernel starts no handler of core files.
	limit := &unix.Rlimit{Cur: 1, Max: 1}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, limit); err != nil {
		return fmt.Errorf("core files: %w", err)
	}
	// The host's keys are of no use inside. Systems without them are fine.
	if _, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0); err != nil && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := dropCapabilities(raw); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	return installFilter(raw)
}

func dropCapabilities(raw bool) error {
	for c := uintptr(0); c <= 63; c++ {
		if raw && c == unix.CAP_NET_RAW {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break // the kernel knows no more of them
		}
		if err != nil {
			return fmt.Errorf("capability %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("ambient capabilities: %w", err)
	}
	header := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if raw {
		none[0].Permitted, none[0].Effective = 1<<unix.CAP_NET_RAW, 1<<unix.CAP_NET_RAW
	}
	if err := unix.Capset(header, &none[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}
