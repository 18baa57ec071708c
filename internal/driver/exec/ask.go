package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/telltale"
)

// ask puts one request and waits for its answer: Timeout, and extra on top.
// An answer that breaks the protocol fails the process for good; an answer
// that reports an error fails this request alone.
func (d *Driver) ask(ctx context.Context, req telltale.DriverRequest, extra time.Duration) (line, error) {
	proc, err := d.process()
	if err != nil {
		return line{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, d.cfg.Timeout+extra)
	defer cancel()
	got, err := proc.request(bounded, &req)
	if err != nil && ctx.Err() != nil {
		return line{}, d.interrupted(got, ctx.Err())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %v: it hangs, or needs a longer timeout", d.cfg.Timeout+extra)
	}
	if err != nil {
		return line{}, d.broken(proc, got, err)
	}
	if err := checkAnswer(got.response, req); err != nil {
		return line{}, d.broken(proc, got, err)
	}
	if got.response.Error != "" {
		return line{}, &Error{Command: d.cfg.Command, Op: req.Op, Err: fmt.Errorf("the driver says: %s", clean(got.response.Error))}
	}
	return got, nil
}

// process returns the running process, starting it if there is none.
func (d *Driver) process() (*process, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return nil, ErrClosed
	case d.failure != nil:
		return nil, fmt.Errorf("the driver must be reset, because earlier: %w", d.failure)
	case d.proc != nil:
		return d.proc, nil
	}
	proc, err := start(d.cfg, d.keepLate)
	if err != nil {
		return nil, &Error{Command: d.cfg.Command, Op: "start", Err: err}
	}
	d.proc = proc
	return proc, nil
}

// broken gives up on the process and ends it.
func (d *Driver) broken(proc *process, got line, err error) error {
	proc.kill()
	<-proc.exited
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w (%s)", err, proc.ending())
	}
	return d.failed(&Error{Command: d.cfg.Command, Op: got.op, Line: got.number, Start: got.start, Err: err, Stderr: proc.tail.lines()})
}

// interrupted is for a question that the caller took back. The process lives
// on, for Close to end it in good order, but its answer would be mistaken
// for another's.
func (d *Driver) interrupted(got line, err error) error {
	return d.failed(&Error{Command: d.cfg.Command, Op: got.op, Err: err})
}

func (d *Driver) failed(err *Error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = err
	return err
}

// fail is broken for an answer whose content is wrong.
func (d *Driver) fail(got line, err error) error {
	d.mu.Lock()
	proc := d.proc
	d.mu.Unlock()
	if proc == nil {
		return ErrClosed
	}
	return d.broken(proc, got, err)
}
