//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Init is what the binary does when it is started by Config.Self: it becomes
// the first process of the box, or, started by that one, the program. The
// result is the exit status.
func Init() int {
	runtime.LockOSThread() // what the launcher gives up, it gives up by thread
	unix.CloseOnExec(controlFD)
	control := os.NewFile(controlFD, "control")
	defer control.Close()
	decoder := json.NewDecoder(control)
	var o order
	if err := decoder.Decode(&o); err != nil {
		return 1 // nobody is there to be told
	}
	var err error
	switch o.Stage {
	case stageInit:
		err = runInit(o, decoder)
	case stageLauncher:
		err = becomeProgram(o, control)
	default:
		err = fmt.Errorf("stage %q is unknown", o.Stage)
	}
	if err != nil {
		_ = send(controlFD, notice{Error: err.Error()}) // as above
		return 1
	}
	return 0
}

// runInit does the init's work until the last process inside has ended or
// the owner is gone. When the init then ends, so does, by the kernel's hand,
// all that is left inside.
func runInit(o order, decoder *json.Decoder) error {
	gone, done := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(gone)
		obey(decoder)
	}()
	go func() { done <- setUp(o) }()
	select {
	case <-gone:
		return nil
	case err := <-done:
		return err
	}
}

// setUp sets the box up, starts the program and waits for the end of all.
func setUp(o order) error {
	link, about, err := openNetwork(o.NoTun)
	if err != nil {
		return err
	}
	pass := []int{link}
	if sockets, err := openSockets(); err == nil { // else the owner reads tables
		about.Sockets, pass = true, append(pass, sockets)
	}
	if err := send(controlFD, notice{Link: &about}, pass...); err != nil {
		return err
	}
	for _, fd := range pass {
		_ = unix.Close(fd) // it is the owner's now
	}
	if err := o.Tree.build(); err != nil {
		return err
	}
	// Nothing inside may look into this process, which keeps its privileges.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("hiding the init: %w", err)
	}
	forwardSignals()
	pid, err := startProgram(o)
	if err != nil {
		return err
	}
	if err := send(controlFD, notice{Started: true}); err != nil {
		return err
	}
	if err := leaveStandardFiles(); err != nil {
		return err
	}
	return reap(pid)
}

// obey does what the owner says until the owner is gone.
func obey(decoder *json.Decoder) {
	for {
		var c command
		if err := decoder.Decode(&c); err != nil {
			return
		}
		_ = unix.Kill(-1, syscall.Signal(c.Signal)) // nothing may be left
	}
}

// forwardSignals passes on what is sent to the init by name.
func forwardSignals() {
	got := make(chan os.Signal, 8)
	signal.Notify(got, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	go func() {
		for s := range got {
			_ = unix.Kill(-1, s.(syscall.Signal)) // nothing may be left
		}
	}()
}

// leaveStandardFiles lets go of the program's standard files, so that their
// other ends see when the program closes them.
func leaveStandardFiles() error {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/null: %w", err)
	}
	defer unix.Close(null) //nolint:errcheck // it was opened just now
	for fd := range controlFD {
		if err := unix.Dup3(null, fd, 0); err != nil {
			return fmt.Errorf("standard files: %w", err)
		}
	}
	return nil
}

// reap waits for every process inside, as orphans become the init's children,
// and tells how the program with this pid ended.
func reap(program int) error {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD):
			linger()
			return nil // nobody is left
		case err != nil:
			return fmt.Errorf("waiting: %w", err)
		case pid == program:
			exit := Exit{Code: status.ExitStatus()}
			if status.Signaled() {
				exit = Exit{Signal: int(status.Signal())}
			}
			if err := send(controlFD, notice{Exit: &exit}); err != nil {
				return err
			}
		}
	}
}
