package faults

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	auditArch = unix.AUDIT_ARCH_AARCH64
	// redZone below the stack pointer may be in use.
	redZone = 128
	// generalRegisters are the set of registers (NT_PRSTATUS in elf.h).
	generalRegisters = 1
)

// syscallCode is the instruction of a system call: svc #0.
func syscallCode() []byte { return []byte{0x01, 0x00, 0x00, 0xd4} }

// registers of a stopped thread.
type registers struct{ unix.PtraceRegs }

func (r *registers) load(tid int) error {
	return unix.PtraceGetRegSetArm64(tid, generalRegisters, (*unix.PtraceRegsArm64)(&r.PtraceRegs))
}

func (r *registers) store(tid int) error {
	return unix.PtraceSetRegSetArm64(tid, generalRegisters, (*unix.PtraceRegsArm64)(&r.PtraceRegs))
}

// number of the system call that the thread is about to make.
func (r *registers) number() uint64 { return r.Regs[8] }

func (r *registers) arg(i int) uint64 { return r.Regs[i] }

func (r *registers) setArg(i int, v uint64) { r.Regs[i] = v }

func (r *registers) result() int64 { return int64(r.Regs[0]) }

func (r *registers) stack() uint64 { return r.Sp }

func (r *registers) next() uint64 { return r.Pc }

// prepare has the next instruction make a system call.
func (r *registers) prepare(nr uint64) { r.Regs[8] = nr }

// skip has the thread not make its call; it sees the error instead. The number
// of the call stands in a set of its own.
func (r *registers) skip(tid int, errno unix.Errno) error {
	none := int32(-1)
	set := unix.Iovec{Base: (*byte)(unsafe.Pointer(&none))}
	set.SetLen(int(unsafe.Sizeof(none)))
	_, _, err := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SETREGSET, uintptr(tid), unix.NT_ARM_SYSTEM_CALL, uintptr(unsafe.Pointer(&set)), 0, 0)
	if err != 0 {
		return err
	}
	r.Regs[0] = uint64(-int64(errno))
	return r.store(tid)
}
