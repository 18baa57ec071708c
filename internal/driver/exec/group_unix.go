//go:build unix

package exec

import (
	"os"
	"os/exec"
	"syscall"
)

// group is the process group that a driver process leads.
type group struct{ pgid int }

// prepare gives the command a process group of its own. It is also how the
// terminal's Ctrl-C passes it by, so that telltale can end it in good order.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

func newGroup(p *os.Process) (group, error) { return group{p.Pid}, nil }

// kill ends every process of the group.
func (g group) kill() { _ = syscall.Kill(-g.pgid, syscall.SIGKILL) }
