package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/oracle"
)

// isolation is one search with a program as its oracle.
type isolation struct {
	flags      isolateFlags
	dictionary *bayes.Dictionary
	passed     []string // texts that did not react
	set        oracle.Settings
}

// patience is how long a program may take to end once its input has.
const patience = 5 * time.Second

// isolateExec asks a program about one text and prints what was found.
func (a *app) isolateExec(ctx context.Context, command string, in isolation) error {
	text, err := a.readText(in.flags.text)
	if err != nil {
		return err
	}
	task := oracle.Task{Text: text, MaxLen: in.flags.maxLen, Noisy: in.flags.noisy, Want: "one", Accounts: in.flags.accounts}
	if in.flags.all {
		task.Want = "all"
	}
	if in.flags.state != "" {
		search, file, err := in.stored(task)
		if err != nil {
			return fmt.Errorf("%s: %w", in.flags.state, err)
		}
		defer file.Close()
		in.set.Begin = func(oracle.Task) (oracle.Search, error) { return search, nil }
	}
	var outcome oracle.Outcome
	err = a.withOracle(ctx, command, func(r io.Reader, w io.Writer) error {
		var err error
		outcome, err = oracle.Ask(r, w, task, in.set)
		return err
	})
	if err != nil {
		return err
	}
	if in.flags.json {
		if err := outcome.Encode(a.stdout, ""); err != nil {
			return err
		}
		return conclude(outcome)
	}
	return a.printOutcome(outcome)
}

// stored opens the file of the search and goes on with what it holds.
func (in isolation) stored(t oracle.Task) (oracle.Search, io.Closer, error) {
	c, err := in.flags.config(t, in.dictionary)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(in.flags.state, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	state, whole, err := oracle.ReadState(file)
	if err == nil {
		err = file.Truncate(whole) // a line that a crash cut off
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	var search *oracle.Stored
	if err == nil {
		search, err = oracle.Resume(c, in.flags.deepen(t, in.passed), state, file)
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return search, file, nil
}

// withOracle starts a program, lets it be asked, and ends it.
func (a *app) withOracle(ctx context.Context, command string, ask func(io.Reader, io.Writer) error) error {
	argv := strings.Fields(command)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = a.stderr
	cmd.WaitDelay = patience
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the oracle: %w", err)
	}
	err = ask(out, in)
	closed := in.Close()
	late := time.AfterFunc(patience, cancel)
	defer late.Stop()
	ended := cmd.Wait()
	switch {
	case err != nil && ended != nil:
		return fmt.Errorf("%w (the oracle: %w)", err, ended)
	case err != nil:
		return err
	case ended != nil:
		return fmt.Errorf("the oracle did not end well: %w", ended)
	}
	return closed
}

// printOutcome writes the rules and their proofs.
func (a *app) printOutcome(o oracle.Outcome) error {
	for _, rule := range o.Rules {
		fmt.Fprintf(a.stdout, "%s\n", together(rule.Words))
		for _, p := range rule.Certificate {
			fmt.Fprintf(a.stdout, "    %s: %s\n", p.Question, p.Claim)
		}
	}
	if len(o.Rules) == 0 && len(o.Guess) > 0 {
		fmt.Fprintf(a.stdout, "not proved, the last guess: %s\n", together(o.Guess))
	}
	fmt.Fprintf(a.stdout, "%d messages, %d of them triggering", o.Messages, o.Triggering)
	if o.Rounds > 0 && o.Rounds < o.Messages {
		fmt.Fprintf(a.stdout, ", in %d rounds", o.Rounds)
	}
	fmt.Fprintln(a.stdout)
	for _, r := range o.Reports {
		fmt.Fprintf(a.stdout, "\n%s\n%s", together(r.Words), r.Table())
	}
	if o.Incomplete != "" {
		fmt.Fprintf(a.stdout, "not characterised: %s\n", o.Incomplete)
	}
	return conclude(o)
}

// conclude is the end of a search with a program.
func conclude(o oracle.Outcome) error {
	if !o.Exact {
		return exitWith(exitInconclusive, fmt.Errorf("inconclusive: %s", o.Why))
	}
	return exitWith(exitFound, nil)
}

// together writes the words of a rule.
func together(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, " + ")
}
