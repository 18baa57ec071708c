package sandbox

import "golang.org/x/sys/unix"

func machineABIs() []abi {
	native := nativeABI(unix.AUDIT_ARCH_X86_64)
	native.denied = append(native.denied, unix.SYS_IOPL, unix.SYS_IOPERM)
	return []abi{native, i386()}
}

// i386 is the table of 32-bit programs (arch/x86/entry/syscalls/syscall_32.tbl
// of the kernel).
func i386() abi {
	return abi{
		arch: unix.AUDIT_ARCH_I386,
		// The socket calls by themselves are there since Linux 4.3.
		ioctl: 54, socket: 359, socketpair: 360, prlimit: 340, setrlimit: 75, socketcall: 102,
		denied: append([]uint32{
			21, 22, 52, 217, // mount, umount, umount2, pivot_root
			346,      // setns
			342,      // open_by_handle_at
			357, 283, // bpf, kexec_load
			127, 128, 350, 129, 130, // create_module, init_module, finit_module, delete_module, get_kernel_syms
			88, 103, // reboot, syslog
			336, 374, // perf_event_open, userfaultfd
			87, 115, 51, 131, // swapon, swapoff, acct, quotactl
			25, 79, 264, 404, // stime, settimeofday, clock_settime, clock_settime64
			74, 121, // sethostname, setdomainname
			286, 287, 288, // add_key, request_key, keyctl
			110, 101, // iopl, ioperm
		}, unifiedCalls()...),
	}
}
