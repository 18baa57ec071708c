package faults

import "golang.org/x/sys/unix"

// olderSpecs are calls that newer processors no longer have.
func olderSpecs() []spec {
	first, second := atPath{-1, 0}, atPath{-1, 1}
	return []spec{
		opening(unix.SYS_OPEN, "open", first, 1),
		byPath(unix.SYS_CREAT, "creat", true, first),
		byPath(unix.SYS_MKDIR, "mkdir", true, first),
		byPath(unix.SYS_RMDIR, "rmdir", false, first),
		byPath(unix.SYS_UNLINK, "unlink", false, first),
		byPath(unix.SYS_RENAME, "rename", false, first, second),
		byPath(unix.SYS_LINK, "link", true, second),
		byPath(unix.SYS_SYMLINK, "symlink", true, second),
		byPath(unix.SYS_TRUNCATE, "truncate", false, first),
	}
}
