package main

import (
	"os"
	"syscall"
)

// peakOf is the most memory that a program that has ended held.
func peakOf(s *os.ProcessState) int64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
}
