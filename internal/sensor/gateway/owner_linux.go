package gateway

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sensor/tape"
)

// NewOwners finds the owners of sockets among the processes of a sandbox, of
// which pid, as the host sees it, is the first. It reads the kernel's tables
// once for all who ask at the same time, and asks no process outside.
func NewOwners(pid int) Owners {
	return &procOwners{pid: pid, net: pid, known: map[uint64]tape.Process{}}
}

// NewHostOwners finds the owners of sockets among all processes of this
// machine that this one may look into.
func NewHostOwners() Owners {
	return &procOwners{pid: 1, net: os.Getpid(), known: map[uint64]tape.Process{}}
}

// NewOwnersBy is like NewOwners, for who may not open a socket in the sandbox's
// network: inside is a netlink socket of the family NETLINK_SOCK_DIAG that was
// opened there. It is not used any more when NewOwnersBy returns.
func NewOwnersBy(pid int, inside *os.File) (Owners, error) {
	fd, err := duplicate(inside)
	if err != nil {
		return nil, fmt.Errorf("asking for sockets: %w", err)
	}
	o := &procOwners{pid: pid, net: pid, known: map[uint64]tape.Process{}}
	o.open.Do(func() { o.diag, err = diagOf(fd) })
	return o, err
}

// duplicate copies the descriptor of a file that another may close meanwhile.
func duplicate(f *os.File) (fd int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	if failed := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) }); failed != nil {
		return -1, failed
	}
	return fd, err
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
	// pid is the first of the processes that are looked through, net one in
	// whose network the sockets are.
	pid, net int

	mu      sync.Mutex
	waiting []*asked
	busy    bool

	// open tries once to get diag, without which the kernel's tables are read.
	open sync.Once
	diag *diag

	// What follows belongs to the one who serves. known has the owners of
	// sockets by inode: those numbers are not used twice. recent is whoever
	// was found last: who opened one socket often opens the next.
	known  map[uint64]tape.Process
	recent seen
}

// seen is a process as it was met.
type seen struct {
	pid        int
	began, exe string
	owner      tape.Process
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
	o.open.Do(func() { o.diag, _ = openDiag(o.net) }) // the tables are enough
	var unseen []*asked
	for _, a := range batch {
		if !o.ask(a) {
			unseen = append(unseen, a)
		}
	}
	findSockets("/proc/"+strconv.Itoa(o.net)+"/net/", unseen)
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

// ask asks for one socket and reports whether it was found.
func (o *procOwners) ask(a *asked) bool {
	if o.diag == nil || a.proto != "tcp" && a.proto != "udp" {
		return false
	}
	inode, err := o.diag.inode(protocol(a.proto, a.dst.Addr()), a.src, a.dst)
	a.inode = inode
	return err == nil && inode != 0
}

// search looks for sockets in the descriptors of the processes inside. Of
// those that share one, the nearest to the first process counts.
func (o *procOwners) search(missing map[uint64]bool) {
	if len(missing) == 0 {
		return
	}
	if o.recent.pid != 0 && began(o.recent.pid) == o.recent.began {
		o.holds(o.recent.pid, missing)
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
	met := false
	for _, name := range names {
		to, err := os.Readlink(folder + "/" + name)
		if err != nil || !strings.HasPrefix(to, "socket:[") {
			continue
		}
		inode, err := strconv.ParseUint(to[len("socket:["):len(to)-1], 10, 64)
		if err != nil || !missing[inode] {
			continue
		}
		if !met {
			met = true
			o.meet(pid)
		}
		o.known[inode] = o.recent.owner
		delete(missing, inode)
	}
}

// meet makes pid the recent one. It is described anew unless it is the same
// process with the same program.
func (o *procOwners) meet(pid int) {
	now := seen{pid: pid, began: began(pid), exe: programName(pid)}
	if last := o.recent; last.pid == pid && last.began == now.began && last.exe == now.exe {
		return
	}
	now.owner = tape.Process{PID: pid, Name: now.exe, Command: commandLine(pid), Ancestors: o.ancestors(pid)}
	o.recent = now
}

// ancestors are what started a process, up to the sandbox.
func (o *procOwners) ancestors(pid int) (names []string) {
	for up := parent(pid); pid != o.pid && up != o.pid && up > 1 && len(names) < 64; up = parent(up) {
		names = append(names, programName(up))
	}
	return names
}
