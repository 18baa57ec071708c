package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.org/telltale"
)

// Typed is a message of such a log.
type Typed struct {
	At       time.Time
	From, To string
	Received bool
	Text     string
	// Word is the candidate in Text, or, with Control, the harmless word.
	Word    string
	Control bool
	// Outcome and Got are what came of it; without an outcome the message is
	// taken to have arrived as it was typed.
	Outcome telltale.Outcome
	Got     string
}

// leastNeedle is the length in bytes from which on a typed text can tell a
// copy from chance.
const leastNeedle = 8

// Replay writes messages that were typed earlier into a case that holds what
// was captured meanwhile, opens the captured bytes, and states what follows.
func Replay(ctx context.Context, cfg Config, log []Typed) error {
	e := &engine{Config: cfg, began: cfg.Clock(), settle: cfg.Scenario.Window}
	slices.SortStableFunc(log, func(a, b Typed) int { return a.At.Compare(b.At) })
	short := 0
	for i, m := range log {
		if len(m.Text) < leastNeedle {
			short++
		}
		if err := e.replayed(i, m); err != nil {
			return err
		}
	}
	if err := cfg.Case.PutSpan(spanOf(cfg.Case.Snapshot(), log, cfg.Scenario.Window)); err != nil {
		return err
	}
	if err := e.replayCoverage(len(log), short); err != nil {
		return err
	}
	return Restate(ctx, cfg)
}

// replayed writes one message down as a probe with its receipt.
func (e *engine) replayed(i int, m Typed) error {
	p := telltale.Probe{
		ID: fmt.Sprintf("p%06d", i+1), Key: fmt.Sprintf("typed/%d", i+1), Arm: telltale.ArmContact, Block: "typed",
		From: m.From, To: m.To, Direction: telltale.Sent, Word: m.Word, Text: m.Text, Planned: m.At,
	}
	switch {
	case m.Word != "" && m.Control:
		p.Arm = telltale.ArmControl
	case m.Word != "":
		p.Arm = telltale.ArmTreatment
	}
	if m.Received {
		p.Direction = telltale.Received
	}
	r := telltale.Receipt{Probe: p.ID, Typed: m.Text, Outcome: m.Outcome, Got: m.Got, Sent: m.At, Settled: m.At}
	if r.Outcome == "" {
		r.Outcome, r.Got = telltale.Delivered, m.Text
	}
	if err := e.Case.PutProbe(p); err != nil {
		return err
	}
	return e.Case.PutReceipt(r)
}

// spanOf is the time that the capture covers: from its first flow, or the
// first message if that is earlier and some flow surrounds it, to its last.
func spanOf(rec *telltale.Record, log []Typed, window time.Duration) telltale.Span {
	var s telltale.Span
	for i := range rec.Flows {
		f := &rec.Flows[i]
		if s.From.IsZero() || f.Start.Before(s.From) {
			s.From = f.Start
		}
		if f.End.After(s.To) {
			s.To = f.End
		}
	}
	// The capture went on for a while after the last thing that it saw: how
	// long is not known, so a message counts as watched if something was seen
	// after it, and its window is not longer than what is left.
	if len(log) > 0 && s.To.After(log[len(log)-1].At) {
		s.To = s.To.Add(window)
	}
	return s
}

func (e *engine) replayCoverage(all, short int) error {
	coverage := slices.Clone(e.Case.Snapshot().Coverage)
	blind := func(what string) {
		coverage = append(coverage, telltale.Coverage{Sensor: telltale.DriverReplay, What: what})
	}
	blind(fmt.Sprintf("the %d messages were typed without canaries: copies are known by their text alone", all))
	blind("the messages were not put in an order drawn by lot: what came with a word need not come of it")
	if short > 0 {
		blind(fmt.Sprintf("%d messages are shorter than %d bytes: copies of them cannot be told from chance", short, leastNeedle))
	}
	return e.Case.PutCoverage(coverage)
}
