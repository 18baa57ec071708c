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
	up, _ := strconv.Atoi(statField(pid, 4)) // 0 is unknown
	return up
}

// began tells processes apart that had the same number one after the other:
// when it started, in clock ticks; empty if it has ended.
func began(pid int) string { return statField(pid, 22) }

// statField returns a field of /proc/PID/stat by its number in proc(5), from
// the third on.
func statField(pid, n int) string {
	b, err := os.ReadFile(procFile(pid, "stat"))
	if err != nil {
		return ""
	}
	// The second is the name, in parentheses, and may hold anything.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) <= n-3 {
		return ""
	}
	return string(fields[n-3])
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
