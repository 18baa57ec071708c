//go:build linux && amd64

package sandbox_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sandbox"
)

// TestFilter asks the filter about calls that are hard to make from here:
// those of 32-bit programs, and those with pointers.
func TestFilter(t *testing.T) {
	t.Parallel()
	const allowed = unix.SECCOMP_RET_ALLOW
	denied := func(e unix.Errno) int { return unix.SECCOMP_RET_ERRNO | int(e) }
	const i386, amd64 = unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_X86_64
	for _, c := range []struct {
		name   string
		raw    bool
		arch   uint32
		number uint32
		args   [3]uint64
		want   int
	}{
		{"read", false, amd64, unix.SYS_READ, [3]uint64{}, allowed},
		{"read of 32 bits", false, i386, 3, [3]uint64{}, allowed},
		{"mount of 32 bits", false, i386, 21, [3]uint64{}, denied(unix.EPERM)},
		{"keyctl of 32 bits", false, i386, 288, [3]uint64{}, denied(unix.EPERM)},
		{"io_uring_setup of 32 bits", false, i386, 425, [3]uint64{}, denied(unix.EPERM)},
		{"any of x32", false, amd64, 0x40000000, [3]uint64{}, denied(unix.EPERM)},
		{"any of another machine", false, unix.AUDIT_ARCH_ARM, 1, [3]uint64{}, denied(unix.EPERM)},
		{"socket", false, amd64, unix.SYS_SOCKET, [3]uint64{unix.AF_INET6}, allowed},
		{"vsock of 32 bits", false, i386, 359, [3]uint64{unix.AF_VSOCK}, denied(unix.EAFNOSUPPORT)},
		{"socketcall of 32 bits", false, i386, 102, [3]uint64{1}, denied(unix.ENOSYS)},
		{"packet socket", false, amd64, unix.SYS_SOCKET, [3]uint64{unix.AF_PACKET}, denied(unix.EAFNOSUPPORT)},
		{"packet socket of root", true, amd64, unix.SYS_SOCKET, [3]uint64{unix.AF_PACKET}, allowed},
		{"terminal input", false, amd64, unix.SYS_IOCTL, [3]uint64{0, 1<<32 | unix.TIOCSTI}, denied(unix.EPERM)},
		{"terminal size", false, amd64, unix.SYS_IOCTL, [3]uint64{0, unix.TIOCGWINSZ}, allowed},
		{"asking for the core limit", false, amd64, unix.SYS_PRLIMIT64, [3]uint64{0, unix.RLIMIT_CORE, 0}, allowed},
		{"setting it", false, amd64, unix.SYS_PRLIMIT64, [3]uint64{0, unix.RLIMIT_CORE, 0x7fff0000}, denied(0)},
		{"setting it, high", false, amd64, unix.SYS_PRLIMIT64, [3]uint64{0, unix.RLIMIT_CORE, 1 << 40}, denied(0)},
		{"setting it, the old way", false, i386, 75, [3]uint64{unix.RLIMIT_CORE, 5}, denied(0)},
		{"setting another", false, amd64, unix.SYS_PRLIMIT64, [3]uint64{0, unix.RLIMIT_NOFILE, 5}, allowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := verdict(sandbox.Filter(c.raw), c.arch, c.number, c.args)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("0x%x, not 0x%x", got, c.want)
			}
		})
	}
}

// verdict runs a filter on a struct seccomp_data. The machine for packets reads
// big-endian words, the kernel's reads its own: so each word is turned.
func verdict(filter []bpf.RawInstruction, arch, number uint32, args [3]uint64) (int, error) {
	instructions, _ := bpf.Disassemble(filter)
	vm, err := bpf.NewVM(instructions)
	if err != nil {
		return 0, err
	}
	data := binary.BigEndian.AppendUint32(nil, number)
	data = binary.BigEndian.AppendUint32(data, arch)
	data = append(data, make([]byte, 8)...) // the instruction pointer
	for _, arg := range args {
		data = binary.BigEndian.AppendUint32(data, uint32(arg))
		data = binary.BigEndian.AppendUint32(data, uint32(arg>>32))
	}
	return vm.Run(data)
}
