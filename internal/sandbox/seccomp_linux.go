//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// abi is a system call table that processes on this machine can use.
type abi struct {
	arch uint32
	// denied calls fail with EPERM.
	denied []uint32
	// The numbers of calls of which only some uses are denied; 0 is none.
	ioctl, socket, socketpair, prlimit, setrlimit uint32
	// socketcall hides its arguments behind a pointer, so no use of it can
	// be allowed. 0 is none.
	socketcall uint32
}

// x32 marks the calls of a third table on amd64, which nothing uses.
const x32 = 0x40000000

// Where the kernel puts what a filter looks at (struct seccomp_data). Of
// arguments the lower half is enough for all that is asked here.
const (
	atNumber = 0
	atArch   = 4
	atArg0   = 16
	atArg1   = 24
	atArg2   = 32
)

// program assembles a filter: an answer for each ABI, and no for all others.
func program(abis []abi, raw bool) []unix.SockFilter {
	p := []unix.SockFilter{load(atArch)}
	for _, a := range abis {
		block := a.block(raw)
		// The jumps over a whole block are too long for a conditional one.
		p = append(p, equal(a.arch, 1, 0), jump(uint32(len(block))))
		p = append(p, block...)
	}
	return append(p, fail(unix.EPERM))
}

func (a abi) block(raw bool) []unix.SockFilter {
	p := []unix.SockFilter{load(atNumber)}
	if a.arch == unix.AUDIT_ARCH_X86_64 {
		p = append(p, atLeast(x32, 0, 1), fail(unix.EPERM))
	}
	for _, number := range a.denied {
		p = append(p, equal(number, 0, 1), fail(unix.EPERM))
	}
	if a.socketcall != 0 {
		p = append(p, equal(a.socketcall, 0, 1), fail(unix.ENOSYS))
	}
	p = append(p, when(a.ioctl, terminals())...)
	p = append(p, when(a.socket, families(raw))...)
	p = append(p, when(a.socketpair, families(raw))...)
	p = append(p, when(a.prlimit, coreLimit(atArg1, atArg2))...)
	p = append(p, when(a.setrlimit, coreLimit(atArg0, -1))...)
	return append(p, allow())
}

// when runs the instructions for one system call; they must not fall through.
func when(number uint32, then []unix.SockFilter) []unix.SockFilter {
	if number == 0 {
		return nil
	}
	return append([]unix.SockFilter{equal(number, 0, uint8(len(then)))}, then...)
}

// terminals denies typing into a terminal that somebody reads outside.
func terminals() []unix.SockFilter {
	return []unix.SockFilter{
		load(atArg1), equal(unix.TIOCSTI, 1, 0), equal(unix.TIOCLINUX, 0, 1), fail(unix.EPERM), allow(),
	}
}

// families allows the socket families that end at the box's own network.
// Others do not: AF_VSOCK, for one, reaches the host of a virtual machine
// from any network namespace.
func families(raw bool) []unix.SockFilter {
	allowed := []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}
	if raw {
		allowed = append(allowed, unix.AF_PACKET)
	}
	p := []unix.SockFilter{load(atArg0)}
	for _, family := range allowed {
		p = append(p, equal(family, 0, 1), allow())
	}
	return append(p, fail(unix.EAFNOSUPPORT))
}

// coreLimit keeps the limit on core files as it is, and says it was changed.
// With a pointer argument, asking is allowed.
func coreLimit(resource, pointer int) []unix.SockFilter {
	p := []unix.SockFilter{load(uint32(resource)), equal(unix.RLIMIT_CORE, 1, 0), allow()}
	if pointer >= 0 {
		p = append(p, load(uint32(pointer)), equal(0, 0, 3),
			load(uint32(pointer)+4), equal(0, 0, 1), allow())
	}
	return append(p, fail(0))
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func equal(value uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: value}
}

func atLeast(value uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jt: yes, Jf: no, K: value}
}

func jump(over uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: over}
}

func fail(errno unix.Errno) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)}
}

func allow() unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}
}

// installFilter puts the filter on this thread and what it executes.
func installFilter(raw bool) error {
	filter := program(machineABIs(), raw)
	p := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&p)), 0, 0)
	runtime.KeepAlive(&p)
	if err != nil {
		return fmt.Errorf("system call filter: %w", err)
	}
	return nil
}
