package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/box"
)

// sandboxInit is the argument by which this program is the first process of a
// sandbox.
const sandboxInit = "sandbox-init"

// boxSelf is the command line that makes it so.
func boxSelf() []string { return []string{"/proc/self/exe", sandboxInit} }

// sandboxRun is one program in its sandbox, and what keeps what it sends.
type sandboxRun struct {
	recording
	options runOptions
	box     box.Config
	command []string
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
	if err := r.record.begin(r.command, box.Name, box.View(r.box.QUIC)); err != nil {
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
	if !r.keep.quiet {
		r.tally.print(r.app.stderr)
	}
	return exit.Status(), nil
}

// prepare opens everything that keeps what is sent.
func (r *sandboxRun) prepare() (err error) {
	if err := r.open(box.Name); err != nil {
		return err
	}
	if r.box.Authority, err = authority.Load(authority.Config{Dir: r.caDir(r.box.Dir), Clock: r.app.clock, Random: r.app.random}); err != nil {
		return err
	}
	if r.box.Roots, err = authority.LoadRoots(r.options.authorities); err != nil {
		return err
	}
	if r.packets != nil {
		capture, err := box.NewPackets(r.packets, r.command, r.keep.pcapLimit)
		if err != nil {
			return err
		}
		r.later(capture.Close)
		r.box.Packets, r.tally.capture = capture, capture.Writer
	}
	if r.record != nil {
		dir, err := filepath.Abs(r.record.Dir())
		if err != nil {
			return err
		}
		r.box.Hidden = []string{dir}
	}
	r.box.Self, r.box.Clock, r.box.KeyLog, r.box.Sink = boxSelf(), r.app.clock, r.keyLog, r.sink()
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
