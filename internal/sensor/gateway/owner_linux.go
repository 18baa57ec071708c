package gateway

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"example.org/telltale/internal/sensor/tape"
)

// NewOwners finds the owners of sockets among the processes of a sandbox, of
// which pid, as the host sees it, is the first. It reads the kernel's tables
// once for all who ask at the same time, and asks no process outside.
func NewOwners(pid int) Owners {
	return &procOwners{pid: pid, known: map[uint64]tape.Process{}}
}

// asked is one question to procOwners.
type asked struct {
	proto    string
	src, dst netip.AddrPort
	// inode of the socket, and how good a match it is: 0 is the best.
	inode uint64
	rank  int
	owner tape.Process
	done  chan struct{}
}

type procOwners struct {
	pid int

	mu      sync.Mutex
	waiting []*asked
	busy    bool

	// What follows belongs to the one who serves. known has the owners of
	// sockets by inode: those numbers are not used twice. recent is whoever
	// was found last: who opened one socket often opens the next.
	known  map[uint64]tape.Process
	recent int
}

// maxKnown bounds how many sockets are remembered.
const maxKnown = 1 << 14

// Owner returns once a look that began after the question has answered it.
func (o *procOwners) Owner(proto string, src, dst netip.AddrPort) tape.Process {
	a := &asked{proto: proto, src: src, dst: dst, done: make(chan struct{})}
	o.mu.Lock()
	o.waiting = append(o.waiting, a)
	serve := !o.busy
	o.busy = true
	o.mu.Unlock()
	if serve {
		o.serve()
	}
	<-a.done
	return a.owner
}

// serve answers all who wait; those who came meanwhile are served by another.
func (o *procOwners) serve() {
	o.mu.Lock()
	batch := o.waiting
	o.waiting = nil
	o.busy = len(batch) > 0
	o.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	o.answer(batch)
	for _, a := range batch {
		close(a.done)
	}
	go o.serve()
}

func (o *procOwners) answer(batch []*asked) {
	findSockets("/proc/"+strconv.Itoa(o.pid)+"/net/", batch)
	if len(o.known) > maxKnown {
		clear(o.known)
	}
	missing := map[uint64]bool{}
	for _, a := range batch {
		if _, ok := o.known[a.inode]; !ok && a.inode != 0 {
			missing[a.inode] = true
		}
	}
	o.search(missing)
	for _, a := range batch {
		a.owner = o.known[a.inode]
	}
}

// search looks for sockets in the descriptors of the processes inside. Of
// those that share one, the nearest to the first process counts.
func (o *procOwners) search(missing map[uint64]bool) {
	if len(missing) == 0 {
		return
	}
	if inside := descends(o.recent, o.pid); inside {
		o.holds(o.recent, missing)
	}
	if len(missing) == 0 {
		return
	}
	for _, pid := range append(descendants(o.pid), o.pid) {
		if o.holds(pid, missing); len(missing) == 0 {
			return
		}
	}
}

// holds enters those of the missing sockets that a process has.
func (o *procOwners) holds(pid int, missing map[uint64]bool) {
	folder := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	dir, err := os.Open(folder)
	if err != nil {
		return // it has ended
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1) // what could be read is enough
	var owner *tape.Process
	for _, name := range names {
		to, err := os.Readlink(folder + "/" + name)
		if err != nil || !strings.HasPrefix(to, "socket:[") {
			continue
		}
		inode, err := strconv.ParseUint(to[len("socket:["):len(to)-1], 10, 64)
		if err != nil || !missing[inode] {
			continue
		}
		if owner == nil {
			p := o.process(pid)
			owner, o.recent = &p, pid
		}
		o.known[inode] = *owner
		delete(missing, inode)
	}
}

// process describes a process and what started it, up to the sandbox.
func (o *procOwners) process(pid int) tape.Process {
	p := tape.Process{PID: pid, Name: programName(pid), Command: commandLine(pid)}
	for up := parent(pid); pid != o.pid && up != o.pid && up > 1 && len(p.Ancestors) < 64; up = parent(up) {
		p.Ancestors = append(p.Ancestors, programName(up))
	}
	return p
}
