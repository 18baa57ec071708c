package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

const (
	// firstWait is how long an arrival may take before any was seen.
	firstWait = 5 * time.Second
	// shortestWait is the least that a missing message is waited for.
	shortestWait = 200 * time.Millisecond
	// latest is the number of arrivals that the wait is learned from.
	latest = 40
	// markEvery is how often it is recorded that the sensors still watch:
	// what was watched before a crash need not be asked again.
	markEvery = time.Second
	// tries is how often a void question is put again.
	tries = 3
)

// ask puts questions one after the other and returns their trials in the
// same order. Those already answered in the case are not put again.
func (e *engine) ask(ctx context.Context, items []scenario.Item) ([]trial, error) {
	trials := make([]trial, 0, len(items))
	for _, item := range items {
		t, err := e.askOne(ctx, item)
		if err != nil {
			return trials, err
		}
		trials = append(trials, t)
	}
	return trials, e.readLate(ctx)
}

func (e *engine) askOne(ctx context.Context, item scenario.Item) (trial, error) {
	if e.Clock().Sub(e.span.To) > markEvery {
		if err := e.markSpan(); err != nil {
			return trial{}, err
		}
	}
	if t, ok := e.answers.of(item); ok {
		e.learn(t.receipt)
		return t, nil
	}
	var t trial
	for range tries {
		if err := e.pace(ctx); err != nil {
			return trial{}, err
		}
		if err := e.mayType(ctx); err != nil {
			return trial{}, err
		}
		var err error
		if t, err = e.try(ctx, item); err != nil {
			return t, err
		}
		if t.receipt.Outcome != telltale.Void {
			e.answers.byKey[item.Key] = t
			e.learn(t.receipt)
			return t, nil
		}
	}
	return t, nil
}

// mayType checks the limits and the stop rule.
func (e *engine) mayType(ctx context.Context) error {
	if err := e.sensorsFailed(); err != nil {
		return err
	}
	limits := e.Scenario.Limits
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
	case limits.Messages > 0 && e.answers.sent >= limits.Messages:
		return fmt.Errorf("%w: the limit of %d messages is reached", ErrStopped, limits.Messages)
	case limits.Triggering > 0 && e.triggering() >= limits.Triggering:
		return fmt.Errorf("%w: the limit of %d triggering messages is reached", ErrStopped, limits.Triggering)
	case limits.Duration > 0 && e.Clock().Sub(e.began) >= limits.Duration:
		return fmt.Errorf("%w: the limit of %v is reached", ErrStopped, limits.Duration)
	case limits.Voids > 0 && e.voids >= limits.Voids:
		return fmt.Errorf("the last %d questions could not be put (%s): mend the driver, then resume the case", e.voids, e.lastReason())
	}
	return nil
}

// try commits a probe, types it and settles it.
func (e *engine) try(ctx context.Context, item scenario.Item) (trial, error) {
	id := fmt.Sprintf("p%06d", e.answers.next)
	e.answers.next++
	canary := e.Case.Canary(id)
	probe := telltale.Probe{
		ID: id, Key: item.Key, Arm: item.Arm, Block: item.Block,
		From: item.From, To: item.To, Direction: item.Direction, Place: item.Place, Word: item.Word,
		Text: scenario.Compose(item.Body, canary), Canary: canary, Planned: e.Clock(),
	}
	if err := e.Case.PutProbe(probe); err != nil {
		return trial{}, err
	}
	receipt, err := e.driver.Send(ctx, telltale.Typing{Probe: id, From: probe.From, To: probe.To, Text: probe.Text, Wait: e.wait, Place: probe.Place})
	seen, blind := e.sightings(ctx)
	if err == nil {
		err = blind
	}
	receipt = e.judge(probe, e.timed(probe, receipt), err)
	if err := errors.Join(e.Case.PutReceipt(receipt), e.recordSightings(seen)); err != nil {
		return trial{}, err
	}
	if receipt.Outcome == telltale.Void {
		e.voids++
		e.answers.voids[item.Key]++
	} else {
		e.voids = 0
		e.answers.sent++
	}
	if err != nil {
		e.revive(ctx, err)
	}
	return trial{probe, receipt}, nil
}

// judge makes the trial void when the question was not really put.
func (e *engine) judge(probe telltale.Probe, receipt telltale.Receipt, err error) telltale.Receipt {
	void := func(reason string) telltale.Receipt {
		return telltale.Receipt{Probe: probe.ID, Typed: receipt.Typed, Outcome: telltale.Void, Reason: reason, Sent: receipt.Sent, Settled: e.Clock()}
	}
	switch {
	case err != nil:
		return void(err.Error())
	case receipt.Probe != probe.ID:
		return void(fmt.Sprintf("the driver answered for the probe %.40q", receipt.Probe))
	case receipt.Outcome == telltale.Void:
		return void(receipt.Reason)
	case !settles(receipt.Outcome):
		return void(fmt.Sprintf("the driver named no outcome there is: %.40q", receipt.Outcome))
	case receipt.Typed != probe.Text:
		return void(fmt.Sprintf("the input field held %.80q", receipt.Typed))
	case receipt.Outcome == telltale.Delivered && receipt.Got != probe.Text:
		receipt.Outcome = telltale.Altered
	}
	return receipt
}

// settles reports whether an outcome says what became of a message.
func settles(o telltale.Outcome) bool { return o == telltale.Delivered || o.Kept() }

// timed corrects times that cannot be, as of a driver whose clock is not
// ours: what it says of the window would lie outside what was watched.
func (e *engine) timed(probe telltale.Probe, receipt telltale.Receipt) telltale.Receipt {
	now := e.Clock()
	if receipt.Sent.Before(probe.Planned) || receipt.Sent.After(now) {
		receipt.Sent = probe.Planned
	}
	if receipt.Settled.Before(receipt.Sent) || receipt.Settled.After(now) {
		receipt.Settled = now
	}
	return receipt
}

// revive starts the app afresh after the driver failed. If that fails too,
// the next question is void, and the stop rule decides.
func (e *engine) revive(ctx context.Context, cause error) {
	e.Log.Warn("the driver failed; the trial is void", "error", cause)
	resetter, ok := e.driver.(telltale.Resetter)
	if !ok || ctx.Err() != nil {
		return
	}
	if err := resetter.Reset(ctx); err != nil {
		e.Log.Warn("starting the driver again", "error", err)
	}
}

// learn takes the time that arrivals need from the latest ones: four times
// the slowest of them and a little, within bounds. What arrives later still
// is taken in as late.
func (e *engine) learn(r telltale.Receipt) {
	if r.Outcome != telltale.Delivered || r.Late {
		return
	}
	e.arrivals = append(e.arrivals, r.Settled.Sub(r.Sent))
	e.arrivals = e.arrivals[max(0, len(e.arrivals)-latest):]
	e.wait = min(firstWait, 4*slices.Max(e.arrivals)+shortestWait)
}

// readLate takes in messages that arrived after they were given up.
func (e *engine) readLate(ctx context.Context) error {
	reader, ok := e.driver.(telltale.LateReader)
	if !ok {
		return nil
	}
	late, err := reader.Late(ctx)
	if err != nil {
		e.Log.Warn("reading late arrivals", "error", err)
	}
	rec := e.Case.Snapshot()
	texts, last := map[string]telltale.Probe{}, rec.LastReceipts()
	for _, p := range rec.Probes {
		texts[p.ID] = p
	}
	for _, receipt := range late {
		probe, ok := texts[receipt.Probe]
		if was := last[receipt.Probe].Outcome; !ok || was != telltale.Dropped && was != telltale.Refused {
			e.Log.Warn("a late arrival of what was not awaited is left out", "probe", receipt.Probe)
			continue
		}
		receipt.Sent, receipt.Late = last[receipt.Probe].Sent, true
		receipt = e.judge(probe, e.timed(probe, receipt), nil)
		if receipt.Outcome == telltale.Void {
			e.Log.Warn("a late arrival is left out", "probe", probe.ID, "reason", receipt.Reason)
			continue
		}
		if err := e.Case.PutReceipt(receipt); err != nil {
			return err
		}
		if e.answers.byKey[probe.Key].probe.ID == probe.ID {
			e.answers.byKey[probe.Key] = trial{probe, receipt}
		}
	}
	return nil
}

func (e *engine) lastReason() string {
	receipts := e.Case.Snapshot().Receipts
	for i := len(receipts) - 1; i >= 0; i-- {
		if receipts[i].Outcome == telltale.Void {
			return receipts[i].Reason
		}
	}
	return errors.ErrUnsupported.Error()
}

// triggering counts the messages that were copied or did not arrive.
func (e *engine) triggering() int {
	n := 0
	rec := e.Case.Snapshot()
	last := rec.LastReceipts()
	for _, p := range rec.Probes {
		if e.cellOf(p, last[p.ID]).Reacted() {
			n++
		}
	}
	return n
}
