//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// controlFD is where the init and the launcher find their end of the control
// socket.
const controlFD = 3

// The stages that this binary plays inside.
const (
	stageInit     = "init"     // the first process
	stageLauncher = "launcher" // becomes the program
)

// order is what the first line on the control socket says.
type order struct {
	Stage string
	// Args, Env and Dir are the program's.
	Args, Env []string
	Dir       string
	// Umask is that of the caller.
	Umask int
	// Tree is what the program sees.
	Tree tree
	// NoTun asks for the second kind of link.
	NoTun bool
	// RawSockets says that the caller might open raw sockets, so the program
	// may too.
	RawSockets bool
}

// command is what the owner tells the init later.
type command struct {
	Signal int
}

// notice is what the init tells the owner.
type notice struct {
	// Link comes with the link's descriptor.
	Link *linkNotice `json:",omitempty"`
	// Started says that the program runs.
	Started bool `json:",omitempty"`
	// Exit says how the program ended; others may still run.
	Exit *Exit `json:",omitempty"`
	// Error says why there is no program.
	Error string `json:",omitempty"`
}

type linkNotice struct {
	Kind string
	// Sockets says that a second descriptor comes, by which the owner may ask
	// the kernel for the box's sockets.
	Sockets bool `json:",omitempty"`
	// Gateway and App are the Ethernet addresses of a veth link.
	Gateway, App []byte `json:",omitempty"`
}

// send writes v as one line on the socket fd, with descriptors.
func send(fd int, v any, pass ...int) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	var rights []byte
	if len(pass) > 0 {
		rights = unix.UnixRights(pass...)
	}
	for len(line) > 0 {
		n, err := unix.SendmsgN(fd, line, rights, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("control socket: %w", err)
		}
		line, rights = line[n:], nil
	}
	return nil
}

// noticeReader reads notices and the descriptors that come with them.
type noticeReader struct {
	conn *net.UnixConn
	rest []byte
	fds  []int
}

// next returns the next notice; io.EOF when the init has ended.
func (r *noticeReader) next() (notice, error) {
	for {
		if line, rest, ok := bytes.Cut(r.rest, []byte{'\n'}); ok {
			r.rest = rest
			var n notice
			err := json.Unmarshal(line, &n)
			return n, err
		}
		if err := r.more(); err != nil {
			return notice{}, err
		}
	}
}

func (r *noticeReader) more() error {
	b, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4*8))
	n, oobn, _, _, err := r.conn.ReadMsgUnix(b, oob)
	if err != nil {
		return err
	}
	if n == 0 && oobn == 0 {
		return io.EOF
	}
	r.rest = append(r.rest, b[:n]...)
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return err
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return err
		}
		r.fds = append(r.fds, fds...)
	}
	return nil
}

// take returns the next descriptor that came with the last notice.
func (r *noticeReader) take() (int, error) {
	if len(r.fds) == 0 {
		return -1, errors.New("no descriptor came with the link")
	}
	fd := r.fds[0]
	r.fds = r.fds[1:]
	unix.CloseOnExec(fd)
	return fd, nil
}

func (r *noticeReader) close() {
	for _, fd := range r.fds {
		_ = unix.Close(fd)
	}
	r.fds = nil
	_ = r.conn.Close() // nothing is left to read
}

// socketPair returns two ends that no other process inherits.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("control socket: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}
