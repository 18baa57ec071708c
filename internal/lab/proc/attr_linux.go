package proc

import (
	"os/exec"
	"syscall"
)

// prepare has the kernel kill the process when its parent is killed.
func prepare(cmd *exec.Cmd, ownGroup bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: ownGroup, Pdeathsig: syscall.SIGKILL}
}
