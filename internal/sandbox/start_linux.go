//go:build amd64 || arm64

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopGrace is how long what runs inside may take to end after SIGTERM.
const stopGrace = 5 * time.Second

// Sandbox is a program that runs in a box.
type Sandbox struct {
	cmd     *exec.Cmd
	notices *noticeReader
	link    Link
	kind    string
	sockets *os.File
	done    chan struct{}
	// exit and err are set before done is closed.
	exit Exit
	err  error

	// unhook parts the box from the context it was started with.
	unhook func() bool

	mu      sync.Mutex // guards what follows
	stopped bool
}

// Start runs a program in a box and returns when it has been started. When
// ctx ends, everything inside is stopped as by Stop. The caller has to read
// Link, or nothing that is sent gets anywhere, and to call Wait.
func Start(ctx context.Context, c Config) (*Sandbox, error) {
	if len(c.Self) == 0 || len(c.Args) == 0 {
		return nil, errors.New("nothing to run: name a program")
	}
	if err := crippled(); err != nil {
		return nil, err
	}
	o, err := newOrder(c)
	if err != nil {
		return nil, err
	}
	s, err := launch(c, o)
	if err != nil {
		return nil, err
	}
	if err := s.await(ctx); err != nil {
		s.kill()
		_ = s.cmd.Wait() // it was killed
		s.notices.close()
		s.forgetSockets()
		return nil, err
	}
	s.unhook = context.AfterFunc(ctx, func() { _ = s.Stop(context.Background()) })
	go s.watch()
	return s, nil
}

// launch starts the first process of the box and gives it its order.
func launch(c Config, o order) (*Sandbox, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer ours.Close() // the connection below has its own descriptor
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	cmd := &exec.Cmd{
		Path: c.Self[0], Args: c.Self, Env: []string{}, Dir: "/",
		Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		ExtraFiles: []*os.File{theirs}, SysProcAttr: attributes(),
	}
	if err := cmd.Start(); err != nil {
		conn.Close()
		return nil, explain(err)
	}
	s := &Sandbox{cmd: cmd, notices: &noticeReader{conn: conn.(*net.UnixConn)}, done: make(chan struct{})}
	if err := json.NewEncoder(conn).Encode(o); err != nil && !errors.Is(err, unix.EPIPE) {
		s.kill()
		_ = cmd.Wait() // it was killed
		conn.Close()
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return s, nil
}

// attributes are the namespaces. The user keeps its own number inside, so
// that a program that is not root outside is not root inside either.
func attributes() *syscall.SysProcAttr {
	uid, gid := os.Geteuid(), os.Getegid()
	return &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID |
			unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}},
		// Without these a user other than root would lose them at once.
		AmbientCaps: initCapabilities(),
		Setsid:      true,
	}
}

// await reads notices until the program runs.
func (s *Sandbox) await(ctx context.Context) error {
	unhook := context.AfterFunc(ctx, s.kill)
	defer unhook()
	for {
		n, err := s.notices.next()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return errors.New("the first process of the sandbox ended before it said why")
		case err != nil:
			return fmt.Errorf("control socket: %w", err)
		case n.Error != "":
			return errors.New(n.Error)
		case n.Link != nil:
			if err := s.attach(*n.Link); err != nil {
				return err
			}
		case n.Started:
			return nil
		}
	}
}

func (s *Sandbox) attach(n linkNotice) error {
	fd, err := s.notices.take()
	if err != nil {
		return err
	}
	if n.Sockets {
		sockets, err := s.notices.take()
		if err != nil {
			_ = unix.Close(fd) // there will be no link
			return err
		}
		s.sockets = os.NewFile(uintptr(sockets), "sockets")
	}
	s.kind = n.Kind
	s.link, err = openLink(fd, n)
	return err
}

// watch reads how the program ends and waits for the rest.
func (s *Sandbox) watch() {
	var exit *Exit
	for {
		n, err := s.notices.next()
		if err != nil {
			break // the init has ended
		}
		if n.Exit != nil {
			exit = n.Exit
		}
	}
	err := s.cmd.Wait()
	s.notices.close()
	s.unhook()
	drain(s.link)
	s.forgetSockets()
	s.mu.Lock()
	switch {
	case exit != nil:
		s.exit = *exit
	case s.stopped:
		s.exit = Exit{Signal: int(unix.SIGKILL)}
	default:
		s.err = fmt.Errorf("the first process of the sandbox ended early: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	s.mu.Unlock()
	close(s.done)
}

// Wait waits until the last process in the box has ended and says how the
// program, the first one, did. It may be called from any goroutine and as
// often as wanted.
func (s *Sandbox) Wait() (Exit, error) {
	<-s.done
	return s.exit, s.err
}

// Stop sends SIGTERM to everything inside and waits for the end. When ctx
// ends or five seconds have passed, what is left is killed.
func (s *Sandbox) Stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	patience, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	// An error means that the init is no longer there to be told.
	_ = json.NewEncoder(s.notices.conn).Encode(command{Signal: int(unix.SIGTERM)})
	select {
	case <-s.done:
		return nil
	case <-patience.Done():
	}
	s.kill()
	<-s.done
	return nil
}

// kill ends the init, and with it, by the kernel's hand, all processes of its
// PID namespace.
func (s *Sandbox) kill() { _ = s.cmd.Process.Kill() }

// Link is the way out of the box. It stays the same; close it after Wait.
func (s *Sandbox) Link() Link { return s.link }

// Kind says what carries the packets: "tun" or "veth".
func (s *Sandbox) Kind() string { return s.kind }

// Sockets is a netlink socket of the family NETLINK_SOCK_DIAG that was opened
// in the box's network, to ask the kernel whose a socket there is; nil if the
// kernel cannot be asked. The sandbox closes it when it ends.
func (s *Sandbox) Sockets() *os.File { return s.sockets }

func (s *Sandbox) forgetSockets() {
	if s.sockets != nil {
		_ = s.sockets.Close() // nothing was written to it
	}
}

// PID is the first process of the box, as the host sees it. Its /proc
// directory shows the box's sockets.
func (s *Sandbox) PID() int { return s.cmd.Process.Pid }
