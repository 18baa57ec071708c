// Package sandbox runs one program in a box of its own and hands out the only
// way out of it: a link that carries IP packets.
//
// The box is a set of Linux namespaces (user, mount, network, PID, IPC, UTS,
// cgroup) that an ordinary user may make as well as root. This very binary,
// executed again, is the first process inside: it sets up the network and the
// file tree, starts the program without any privilege, and ends when the last
// process inside has ended, or at once when the sandbox's owner dies.
//
// What the program sees and what is out of its reach is written down in
// docs/design/capture.md.
package sandbox

import (
	"io"
	"net/netip"
	"strconv"
)

// Config says what to run, and with what around it.
type Config struct {
	// Self is the command line that makes this binary call Init, for example
	// {"/proc/self/exe", "sandbox-init"}.
	Self []string
	// Args are the program and its arguments. A program without a slash is
	// looked up in PATH, inside.
	Args []string
	// Env is the program's environment; nil means that of this process. HOME,
	// TMPDIR and what names sockets out of reach are changed.
	Env []string
	// Dir is the working directory; empty means that of this process.
	Dir string
	// Stdin, Stdout and Stderr are as in os/exec. Files are passed on as they
	// are.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Home is a directory of the host that becomes the program's home, with
	// what lies in it. Empty means one that is forgotten at the end.
	Home string
	// Binds are laid over the tree, read-only.
	Binds []Bind
	// Writable are directories and files of the host that may be written.
	Writable []string
	// Hidden are directories of the host that are empty inside, wherever they
	// would be seen.
	Hidden []string
	// Display passes the X11 and Wayland sockets that the environment names.
	Display bool
	// NoTun uses the second kind of link even where the first one, a TUN
	// device, is to be had.
	NoTun bool
}

// Bind lays Source, a file or directory of the host, over Path.
type Bind struct {
	Source, Path string
}

// Exit is how the program ended.
type Exit struct {
	// Code is the exit status if it ended by itself.
	Code int
	// Signal is the number of the signal that ended it; 0 if none did.
	Signal int
}

// Status is the exit status a shell would show: 128 plus the number of a
// signal.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return 128 + e.Signal
	}
	return e.Code
}

// String describes the end in words.
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal " + strconv.Itoa(e.Signal)
	}
	return "exit status " + strconv.Itoa(e.Code)
}

// Link carries the sandbox's packets, one whole IP packet a call.
type Link interface {
	// Read waits for the next packet that the sandbox sends and puts it into
	// b, which must have room for MTU octets. After Close it returns an
	// error; the end of the sandbox alone does not end the link.
	Read(b []byte) (int, error)
	// Write gives the packet b to the sandbox.
	Write(b []byte) (int, error)
	// Close ends the link.
	Close() error
}

// MTU is the largest packet on the link, in octets. Large packets cost the
// least per octet. IPv4 ends at 65,535; with its Ethernet header and what the
// kernel adds, this one still fits in 64 KiB.
const MTU = 65440

// LinkName is the name of the link's device inside.
const LinkName = "tt0"

// Addresses are those inside a sandbox. They are the same in all of them, as
// they never leave it.
type Addresses struct {
	// App4 and App6 are the program's own.
	App4, App6 netip.Prefix
	// Gateway4 and Gateway6 are those of the link's other end: the default
	// route, and the name server in /etc/resolv.conf.
	Gateway4, Gateway6 netip.Addr
}

// Inside returns the addresses inside a sandbox.
func Inside() Addresses {
	return Addresses{
		App4:     netip.MustParsePrefix("10.111.0.2/30"),
		App6:     netip.MustParsePrefix("fd74:656c:1::2/64"),
		Gateway4: netip.MustParseAddr("10.111.0.1"),
		Gateway6: netip.MustParseAddr("fd74:656c:1::1"),
	}
}
