//go:build linux && (amd64 || arm64)

package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Run runs the program with one fault and returns when it and all that it
// started have ended. If ctx ends first they are killed, and its cause is
// returned. How the program ended is part of the result and no error.
func Run(ctx context.Context, p Program, f Fault) (*Result, error) {
	var result *Result
	var err error
	var done sync.WaitGroup
	done.Go(func() {
		onThread(func() { result, err = run(ctx, p, f) })
	})
	done.Wait()
	return result, err
}

// onThread calls do on a thread of its own: only the thread that began to trace
// may go on with it. The main thread is none of them, since it inherits children
// of other threads that end, and waits for them would go astray.
func onThread(do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Gettid() != unix.Getpid() {
		do()
		return
	}
	var other sync.WaitGroup
	other.Go(func() { onThread(do) })
	other.Wait()
}

// tracer follows one program. All of it but kill runs on one thread.
type tracer struct {
	pid    int
	fault  Fault
	under  []string
	specs  map[uint64]spec
	result Result
	// known threads: true for those of the program itself.
	known map[int]bool
	// dying is set once the program was killed by the fault.
	dying bool

	mu     sync.Mutex
	traced map[int]bool // threads that have not ended, for whoever kills
	killed bool
}

func run(ctx context.Context, p Program, f Fault) (*Result, error) {
	t := &tracer{fault: f, under: directories(p.Under), specs: map[uint64]spec{}, known: map[int]bool{}, traced: map[int]bool{}}
	t.result.Hit = -1
	list := specs()
	for _, s := range list {
		t.specs[s.nr] = s
	}
	if err := t.start(p); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, t.killAll)
	defer stop()
	err := t.follow(filter(list))
	if err != nil {
		t.killAll()
		t.drain()
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("running %s: %w", p.Path, context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("tracing %s: %w", p.Path, err)
	}
	return &t.result, nil
}

// directories are the names that a directory may be called by.
func directories(dir string) []string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	out := []string{abs}
	if parent, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		out = append(out, filepath.Join(parent, filepath.Base(abs)))
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		out = append(out, real)
	}
	return out
}

func (t *tracer) start(p Program) error {
	process, err := os.StartProcess(p.Path, p.Args, &os.ProcAttr{
		Dir: p.Dir, Env: p.Env, Files: []*os.File{nil, p.Output, p.Output},
		Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w (%w)", ErrNotPermitted, err)
	}
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.Path, err)
	}
	t.pid = process.Pid
	t.known[t.pid] = true
	t.traced[t.pid] = true
	return process.Release() // it is waited for here
}

// follow sees the program from its first instruction to the end of all
// processes that it started.
func (t *tracer) follow(program []unix.SockFilter) error {
	var status unix.WaitStatus
	if _, err := wait(t.pid, &status); err != nil {
		return err
	}
	if !status.Stopped() {
		t.ended(t.pid, status)
		return fmt.Errorf("it ended before it began: status %#x", status)
	}
	const options = unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC |
		unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(t.pid, options); err != nil {
		return fmt.Errorf("setting options: %w", err)
	}
	if err := install(t.pid, program); err != nil {
		return err
	}
	if err := gone(unix.PtraceCont(t.pid, 0)); err != nil {
		return err
	}
	for {
		tid, err := wait(-1, &status)
		if errors.Is(err, unix.ECHILD) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.event(tid, status); err != nil {
			return err
		}
	}
}

// wait waits for an event of a thread that this thread traces.
func wait(pid int, status *unix.WaitStatus) (int, error) {
	for {
		tid, err := unix.Wait4(pid, status, unix.WALL|unix.WNOTHREAD, nil)
		if !errors.Is(err, unix.EINTR) {
			return tid, err
		}
	}
}

// drain waits for the end of what was killed.
func (t *tracer) drain() {
	var status unix.WaitStatus
	for {
		tid, err := wait(-1, &status)
		if err != nil {
			return
		}
		if !status.Stopped() {
			t.ended(tid, status)
		} else if unix.PtraceCont(tid, 0) != nil {
			continue // it is ending
		}
	}
}

// event deals with one thing that happened to a thread and lets it go on.
func (t *tracer) event(tid int, status unix.WaitStatus) error {
	if !status.Stopped() {
		t.ended(tid, status)
		return nil
	}
	first := t.see(tid)
	signal := status.StopSignal()
	switch {
	case signal == unix.SIGTRAP|0x80: // a call is done that was to be the last
		return t.kill()
	case signal == unix.SIGTRAP && status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		if !t.known[tid] {
			return gone(unix.PtraceCont(tid, 0))
		}
		return t.call(tid)
	case signal == unix.SIGTRAP && status.TrapCause() > 0, signal == unix.SIGSTOP && first:
		signal = 0 // of the tracing itself
	}
	return gone(unix.PtraceCont(tid, int(signal)))
}

// see notes a thread when it is seen for the first time, and reports that.
func (t *tracer) see(tid int) bool {
	if _, ok := t.known[tid]; ok {
		return false
	}
	_, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d", t.pid, tid))
	t.known[tid] = err == nil
	t.mu.Lock()
	defer t.mu.Unlock()
	t.traced[tid] = true
	if t.killed {
		_ = unix.Kill(tid, unix.SIGKILL) // it came while the others were being killed
	}
	return true
}

func (t *tracer) ended(tid int, status unix.WaitStatus) {
	if tid == t.pid {
		t.result.Status = syscall.WaitStatus(status)
	}
	delete(t.known, tid)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.traced, tid)
}

// killAll ends the program and all that it started. It may be called from any
// goroutine.
func (t *tracer) killAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.killed = true
	for tid := range t.traced {
		_ = unix.Kill(tid, unix.SIGKILL) // gone already is as good
	}
}

// kill ends the program as kill -9 does.
func (t *tracer) kill() error {
	t.dying = true
	return gone(unix.Kill(t.pid, unix.SIGKILL))
}

// gone makes no error of a thread that has ended meanwhile.
func gone(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
