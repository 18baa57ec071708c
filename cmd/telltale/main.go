// Command telltale finds out, with evidence, what an app tells about what
// you type, to whom, and which words set it off.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/sandbox"
)

// Exit codes, the same for every command. They are part of the interface:
// scripts and CI jobs decide by them.
const (
	exitNothing      = 0  // done; where a question was put: nothing found
	exitFailed       = 1  // the question could not be put
	exitUsage        = 2  // the command line is wrong
	exitFound        = 10 // something was found
	exitInconclusive = 11 // the trials do not decide
)

// app is the program with its surroundings passed in, so that tests run it
// as a function.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	clock          telltale.Clock
	random         io.Reader
	ring           keyring
}

// exitError carries an exit code up to run. A nil err prints nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitWith ends a command with a code. The error, if any, is printed.
func exitWith(code int, err error) error { return &exitError{code, err} }

func main() {
	if len(os.Args) == 2 && os.Args[1] == sandboxInit {
		os.Exit(sandbox.Init())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, clock: time.Now, random: rand.Reader}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// run is the program as a function: arguments in, exit code out.
func (a *app) run(ctx context.Context, args []string) int {
	if err := a.takePassphrase(); err != nil {
		fmt.Fprintf(a.stderr, "telltale: %v\n", err)
		return exitFailed
	}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitNothing
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{exitUsage, err}
	}
	if exit.err != nil {
		fmt.Fprintf(a.stderr, "telltale: %v\n", exit.err)
	}
	return exit.code
}

// failing wraps a command's work so that a plain error means exit code 1;
// errors of cobra itself (flags, arguments) stay usage errors.
func failing(work func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := work(cmd, args)
		var exit *exitError
		if err == nil || errors.As(err, &exit) {
			return err
		}
		return &exitError{exitFailed, err}
	}
}
