package browser

import "syscall"

// withParent has the kernel end the browser when telltale is killed.
func withParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
