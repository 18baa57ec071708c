//go:build linux && (amd64 || arm64)

package faults

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// call deals with a thread that is about to make a call of the list.
func (t *tracer) call(tid int) error {
	var r registers
	if err := r.load(tid); err != nil {
		return gone(err)
	}
	s, ok := t.specs[r.number()]
	if !ok || t.dying {
		return gone(unix.PtraceCont(tid, 0))
	}
	file, err := t.changes(s, &r)
	if err != nil {
		return err
	}
	if file == "" {
		return gone(unix.PtraceCont(tid, 0))
	}
	t.result.Calls = append(t.result.Calls, Call{Name: s.name, File: file})
	n := len(t.result.Calls)
	switch {
	case n == t.fault.At, n > t.fault.At && t.result.Hit < 0 && t.fault.Kind.Halves():
		return t.strike(tid, s, &r)
	case t.result.Hit >= 0 && t.fault.Kind.lasts(s.space):
		return t.fail(tid, &r)
	}
	return gone(unix.PtraceCont(tid, 0))
}

// strike lets the fault happen at the call that a thread is about to make.
func (t *tracer) strike(tid int, s spec, r *registers) error {
	kind := t.fault.Kind
	if kind == None || kind.Halves() && (s.count < 0 || r.arg(max(s.count, 0)) < 2) {
		return gone(unix.PtraceCont(tid, 0))
	}
	t.result.Hit = len(t.result.Calls) - 1
	if kind.Halves() {
		r.setArg(s.count, r.arg(s.count)/2)
		if err := r.store(tid); err != nil {
			return gone(err)
		}
	}
	switch kind {
	case KillBefore:
		return t.kill()
	case KillAfter, KillWithin: // when the call is done
		return gone(unix.PtraceSyscall(tid, 0))
	case Short:
		return gone(unix.PtraceCont(tid, 0))
	case None, NoSpace, Quota, Broken, Denied, ReadOnly:
	}
	return t.fail(tid, r)
}

// fail has a call fail without being made.
func (t *tracer) fail(tid int, r *registers) error {
	errno := t.fault.Kind.Errno()
	t.result.Calls[len(t.result.Calls)-1].Failed = errno
	if err := r.skip(tid, errno); err != nil {
		return gone(err)
	}
	return gone(unix.PtraceCont(tid, 0))
}

// changes returns the file under the directory that a call would change;
// empty if it is about something else.
func (t *tracer) changes(s spec, r *registers) (string, error) {
	if s.fd >= 0 {
		return t.within(t.descriptor(int32(r.arg(s.fd)))), nil
	}
	for _, p := range s.paths {
		path, err := t.path(p, r)
		if err != nil {
			return "", err
		}
		if file := t.within(path); file != "" {
			return file, nil
		}
	}
	return "", nil
}

// descriptor returns what an open file is called; empty if that is not known.
func (t *tracer) descriptor(fd int32) string {
	name := fmt.Sprintf("/proc/%d/fd/%d", t.pid, fd)
	if fd == unix.AT_FDCWD {
		name = fmt.Sprintf("/proc/%d/cwd", t.pid)
	}
	path, err := os.Readlink(name)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(path, " (deleted)")
}

// path reads a path from the program's memory and makes it absolute.
func (t *tracer) path(p atPath, r *registers) (string, error) {
	path, err := t.text(uintptr(r.arg(p.path)))
	if err != nil || filepath.IsAbs(path) || path == "" {
		return filepath.Clean(path), err
	}
	dir := int32(unix.AT_FDCWD)
	if p.dir >= 0 {
		dir = int32(r.arg(p.dir))
	}
	return filepath.Join(t.descriptor(dir), path), nil
}

// text reads a string that ends in a zero byte, page by page, since the page
// behind it may be missing. What cannot be read is no path: the kernel will
// say so to the program.
func (t *tracer) text(at uintptr) (string, error) {
	var out []byte
	page := os.Getpagesize()
	for len(out) < unix.PathMax {
		part := make([]byte, page-int(at)%page)
		local := []unix.Iovec{{Base: &part[0]}}
		local[0].SetLen(len(part))
		n, err := unix.ProcessVMReadv(t.pid, local, []unix.RemoteIovec{{Base: at, Len: len(part)}}, 0)
		if errors.Is(err, syscall.EFAULT) || errors.Is(err, syscall.ESRCH) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("reading a path: %w", err)
		}
		if end := bytes.IndexByte(part[:n], 0); end >= 0 {
			return string(append(out, part[:end]...)), nil
		}
		out, at = append(out, part[:n]...), at+uintptr(n)
	}
	return "", nil
}

// within returns the name of a file within the directory, "." for itself, and
// nothing for all others.
func (t *tracer) within(path string) string {
	for _, dir := range t.under {
		if path == dir {
			return "."
		}
		if rest, ok := strings.CutPrefix(path, dir+string(filepath.Separator)); ok {
			return rest
		}
	}
	return ""
}
