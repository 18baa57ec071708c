// Package realserver starts real servers for tests and benches: programs of
// others, installed from packages, each as an ordinary child on loopback with
// a directory of its own, and stopped by its process id. One file a server.
//
// Nothing of telltale itself imports it.
package realserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrMissing says that a program is not installed.
var ErrMissing = errors.New("the program is not installed")

const (
	// startup is how long a server may take to be ready.
	startup = time.Minute
	// grace is how long it may take to end before it is killed.
	grace = 10 * time.Second
	// tries are how many ports are tried.
	tries = 20
	// look is how often its log is read while it starts.
	look = 20 * time.Millisecond
)

// Server is a server that runs.
type Server struct {
	// Name of the program.
	Name string
	// Addr is host:port of its first port; TLSAddr of the one with TLS from
	// the beginning, if it has any.
	Addr, TLSAddr string
	// Dir is its directory, gone after Stop.
	Dir string
	// CA is the PEM file of the authority of its certificate, if it has one.
	CA string

	child child
	cmd   *exec.Cmd
	done  chan struct{}
	out   *bytes.Buffer
}

// TB is what [Need] needs of a test.
type TB interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Need ends a test that has no server: it is skipped if the program is not
// installed, unless TELLTALE_REQUIRE_REAL is set, and fails otherwise.
func Need(t TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrMissing) && os.Getenv("TELLTALE_REQUIRE_REAL") == "":
		t.Skipf("skipped: %v", err)
	default:
		t.Fatalf("%v", err)
	}
}

// program finds a program that may lie where only root looks.
func program(name, pkg string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	path := filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("%s (Debian package %s): %w", name, pkg, ErrMissing)
}

// child is how a server is started.
type child struct {
	name string
	// user that it drops to when we are root.
	user string
	// files are written into its directory, by name.
	files map[string][]byte
	// dirs are made in it.
	dirs []string
	// command with its arguments. @BASE@ stands for the directory.
	command []string
	// log is the file in which it says that it is ready; ready are what has
	// to stand there, and failed what must not.
	log           string
	ready, failed []string
}

// start runs a child and returns when it is ready.
func (c child) start(ctx context.Context) (*Server, error) {
	s := &Server{Name: c.name, child: c}
	if err := c.place(s); err != nil {
		return nil, err
	}
	if err := c.launch(s); err != nil {
		_ = os.RemoveAll(s.Dir) // what failed is known
		return nil, err
	}
	if err := c.await(ctx, s); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// launch runs the program in the server's directory.
func (c child) launch(s *Server) error {
	done, out := make(chan struct{}), &bytes.Buffer{}
	args := make([]string, len(c.command))
	for i, a := range c.command {
		args[i] = strings.ReplaceAll(a, "@BASE@", s.Dir)
	}
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // it outlives the call; Stop ends it
	cmd.Dir, cmd.Env = s.Dir, append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+s.Dir)
	cmd.Stdout, cmd.Stderr = out, out
	// Children of its own may hold its output open after its end.
	cmd.WaitDelay = time.Second
	err := become(cmd, c.user)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended shows in its log
		close(done)
	}()
	s.cmd, s.done, s.out = cmd, done, out
	return nil
}

// place makes the server's directory, in which its user may do all.
func (c child) place(s *Server) (err error) {
	if s.Dir, err = os.MkdirTemp("", "telltale-"+c.name+"-"); err != nil {
		return err
	}
	for _, d := range c.dirs {
		err = errors.Join(err, os.MkdirAll(filepath.Join(s.Dir, d), 0o755))
	}
	for name, content := range c.files {
		content = bytes.ReplaceAll(content, []byte("@BASE@"), []byte(s.Dir))
		err = errors.Join(err, os.WriteFile(filepath.Join(s.Dir, name), content, 0o600))
	}
	if err = errors.Join(err, os.Chmod(s.Dir, 0o755), give(s.Dir, c.user)); err != nil { //nolint:gosec // another user has to enter
		_ = os.RemoveAll(s.Dir) // what failed is known
		return fmt.Errorf("preparing %s: %w", c.name, err)
	}
	return nil
}

var errPort = errors.New("the port is taken")

// await reads the log until the server says that it is ready: a connection
// would prove only that somebody listens.
func (c child) await(ctx context.Context, s *Server) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(filepath.Join(s.Dir, c.log))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		has := func(words string) bool { return bytes.Contains(log, []byte(words)) }
		switch {
		case slices.ContainsFunc(c.failed, has):
			return fmt.Errorf("%s: %w", c.name, errPort)
		case !slices.ContainsFunc(c.ready, func(w string) bool { return !has(w) }):
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("%s ended while it started: %s%s", c.name, s.out.String(), tail(log))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %v: %s", c.name, startup, tail(log))
		case <-tick.C:
		}
	}
}

func tail(log []byte) string {
	const most = 2000
	return string(log[max(0, len(log)-most):])
}

// Stop ends the server by its process id, waits for its end, and removes its
// directory. It may be called twice.
func (s *Server) Stop() error {
	if err := terminate(s.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", s.Name, err)
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		_ = s.cmd.Process.Kill() // it may end in this moment
		<-s.done
	}
	sweep(s.cmd.Process)
	return s.remove()
}

// remove removes the directory. What a server left behind may still be
// writing into it as it ends.
func (s *Server) remove() (err error) {
	for range tries {
		if err = os.RemoveAll(s.Dir); err == nil {
			return nil
		}
		time.Sleep(look)
	}
	return err
}

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }
