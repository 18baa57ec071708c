//go:build linux && (amd64 || arm64)

package faults

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Offsets in the data that a seccomp filter sees (struct seccomp_data).
const (
	dataNumber, dataArch, dataArgs = 0, 4, 16
)

// filter is the program, in classic BPF, that stops a thread at the calls of
// list, and at those that open a file only where the flags say that it may be
// changed.
func filter(list []spec) []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	jump := func(how uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | how | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	end := func(what uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what} }
	out := []unix.SockFilter{
		load(dataArch),
		jump(unix.BPF_JEQ, auditArch, 1, 0),
		end(unix.SECCOMP_RET_ALLOW),
		load(dataNumber),
	}
	for _, s := range list {
		if s.flags < 0 {
			out = append(out, jump(unix.BPF_JEQ, uint32(s.nr), 0, 1), end(unix.SECCOMP_RET_TRACE))
			continue
		}
		out = append(out,
			jump(unix.BPF_JEQ, uint32(s.nr), 0, 4),
			load(dataArgs+8*uint32(s.flags)), // the low half: these systems are little-endian
			jump(unix.BPF_JSET, openFlags, 0, 1),
			end(unix.SECCOMP_RET_TRACE),
			end(unix.SECCOMP_RET_ALLOW))
	}
	return append(out, end(unix.SECCOMP_RET_ALLOW))
}

// install puts the filter into a process that is stopped before its first
// instruction: it is made to call seccomp itself.
func install(pid int, program []unix.SockFilter) error {
	var before registers
	if err := before.load(pid); err != nil {
		return fmt.Errorf("reading the registers: %w", err)
	}
	code := make([]byte, len(syscallCode()))
	at := uintptr(before.next())
	if _, err := unix.PtracePeekText(pid, at, code); err != nil {
		return fmt.Errorf("reading the program: %w", err)
	}
	if _, err := unix.PtracePokeText(pid, at, syscallCode()); err != nil {
		return fmt.Errorf("changing the program: %w", err)
	}
	if err := callSeccomp(pid, before, program); err != nil {
		return err
	}
	if _, err := unix.PtracePokeText(pid, at, code); err != nil {
		return fmt.Errorf("changing the program back: %w", err)
	}
	return before.store(pid)
}

// callSeccomp has the process install the filter. Who is not root must give up
// gaining rights for that.
func callSeccomp(pid int, before registers, program []unix.SockFilter) error {
	var b []byte
	for _, i := range program {
		b = binary.LittleEndian.AppendUint16(b, i.Code)
		b = append(b, i.Jt, i.Jf)
		b = binary.LittleEndian.AppendUint32(b, i.K)
	}
	where := (before.stack() - redZone - 16 - uint64(len(b))) &^ 15
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(program)))
	head = binary.LittleEndian.AppendUint64(head, where+16)
	if _, err := unix.PtracePokeData(pid, uintptr(where), append(head, b...)); err != nil {
		return fmt.Errorf("writing the filter: %w", err)
	}
	result, err := inject(pid, before, unix.SYS_SECCOMP, [4]uint64{unix.SECCOMP_SET_MODE_FILTER, 0, where})
	if err == nil && result == -int64(unix.EACCES) {
		if _, err = inject(pid, before, unix.SYS_PRCTL, [4]uint64{unix.PR_SET_NO_NEW_PRIVS, 1}); err != nil {
			return err
		}
		result, err = inject(pid, before, unix.SYS_SECCOMP, [4]uint64{unix.SECCOMP_SET_MODE_FILTER, 0, where})
	}
	if err != nil {
		return err
	}
	if result != 0 {
		return fmt.Errorf("installing a seccomp filter: %w", unix.Errno(-result))
	}
	return nil
}

// inject makes one system call in a stopped process whose next instruction is
// one, and returns its result.
func inject(pid int, before registers, nr uint64, args [4]uint64) (int64, error) {
	r := before
	r.prepare(nr)
	for i, a := range args {
		r.setArg(i, a)
	}
	r.setArg(4, 0)
	if err := r.store(pid); err != nil {
		return 0, fmt.Errorf("setting the registers: %w", err)
	}
	if err := unix.PtraceSingleStep(pid); err != nil {
		return 0, fmt.Errorf("stepping: %w", err)
	}
	var status unix.WaitStatus
	if _, err := wait(pid, &status); err != nil {
		return 0, err
	}
	if !status.Stopped() || status.StopSignal() != unix.SIGTRAP {
		return 0, fmt.Errorf("the process did not step: status %#x", status)
	}
	if err := r.load(pid); err != nil {
		return 0, fmt.Errorf("reading the registers: %w", err)
	}
	return r.result(), nil
}
