package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/sensor/tape"
)

// sandboxInit is the argument by which this program is the first process of a
// sandbox.
const sandboxInit = "sandbox-init"

// boxSelf is the command line that makes it so.
func boxSelf() []string { return []string{"/proc/self/exe", sandboxInit} }

// sandboxRun is one program in its sandbox, and what keeps what it sends.
type sandboxRun struct {
	app     *app
	options runOptions
	box     box.Config
	command []string

	tally  *tally
	sinks  tape.Tee
	record *caseRecord
	// closers are closed in reverse order.
	closers []func() error
}

// run returns the program's exit status.
func (r *sandboxRun) run(ctx context.Context) (status int, err error) {
	if err := sandbox.Check(); err != nil {
		return 0, err
	}
	if r.box.Dir, err = os.MkdirTemp("", "telltale-run-"); err != nil {
		return 0, fmt.Errorf("a directory for the run: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.close(), os.RemoveAll(r.box.Dir))
	}()
	if err := r.prepare(); err != nil {
		return 0, err
	}
	b, err := box.New(r.box)
	if err != nil {
		return 0, err
	}
	if err := r.record.begin(r.command); err != nil {
		return 0, err
	}
	program, err := r.program()
	if err != nil {
		return 0, err
	}
	exit, err := b.Run(ctx, program)
	if err = errors.Join(err, b.Failed()); err != nil {
		return 0, err
	}
	if !r.options.quiet {
		r.tally.print(r.app.stderr)
	}
	return exit.Status(), nil
}

// later notes what is to be closed at the end.
func (r *sandboxRun) later(f func() error) { r.closers = append(r.closers, f) }

func (r *sandboxRun) close() error {
	var errs []error
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i]())
	}
	return errors.Join(errs...)
}

// prepare opens everything that keeps what is sent.
func (r *sandboxRun) prepare() (err error) {
	r.tally = newTally()
	r.sinks = append(r.sinks, r.tally)
	if r.record, err = r.openCase(); err != nil {
		return err
	}
	caDir := filepath.Join(r.box.Dir, "ca")
	if r.record != nil {
		caDir = filepath.Join(r.record.Dir(), "ca")
	}
	if r.box.Authority, err = authority.Load(authority.Config{Dir: caDir, Clock: r.app.clock, Random: r.app.random}); err != nil {
		return err
	}
	if r.box.Roots, err = authority.LoadRoots(nil); err != nil {
		return err
	}
	if err := r.openFiles(); err != nil {
		return err
	}
	r.box.Self, r.box.Clock, r.box.Sink = boxSelf(), r.app.clock, r.sinks
	if r.options.background {
		r.box.Sink = unprompted{r.sinks}
	}
	return nil
}

// openFiles begins the files that were asked for by name.
func (r *sandboxRun) openFiles() error {
	if path := r.options.keys; path != "" {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("the key log: %w", err)
		}
		r.later(file.Close)
		r.box.KeyLog = file
	}
	if r.options.json != "" {
		log, err := flowlog.Create(r.options.json, r.app.clock)
		if err != nil {
			return fmt.Errorf("--json: %w", err)
		}
		r.later(log.Close)
		r.sinks = append(r.sinks, log)
	}
	return r.openCaptures()
}

// openCaptures begins the packet files that were asked for.
func (r *sandboxRun) openCaptures() error {
	var files []io.Writer
	if r.options.pcap != "" {
		file, err := os.OpenFile(r.options.pcap, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("--pcap: %w", err)
		}
		r.later(file.Close)
		files = append(files, file)
	}
	if r.record != nil {
		file, err := r.record.NewCapture("sandbox")
		if err != nil {
			return err
		}
		r.later(file.Close)
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil
	}
	capture, err := box.NewPackets(io.MultiWriter(files...), r.command, r.options.pcapLimit)
	if err != nil {
		return err
	}
	r.later(capture.Close)
	r.box.Packets, r.tally.capture = capture, capture.Writer
	return nil
}

// program is what is run.
func (r *sandboxRun) program() (box.Program, error) {
	dir, err := os.Getwd()
	if err != nil {
		return box.Program{}, fmt.Errorf("the working directory: %w", err)
	}
	return box.Program{
		Args: r.command, Env: os.Environ(), Dir: dir, Display: r.options.display, Writable: r.options.writable,
		Stdin: r.app.stdin, Stdout: r.app.stdout, Stderr: r.app.stderr,
	}, nil
}

// unprompted marks connections as made with nobody typing.
type unprompted struct{ tape.Sink }

// Open marks the connection.
func (u unprompted) Open(c tape.Conn) (tape.Tape, error) {
	c.Background = true
	t, err := u.Sink.Open(c)
	return unpromptedTape{t}, err
}

type unpromptedTape struct{ tape.Tape }

func (u unpromptedTape) Turn(proto string) {
	if t, ok := u.Tape.(tape.Turner); ok {
		t.Turn(proto)
	}
}

func (u unpromptedTape) Learn(c tape.Conn) {
	if t, ok := u.Tape.(tape.Learner); ok {
		c.Background = true
		t.Learn(c)
	}
}

func (u unpromptedTape) Close(c tape.Conn) error {
	c.Background = true
	return u.Tape.Close(c)
}
