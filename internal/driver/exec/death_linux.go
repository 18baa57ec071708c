package exec

import "syscall"

// dieWithParent has the kernel kill the process when telltale is killed.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
