// Package proc runs the lab's processes. A process of the lab ends when its
// standard input ends, so that none outlives the one that started it; on
// Linux the kernel sees to it as well.
package proc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// maxLine bounds a line of output: a message of the chat, escaped.
const maxLine = 64 << 10

// Config says what to run.
type Config struct {
	Program string
	Args    []string
	// Env is the whole environment; nil means the parent's own.
	Env []string
	// Log takes standard error; nil discards it.
	Log io.Writer
	// OwnGroup takes the process out of reach of the terminal's Ctrl-C, so
	// that its parent can stop it in good order.
	OwnGroup bool
}

// Process is a running process.
type Process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string
	exited chan struct{}
	// unread is closed when nobody reads lines any more.
	unread chan struct{}
	stop   sync.Once
	err    error
}

// Start runs a program.
func Start(c Config) (*Process, error) {
	p := &Process{lines: make(chan string, 16), exited: make(chan struct{}), unread: make(chan struct{})}
	p.cmd = exec.Command(c.Program, c.Args...) //nolint:noctx // it outlives the call that starts it; Stop ends it in good order
	p.cmd.Env, p.cmd.Stderr = c.Env, c.Log
	out, in := io.Pipe()
	p.cmd.Stdout = in
	p.cmd.WaitDelay = time.Second
	prepare(p.cmd, c.OwnGroup)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	started := make(chan error)
	go p.run(in, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", c.Program, err)
	}
	go p.read(out)
	return p, nil
}

// run starts the process and waits for its end on one thread, because Linux
// ends the child with the thread that started it.
func (p *Process) run(in *io.PipeWriter, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	_ = in.Close()
	close(p.exited)
}

func (p *Process) read(out *io.PipeReader) {
	defer close(p.lines)
	defer func() { _ = out.Close() }()
	scan := bufio.NewScanner(out)
	scan.Buffer(make([]byte, 0, 4096), maxLine)
	for scan.Scan() {
		select {
		case p.lines <- scan.Text():
		case <-p.unread:
			_, _ = io.Copy(io.Discard, out)
			return
		}
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Lines are the lines of standard output; closed when they end.
func (p *Process) Lines() <-chan string { return p.lines }

// Ignore discards all further output.
func (p *Process) Ignore() {
	go func() {
		for range p.lines {
		}
	}()
}

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Ending says how the process ended; nil if well, or if it has not.
func (p *Process) Ending() error {
	select {
	case <-p.exited:
		return p.err
	default:
		return nil
	}
}

// Write writes to standard input.
func (p *Process) Write(b []byte) (int, error) { return p.stdin.Write(b) }

// Stop closes standard input and, after grace, kills the process. It returns
// when the process has ended.
func (p *Process) Stop(grace time.Duration) {
	p.stop.Do(func() {
		close(p.unread)
		_ = p.stdin.Close()
	})
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
		p.Kill()
		<-p.exited
	}
}

// Kill ends the process at once.
func (p *Process) Kill() { _ = p.cmd.Process.Kill() }

// ready is what a process prints when it can be used.
const ready = "READY"

// SayReady tells the parent that this process can be used, and at which
// address, if it has one.
func SayReady(w io.Writer, addr string) error {
	_, err := fmt.Fprintln(w, strings.TrimSpace(ready+" "+addr))
	return err
}

// AwaitReady waits for SayReady in the process and returns the address.
func (p *Process) AwaitReady(ctx context.Context) (addr string, err error) {
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				<-p.exited
				return "", fmt.Errorf("it ended before it was ready: %w", endingOf(p.err))
			}
			if word, addr, _ := strings.Cut(line, " "); word == ready {
				return addr, nil
			}
		case <-ctx.Done():
			return "", fmt.Errorf("it did not get ready: %w", context.Cause(ctx))
		}
	}
}

func endingOf(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// UntilEOF returns a context that ends with ctx or when in ends, whichever
// comes first: the life of a lab process.
func UntilEOF(ctx context.Context, in io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	return ctx, cancel
}
