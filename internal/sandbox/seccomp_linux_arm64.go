package sandbox

import "golang.org/x/sys/unix"

// machineABIs are the tables of this machine. 32-bit programs do not run in
// the box here: no filter is written for theirs.
func machineABIs() []abi { return []abi{nativeABI(unix.AUDIT_ARCH_AARCH64)} }
