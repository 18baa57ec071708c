package faults

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_X86_64
	// redZone below the stack pointer may be in use.
	redZone = 128
)

// syscallCode is the instruction of a system call.
func syscallCode() []byte { return []byte{0x0f, 0x05} }

// registers of a stopped thread.
type registers struct{ unix.PtraceRegs }

func (r *registers) load(tid int) error { return unix.PtraceGetRegs(tid, &r.PtraceRegs) }

func (r *registers) store(tid int) error { return unix.PtraceSetRegs(tid, &r.PtraceRegs) }

// number of the system call that the thread is about to make.
func (r *registers) number() uint64 { return r.Orig_rax }

func (r *registers) arg(i int) uint64 {
	return [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9}[i]
}

func (r *registers) setArg(i int, v uint64) {
	*[6]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}[i] = v
}

func (r *registers) result() int64 { return int64(r.Rax) }

func (r *registers) stack() uint64 { return r.Rsp }

func (r *registers) next() uint64 { return r.Rip }

// prepare has the next instruction make a system call.
func (r *registers) prepare(nr uint64) { r.Rax, r.Orig_rax = nr, ^uint64(0) }

// skip has the thread not make its call; it sees the error instead.
func (r *registers) skip(tid int, errno unix.Errno) error {
	r.Orig_rax, r.Rax = ^uint64(0), uint64(-int64(errno))
	return r.store(tid)
}
