//go:build amd64 || arm64

package sandbox

import "golang.org/x/sys/unix"

// nativeABI is this machine's own table.
func nativeABI(arch uint32) abi {
	return abi{
		arch:  arch,
		ioctl: unix.SYS_IOCTL, socket: unix.SYS_SOCKET, socketpair: unix.SYS_SOCKETPAIR,
		prlimit: unix.SYS_PRLIMIT64, setrlimit: unix.SYS_SETRLIMIT,
		denied: append([]uint32{
			// Mounts: what is hidden stays hidden, what is read-only too.
			unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT,
			// Other namespaces.
			unix.SYS_SETNS,
			// Files by number rather than by name.
			unix.SYS_OPEN_BY_HANDLE_AT,
			// The kernel itself.
			unix.SYS_BPF, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD, unix.SYS_INIT_MODULE,
			unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_REBOOT, unix.SYS_SYSLOG,
			unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
			// The machine's settings.
			unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_QUOTACTL, unix.SYS_SETTIMEOFDAY,
			unix.SYS_CLOCK_SETTIME, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
			// Keys, which are shared beyond namespaces.
			unix.SYS_ADD_KEY, unix.SYS_KEYCTL, unix.SYS_REQUEST_KEY,
		}, unifiedCalls()...),
	}
}

// unifiedCalls have the same number on all machines.
func unifiedCalls() []uint32 {
	return []uint32{
		// System calls by ring, which no filter sees.
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT,
		unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_QUOTACTL_FD, openTreeAttr,
	}
}

// openTreeAttr is a call younger than the tables of the library.
const openTreeAttr = 467
