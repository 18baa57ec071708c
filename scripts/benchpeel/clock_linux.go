package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// used returns the processor time that the calling thread has used; what
// other programs do beside it does not count.
func used() time.Duration { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

// usedByAll is used for all threads.
func usedByAll() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

func clock(id int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return wall()
	}
	return time.Duration(t.Nano())
}
