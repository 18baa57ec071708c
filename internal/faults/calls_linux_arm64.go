package faults

import "golang.org/x/sys/unix"

// olderSpecs are calls that are the same everywhere but are not made by
// descriptor.
func olderSpecs() []spec {
	return []spec{byPath(unix.SYS_TRUNCATE, "truncate", false, atPath{-1, 0})}
}
