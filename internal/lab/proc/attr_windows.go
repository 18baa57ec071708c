package proc

import (
	"os/exec"
	"syscall"
)

func prepare(cmd *exec.Cmd, ownGroup bool) {
	if ownGroup {
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	}
}
