//go:build unix

package browser

import (
	"os"
	"os/exec"
	"syscall"
)

// apart gives the browser a session of its own, and on Linux an end with ours.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	withParent(cmd.SysProcAttr)
}

// kill ends the browser with its helpers.
func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
