//go:build unix && !linux

package browser

import "syscall"

// withParent has no counterpart here; the browser sees its pipe end instead.
func withParent(*syscall.SysProcAttr) {}
