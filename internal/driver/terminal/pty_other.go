//go:build !linux

package terminal

import (
	"errors"
	"os"
	"os/exec"
)

// openTerminal says that there is none.
func openTerminal(int, int) (ours, theirs *os.File, err error) {
	return nil, nil, errors.New("programs in a terminal are driven on Linux only; here use mode: lines, or an exec driver")
}

func ofTerminal(*exec.Cmd) {}

func ofPipes(*exec.Cmd) {}

func hangUp(pid int) { kill(pid) }

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
