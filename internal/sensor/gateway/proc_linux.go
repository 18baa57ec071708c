package gateway

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// programName is the base name of a process's file.
func programName(pid int) string {
	exe, err := os.Readlink(procFile(pid, "exe"))
	if err != nil {
		b, _ := os.ReadFile(procFile(pid, "comm")) // nothing if it has ended
		return strings.TrimSpace(string(b))
	}
	return strings.TrimSuffix(filepath.Base(exe), " (deleted)")
}

func procFile(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// commandLine returns the arguments a process was started with.
func commandLine(pid int) []string {
	b, err := os.ReadFile(procFile(pid, "cmdline"))
	if err != nil || len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// parent returns the process that started pid, or took it over; 0 if it
// cannot be known.
func parent(pid int) int {
	b, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return 0
	}
	// The name stands in parentheses and may hold anything.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	up, _ := strconv.Atoi(string(fields[1])) // 0 is unknown
	return up
}

// descends reports whether pid is root or was started by it, at whatever
// remove.
func descends(pid, root int) bool {
	for steps := 0; pid > 1 && steps < 1000; steps++ {
		if pid == root {
			return true
		}
		pid = parent(pid)
	}
	return false
}

// descendants returns all processes that root has started, nearest first.
func descendants(root int) []int {
	found := []int{root}
	for i := 0; i < len(found); i++ {
		below, ok := children(found[i])
		if !ok {
			return descendantsByParent(root)
		}
		found = append(found, below...)
	}
	return found[1:]
}

// children asks the kernel for the children of each thread of a process; not
// every kernel is built to tell.
func children(pid int) (below []int, ok bool) {
	threads, err := filepath.Glob(procFile(pid, "task/*"))
	if err != nil {
		return nil, false
	}
	for _, thread := range threads {
		b, err := os.ReadFile(thread + "/children")
		if err != nil {
			if _, still := os.Stat(thread); still == nil {
				return nil, false
			}
			continue // the thread has ended
		}
		for _, word := range strings.Fields(string(b)) {
			if child, err := strconv.Atoi(word); err == nil {
				below = append(below, child)
			}
		}
	}
	return below, true
}

// descendantsByParent looks at all processes there are.
func descendantsByParent(root int) []int {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	below := map[int][]int{}
	for _, dir := range all {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			up := parent(pid)
			below[up] = append(below[up], pid)
		}
	}
	found := []int{root}
	for i := 0; i < len(found); i++ {
		found = append(found, below[found[i]]...)
		delete(below, found[i]) // nobody is met twice, whatever /proc says
	}
	return found[1:]
}
