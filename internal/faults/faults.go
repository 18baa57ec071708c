// Package faults runs a program and lets one of its system calls go wrong: the
// Nth of those that change files under a directory. The process is killed just
// before or just after the call, or the call fails as on a full, broken or
// read-only disk, or writes a part only. Runs with N from 1 on show whether a
// program that keeps evidence loses any of it, whatever happens when.
//
// # How
//
// The program runs under ptrace(2). A seccomp filter, which is put into it
// before its first instruction, stops it at the calls that matter and at no
// others, so that it runs nearly as fast as ever. Calls of all its threads are
// counted in the order in which they stop. Processes that it starts run under
// the same filter, but their calls are let through and not counted.
//
// Linux on amd64 and arm64; elsewhere Run returns errors.ErrUnsupported.
package faults

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Kind is what happens at a call.
type Kind string

// The kinds.
const (
	// None counts calls and lets them be.
	None Kind = ""
	// KillBefore kills the process (SIGKILL); the call is not made.
	KillBefore Kind = "kill-before"
	// KillAfter kills it when the call is done and its result not yet seen.
	KillAfter Kind = "kill-after"
	// KillWithin kills it when half of a write is done: of the first write of two
	// bytes and more from the call on.
	KillWithin Kind = "kill-within"
	// NoSpace fails the call with ENOSPC, and every later one that needs space.
	NoSpace Kind = "no-space"
	// Quota is NoSpace with EDQUOT.
	Quota Kind = "quota"
	// Broken fails the call with EIO, once.
	Broken Kind = "io-error"
	// Denied fails the call with EACCES, once.
	Denied Kind = "denied"
	// ReadOnly fails the call and all later ones with EROFS.
	ReadOnly Kind = "read-only"
	// Short lets the first write of two bytes and more, from the call on, write
	// half of them; then there is no space.
	Short Kind = "short-write"
)

// Kinds lists all that can happen.
func Kinds() []Kind {
	return []Kind{KillBefore, KillAfter, KillWithin, NoSpace, Broken, Short, Quota, Denied, ReadOnly}
}

// Kills reports whether the process does not live on.
func (k Kind) Kills() bool { return k == KillBefore || k == KillAfter || k == KillWithin }

// Halves reports whether only half of a write is done.
func (k Kind) Halves() bool { return k == Short || k == KillWithin }

// Errno is what calls fail with; 0 if they do not.
func (k Kind) Errno() syscall.Errno {
	switch k {
	case NoSpace, Short:
		return syscall.ENOSPC
	case Quota:
		return syscall.EDQUOT
	case Broken:
		return syscall.EIO
	case Denied:
		return syscall.EACCES
	case ReadOnly:
		return syscall.EROFS
	case None, KillBefore, KillAfter, KillWithin:
	}
	return 0
}

// lasts reports whether a later call fails as well. Without space, what needs
// none goes on.
func (k Kind) lasts(needsSpace bool) bool {
	switch k {
	case NoSpace, Quota, Short:
		return needsSpace
	case ReadOnly:
		return true
	case None, KillBefore, KillAfter, KillWithin, Broken, Denied:
	}
	return false
}

// Fault is one thing that goes wrong.
type Fault struct {
	// At is the number of the call, from 1.
	At   int
	Kind Kind
}

func (f Fault) String() string { return fmt.Sprintf("%s at call %d", f.Kind, f.At) }

// Program is what is run.
type Program struct {
	// Path of the executable; Args begin with the program's own name.
	Path string
	Args []string
	Env  []string
	// Dir is the working directory; empty for the own one.
	Dir string
	// Output takes what it prints; nil for nothing.
	Output *os.File
	// Under is the directory whose files count. It need not exist yet.
	Under string
}

// Call is a system call that changes files.
type Call struct {
	// Name as in "renameat".
	Name string
	// File is what it changes, within the directory.
	File string
	// Failed is the error that it was made to fail with; 0 for none.
	Failed syscall.Errno
}

func (c Call) String() string {
	if c.Failed != 0 {
		return fmt.Sprintf("%s %s (%v)", c.Name, c.File, c.Failed)
	}
	return c.Name + " " + c.File
}

// Result is how a run ended.
type Result struct {
	// Calls in the order in which they were begun.
	Calls []Call
	// Hit is the index of the call at which the fault came; -1 if it never did:
	// there were fewer calls, or no write to be halved.
	Hit int
	// Status is how the process ended.
	Status syscall.WaitStatus
}

// ErrNotPermitted says that this system lets nobody trace processes.
var ErrNotPermitted = errors.New("processes cannot be traced here: allow ptrace (CAP_SYS_PTRACE in a container), or run elsewhere")
