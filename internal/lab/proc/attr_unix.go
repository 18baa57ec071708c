//go:build unix && !linux

package proc

import (
	"os/exec"
	"syscall"
)

func prepare(cmd *exec.Cmd, ownGroup bool) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: ownGroup}
}
