package exec

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/telltale"
)

// line is one line of a process's output, read and numbered.
type line struct {
	// op is the request that was open; number counts lines from 1.
	op       string
	number   int
	start    string
	response telltale.DriverResponse
	err      error
}

// process is one running driver process. Its group is killed as a whole.
type process struct {
	cmd    *exec.Cmd
	group  group
	stdin  io.WriteCloser
	stdout *io.PipeReader
	tail   *tail
	lines  chan line
	nextID atomic.Int64

	// exited is closed when the process has ended and its group is dead.
	exited chan struct{}
	// killed is closed when nobody will read lines any more.
	killed  chan struct{}
	killing sync.Once
}

// start runs the command. Late events go to late, everything else to lines.
func start(cfg Config, late func(telltale.Receipt)) (*process, error) {
	if len(cfg.Command) == 0 {
		return nil, errors.New("no command was given: name the driver's program and its arguments")
	}
	p := &process{tail: &tail{also: cfg.Stderr}, lines: make(chan line), exited: make(chan struct{}), killed: make(chan struct{})}
	p.cmd = exec.Command(cfg.Command[0], cfg.Command[1:]...) //nolint:noctx // it outlives the call that starts it; Close ends it and its group
	p.cmd.Dir = cfg.Dir
	p.cmd.Env = append(p.cmd.Environ(), cfg.Env...)
	p.cmd.Stderr = p.tail
	out, in := io.Pipe()
	p.stdout, p.cmd.Stdout = out, in
	// Something the process left behind may hold its pipes open.
	p.cmd.WaitDelay = time.Second
	prepare(p.cmd)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	started := make(chan error)
	go p.run(in, started)
	if err := <-started; err != nil {
		return nil, err
	}
	go p.read(late)
	return p, nil
}

// run starts the process and waits for its end on one thread, because Linux
// ends the child with the thread that started it.
func (p *process) run(in *io.PipeWriter, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	var err error
	if p.group, err = newGroup(p.cmd.Process); err != nil {
		_ = p.cmd.Process.Kill()
	}
	started <- err
	// How it ended stands in ProcessState; see ending.
	_ = p.cmd.Wait()
	p.group.kill()
	_ = in.Close()
	close(p.exited)
}

// read turns output into lines until the output ends or nobody wants more.
func (p *process) read(late func(telltale.Receipt)) {
	defer close(p.lines)
	r := bufio.NewReaderSize(p.stdout, 64<<10)
	for number := 1; ; number++ {
		b, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return
		}
		got := line{number: number, start: string(b[:min(len(b), 200)]), err: err}
		if err == nil {
			got.response, got.err = ParseResponse(b)
		}
		if got.err == nil && got.response.Event == "late" {
			late(*got.response.Receipt)
			continue
		}
		select {
		case p.lines <- got:
		case <-p.killed:
			return
		}
		if got.err != nil {
			return
		}
	}
}

// readLine reads up to a line feed, at most MaxLine bytes. Empty lines are
// passed over; a last line without line feed counts.
func readLine(r *bufio.Reader) ([]byte, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		if len(b) > MaxLine {
			return b, errTooLong
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if t := bytes.TrimSpace(b); len(t) > 0 {
			return t, nil
		}
		if err != nil {
			return nil, io.EOF
		}
		b = b[:0]
	}
}

// request writes one request and waits for the next line.
func (p *process) request(ctx context.Context, req *telltale.DriverRequest) (line, error) {
	req.ID = p.nextID.Add(1)
	none := line{op: req.Op}
	b, err := json.Marshal(req)
	if err != nil {
		return none, err
	}
	if len(b) >= MaxLine {
		return none, errTooLong
	}
	// A process that does not read must not block the caller. If writing
	// fails the process is gone, and its lines end.
	go func() { _, _ = p.stdin.Write(append(b, '\n')) }()
	select {
	case got, ok := <-p.lines:
		if !ok {
			return none, errEnded
		}
		got.op = req.Op
		return got, got.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// alive reports whether the process has not ended.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends the process group at once.
func (p *process) kill() {
	p.killing.Do(func() {
		p.group.kill()
		close(p.killed)
		_ = p.stdout.Close()
	})
}

// close ends the process in good order, or by force after grace.
func (p *process) close(grace time.Duration) {
	go p.sayClose()
	go func() {
		// Lines still to come have no reader any more.
		for range p.lines {
		}
	}()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
	}
	p.kill()
	<-p.exited
}

func (p *process) sayClose() {
	defer p.stdin.Close()
	b, err := json.Marshal(telltale.DriverRequest{ID: p.nextID.Add(1), Op: "close"})
	if err == nil {
		_, _ = p.stdin.Write(append(b, '\n'))
	}
}

// ending says how the process ended, as in "exit status 3".
func (p *process) ending() string {
	select {
	case <-p.exited:
	default:
		return ""
	}
	if p.cmd.ProcessState == nil {
		return ""
	}
	return strings.TrimSpace(p.cmd.ProcessState.String())
}
