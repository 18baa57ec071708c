//go:build unix && !linux

package exec

import "syscall"

// dieWithParent has no counterpart here; the process sees its standard input
// end instead.
func dieWithParent(*syscall.SysProcAttr) {}
