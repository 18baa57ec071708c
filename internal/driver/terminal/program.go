package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// program is one running program with what it reads from and writes to.
type program struct {
	cmd *exec.Cmd
	// in is what is typed, out what the program writes.
	in  io.WriteCloser
	out io.ReadCloser
	// exited is closed when the program has ended.
	exited chan struct{}
	once   sync.Once
}

// grace is how long a program may take to end by itself.
const grace = 3 * time.Second

// start runs the command of the options, in a terminal or with pipes.
func (e *End) start() (*program, error) {
	words, env, err := e.commandLine()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(words[0], words[1:]...) //nolint:noctx // it outlives the call that starts it; Close ends it
	cmd.Env, cmd.Dir = env, e.dir()
	p := &program{cmd: cmd, exited: make(chan struct{})}
	var theirs []*os.File
	if e.opts.Mode == ModeScreen {
		theirs, err = p.withTerminal(e.opts.Columns, e.opts.Rows)
	} else {
		theirs, err = p.withPipes()
	}
	if err != nil {
		return nil, err
	}
	started := make(chan error)
	go p.run(started)
	err = <-started
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		_, _ = p.in.Close(), p.out.Close()
		return nil, fmt.Errorf("starting %s: %w; is it installed?", words[0], err)
	}
	return p, nil
}

func (p *program) withTerminal(columns, rows int) ([]*os.File, error) {
	ours, theirs, err := openTerminal(columns, rows)
	if err != nil {
		return nil, err
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, theirs, theirs
	p.in, p.out = ours, ours
	ofTerminal(p.cmd)
	return []*os.File{theirs}, nil
}

// withPipes uses pipes of the system itself, so that Wait does not wait for
// children that keep them open.
func (p *program) withPipes() ([]*os.File, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		_, _ = inRead.Close(), inWrite.Close()
		return nil, err
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = inRead, outWrite, outWrite
	p.in, p.out = inWrite, outRead
	ofPipes(p.cmd)
	return []*os.File{inRead, outWrite}, nil
}

// run starts the program and waits for its end on one thread, because Linux
// ends the child with the thread that started it.
func (p *program) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // how it ended stands in ProcessState
	kill(p.cmd.Process.Pid)
	close(p.exited)
}

// close ends the program: by hanging up, and by force after a while.
func (p *program) close() {
	p.once.Do(func() {
		hangUp(p.cmd.Process.Pid)
		_ = p.in.Close()
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-p.exited:
		case <-timer.C:
			kill(p.cmd.Process.Pid)
			<-p.exited
		}
		_ = p.out.Close()
	})
}

var errExited = errors.New("the program has ended")

// ending says how the program ended.
func (p *program) ending() error {
	select {
	case <-p.exited:
		return fmt.Errorf("%w (%s)", errExited, p.cmd.ProcessState)
	default:
		return nil
	}
}

// scrubbed takes the account's password out of what is told to people.
func (e *End) scrubbed(text string) string {
	if e.cfg.Account.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, e.cfg.Account.Password, "***")
}
