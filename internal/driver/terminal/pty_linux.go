package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal: our end, and the program's.
func openTerminal(columns, rows int) (ours, theirs *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("a terminal cannot be made here: %w", err)
	}
	number, err := unlock(ours, columns, rows)
	if err == nil {
		theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		_ = ours.Close()
		return nil, nil, fmt.Errorf("the program's end of a terminal: %w", err)
	}
	return ours, theirs, nil
}

// unlock lets the program's end be opened, sets the size, and returns the
// number under which it is found.
func unlock(ours *os.File, columns, rows int) (number int, err error) {
	raw, err := ours.SyscallConn()
	if err != nil {
		return 0, err
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		if inner = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); inner != nil {
			return
		}
		if number, inner = unix.IoctlGetInt(int(fd), unix.TIOCGPTN); inner != nil {
			return
		}
		inner = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(columns), Row: uint16(rows)})
	})
	if err == nil {
		err = inner
	}
	return number, err
}

// ofTerminal gives the command a session of its own with the terminal that is
// its standard input. The kernel ends it with telltale.
func ofTerminal(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
}

// ofPipes gives the command a session of its own without a terminal.
func ofPipes(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// hangUp asks the program and its children to end; kill makes them.
func hangUp(pid int) { _ = unix.Kill(-pid, unix.SIGHUP) }

func kill(pid int) { _ = unix.Kill(-pid, unix.SIGKILL) }
