package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// used returns the processor time that the calling thread has used; what
// other programs do beside it does not count.
func used() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return wall()
	}
	return time.Duration(t.Nano())
}
