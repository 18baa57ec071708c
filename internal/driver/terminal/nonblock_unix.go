//go:build unix

package terminal

import "syscall"

// nonblocking makes the opening of a pipe that nobody reads an error instead
// of a wait.
const nonblocking = syscall.O_NONBLOCK
