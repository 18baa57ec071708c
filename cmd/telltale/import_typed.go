package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/scenario"
)

// typedLine is a line of a log of what was typed, as docs/replay.md says.
type typedLine struct {
	At       time.Time        `json:"at"`
	Text     string           `json:"text"`
	From     string           `json:"from"`
	To       string           `json:"to"`
	Received bool             `json:"received"`
	Word     string           `json:"word"`
	Control  bool             `json:"control"`
	Outcome  telltale.Outcome `json:"outcome"`
	Got      string           `json:"got"`
}

// mostTyped bounds the lines of a log, longestTyped the bytes of one.
const (
	mostTyped    = 100_000
	longestTyped = 1 << 20
)

// readTyped reads a log of what was typed.
func readTyped(path string) ([]bench.Typed, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	log, err := parseTyped(f)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return log, nil
}

func parseTyped(r io.Reader) ([]bench.Typed, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestTyped)
	var log []bench.Typed
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		m, err := typedOf(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
		if log = append(log, m); len(log) > mostTyped {
			return nil, fmt.Errorf("%d: there are more than %d messages; split the log", n, mostTyped)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%d: %w; a line has at most 1 MiB", len(log)+1, err)
	}
	if len(log) == 0 {
		return nil, errors.New(`1: there is no message; write one JSON object a line, as in {"at":"2026-03-01T12:00:00Z","text":"hello"}`)
	}
	return log, nil
}

func typedOf(line []byte) (bench.Typed, error) {
	read := json.NewDecoder(bytes.NewReader(line))
	read.DisallowUnknownFields()
	t := typedLine{From: "app", To: "peer"}
	if err := read.Decode(&t); err != nil {
		return bench.Typed{}, fmt.Errorf(`%w; write one JSON object a line, as in {"at":"2026-03-01T12:00:00Z","text":"hello"}`, err)
	}
	known := []telltale.Outcome{"", telltale.Delivered, telltale.Altered, telltale.Dropped, telltale.Refused, telltale.Diverted, telltale.Void}
	switch {
	case t.At.IsZero():
		return bench.Typed{}, errors.New(`"at" is missing: the time at which it was sent, as in "2026-03-01T12:00:00Z"`)
	case t.Text == "":
		return bench.Typed{}, errors.New(`"text" is missing: what was typed`)
	case !slices.Contains(known, t.Outcome):
		return bench.Typed{}, fmt.Errorf("there is no outcome %.40q: have %q", t.Outcome, known[1:])
	}
	return bench.Typed{
		At: t.At, From: t.From, To: t.To, Received: t.Received, Text: t.Text, Word: t.Word, Control: t.Control, Outcome: t.Outcome, Got: t.Got,
	}, nil
}

// replayScenario is the question that a log of what was typed amounts to.
func replayScenario(log []bench.Typed, channel []string, files []string) telltale.Scenario {
	s := scenario.Defaults()
	s.Name, s.App = "replay", telltale.App{Name: filepath.Base(files[0])}
	s.Driver = telltale.DriverSpec{Kind: telltale.DriverReplay}
	s.Sensors = []telltale.SensorSpec{{Kind: "import"}}
	s.Channel = channel
	for _, m := range log {
		side := func(name string, side telltale.Side) {
			if !slices.ContainsFunc(s.Accounts, func(a telltale.Account) bool { return a.Name == name }) {
				s.Accounts = append(s.Accounts, telltale.Account{Name: name, Side: side})
			}
		}
		if m.Received {
			side(m.To, telltale.SideApp)
			side(m.From, telltale.SidePeer)
		} else {
			side(m.From, telltale.SideApp)
			side(m.To, telltale.SidePeer)
		}
		if m.Word != "" && !m.Control && !slices.Contains(s.Words, m.Word) {
			s.Words = append(s.Words, m.Word)
		}
	}
	return s
}

// replay opens what was imported with what was typed.
func (c *importCase) replay(ctx context.Context, log []bench.Typed, stderr io.Writer) error {
	if c == nil || log == nil {
		return nil
	}
	if err := c.views.Finish(); err != nil {
		return err
	}
	return bench.Replay(ctx, bench.Config{
		Scenario: c.Snapshot().Scenario, Case: c.Case, Opener: peel.New(peelers()), Lists: offerLists,
		ReadFile: os.ReadFile, Clock: c.app.clock, Random: c.app.random, Progress: newProgress(stderr, false), Log: c.app.logger(false),
	}, log)
}
