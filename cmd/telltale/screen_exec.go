package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/telltale/internal/isolate/screen"
)

// screenExec asks a program about the candidates of a file and prints those
// that react.
func (a *app) screenExec(ctx context.Context, command string, flags screenFlags) error {
	c, err := a.screenConfig(flags)
	if err != nil {
		return err
	}
	s, err := openScreen(c, flags.state)
	if err != nil {
		return err
	}
	defer s.file.Close()
	err = a.withOracle(ctx, command, func(r io.Reader, w io.Writer) error {
		return a.screenTalk(r, w, flags).all(ctx, s, s.WriteTexts)
	})
	if err != nil {
		return err
	}
	return a.printScreen(c, s, flags)
}

// screenConfig reads the candidates and the settings.
func (a *app) screenConfig(flags screenFlags) (screen.Config, error) {
	c := screen.Config{
		Sep: flags.sep, MaxLen: flags.maxLen, MaxSize: 1, Noisy: flags.noisy,
		TriggerCost: flags.cost, Parallel: flags.parallel, Budget: flags.budget,
	}
	if flags.pairs {
		c.MaxSize = 2
	}
	if flags.terms == "" {
		return c, exitWith(exitUsage, errors.New("no candidates: give --terms FILE, one a line"))
	}
	text, err := a.readText(flags.terms)
	if err != nil {
		return c, err
	}
	for line := range strings.Lines(text) {
		term, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if term != "" {
			c.Terms = append(c.Terms, term)
		}
	}
	return c, nil
}

// storedScreen is a search and the file that keeps it; without a file, what
// is written down goes nowhere.
type storedScreen struct {
	*screen.Stored
	file io.Closer
}

// openScreen opens the file of a search and goes on with what it holds.
func openScreen(c screen.Config, name string) (storedScreen, error) {
	if name == "" {
		s, err := screen.Resume(c, screen.State{}, io.Discard)
		return storedScreen{Stored: s, file: io.NopCloser(nil)}, err
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return storedScreen{}, err
	}
	state, whole, err := screen.ReadState(file)
	if err == nil {
		err = file.Truncate(whole) // a line that a crash cut off
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	s := storedScreen{file: file}
	if err == nil {
		s.Stored, err = screen.Resume(c, state, file)
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", name, errors.Join(err, file.Close()))
	}
	return s, nil
}

// screened is the result as JSON.
type screened struct {
	Triggers   [][]string `json:"triggers"`
	Redundant  []string   `json:"redundant,omitempty"`
	Untested   []string   `json:"untested,omitempty"`
	Messages   int        `json:"messages"`
	Triggering int        `json:"triggering"`
	Done       bool       `json:"done"`
	Why        string     `json:"why,omitempty"`
}

func newScreened(c screen.Config, s storedScreen) screened {
	words := func(items []int) []string {
		out := make([]string, len(items))
		for i, item := range items {
			out[i] = c.Terms[item]
		}
		return out
	}
	r := s.Result()
	out := screened{Triggers: [][]string{}, Redundant: words(r.Redundant), Untested: words(r.Untested), Done: r.Done, Why: r.Why}
	for _, items := range r.Triggers {
		out.Triggers = append(out.Triggers, words(items))
	}
	for _, e := range s.History() {
		out.Messages++
		if e.Hit {
			out.Triggering++
		}
	}
	return out
}

// printScreen writes what was found and says how the search ended.
func (a *app) printScreen(c screen.Config, s storedScreen, flags screenFlags) error {
	r := newScreened(c, s)
	if flags.json {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s\n", line)
	} else {
		for _, t := range r.Triggers {
			fmt.Fprintln(a.stdout, together(t))
		}
		fmt.Fprintf(a.stdout, "%d of %d candidates react or do so in pairs, %d more hold one of them; %d messages, %d of them triggering\n",
			len(r.Triggers), len(c.Terms), len(r.Redundant), r.Messages, r.Triggering)
	}
	switch {
	case !r.Done:
		return exitWith(exitInconclusive, fmt.Errorf("stopped: %s; %d candidates are not settled", r.Why, len(r.Untested)))
	case len(r.Triggers) > 0:
		return exitWith(exitFound, nil)
	}
	return nil
}
