//go:build linux && (amd64 || arm64)

package faults

import "golang.org/x/sys/unix"

// spec describes a system call that can change files. Numbers are indexes of
// arguments; -1 for none.
type spec struct {
	nr   uint64
	name string
	// fd of the open file that is changed.
	fd int
	// paths that are changed: the directory's descriptor (-1: none is given)
	// and the path.
	paths []atPath
	// flags of opening.
	flags int
	// count of bytes to write.
	count int
	// space: it fails when there is none left.
	space bool
}

type atPath struct{ dir, path int }

// openFlags make opening a change, or the begin of one.
const openFlags = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

// byFile is a call on an open file.
func byFile(nr uint64, name string, count int, space bool) spec {
	return spec{nr: nr, name: name, fd: 0, flags: -1, count: count, space: space}
}

// byPath is a call on paths.
func byPath(nr uint64, name string, space bool, paths ...atPath) spec {
	return spec{nr: nr, name: name, fd: -1, flags: -1, count: -1, space: space, paths: paths}
}

// opening is a call that opens a path.
func opening(nr uint64, name string, path atPath, flags int) spec {
	s := byPath(nr, name, true, path)
	s.flags = flags
	return s
}

// specs lists the calls. Closing is none of them: what it could fail with was
// said by fsync before.
func specs() []spec {
	copies := byFile(unix.SYS_COPY_FILE_RANGE, "copy_file_range", -1, true)
	copies.fd = 2
	return append([]spec{
		byFile(unix.SYS_WRITE, "write", 2, true),
		byFile(unix.SYS_PWRITE64, "pwrite64", 2, true),
		byFile(unix.SYS_WRITEV, "writev", -1, true),
		byFile(unix.SYS_PWRITEV, "pwritev", -1, true),
		byFile(unix.SYS_SENDFILE, "sendfile", -1, true),
		byFile(unix.SYS_FALLOCATE, "fallocate", -1, true),
		copies,
		byFile(unix.SYS_FTRUNCATE, "ftruncate", -1, false),
		byFile(unix.SYS_FSYNC, "fsync", -1, false),
		byFile(unix.SYS_FDATASYNC, "fdatasync", -1, false),
		byFile(unix.SYS_SYNCFS, "syncfs", -1, false),
		byFile(unix.SYS_SYNC_FILE_RANGE, "sync_file_range", -1, false),
		opening(unix.SYS_OPENAT, "openat", atPath{0, 1}, 2),
		byPath(unix.SYS_MKDIRAT, "mkdirat", true, atPath{0, 1}),
		byPath(unix.SYS_UNLINKAT, "unlinkat", false, atPath{0, 1}),
		byPath(unix.SYS_RENAMEAT, "renameat", false, atPath{0, 1}, atPath{2, 3}),
		byPath(unix.SYS_RENAMEAT2, "renameat2", false, atPath{0, 1}, atPath{2, 3}),
		byPath(unix.SYS_LINKAT, "linkat", true, atPath{2, 3}),
		byPath(unix.SYS_SYMLINKAT, "symlinkat", true, atPath{1, 2}),
	}, olderSpecs()...)
}
