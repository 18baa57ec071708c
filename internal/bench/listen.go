package bench

import (
	"context"
	"errors"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// background watches the app with nobody typing.
func (e *engine) background(ctx context.Context) error {
	e.Progress.Stage("background", 0)
	return e.pause(ctx, e.Scenario.Listen)
}

// pause lets time pass. It is the one place where the engine waits for
// something that announces itself by not happening. It looks now and then
// whether there still is a watch to wait for.
func (e *engine) pause(ctx context.Context, d time.Duration) error {
	timer, look := time.NewTimer(d), time.NewTicker(markEvery)
	defer timer.Stop()
	defer look.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-look.C:
			if err := errors.Join(e.Case.Failed(), e.sensorsFailed()); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// listen waits until copies of what was typed must have left, then opens
// what the sensors have recorded.
func (e *engine) listen(ctx context.Context, d time.Duration) error {
	if last := e.lastSent(); !last.IsZero() {
		if left := min(d, d-e.Clock().Sub(last)); left > 0 {
			if err := e.pause(ctx, left); err != nil {
				return err
			}
		}
	}
	quiet, cancel := context.WithTimeout(ctx, e.Scenario.Window)
	defer cancel()
	for _, sensor := range e.Sensors {
		if q, ok := sensor.(telltale.Quieter); ok {
			q.Quiet(quiet)
		}
	}
	if err := errors.Join(e.readLate(ctx), e.sight(ctx)); err != nil {
		return err
	}
	if err := e.markSpan(); err != nil {
		return err
	}
	e.habits, e.usuals = attribute.NewHabits(e.Case.Snapshot()), map[wayKey]map[string]bool{}
	return e.follow.open(ctx, e.keys)
}

// lastSent is when the latest message was settled. It need not be that of the
// last receipt: one that came late tells of an earlier message.
func (e *engine) lastSent() (last time.Time) {
	for _, r := range e.Case.Snapshot().Receipts {
		if r.Settled.After(last) {
			last = r.Settled
		}
	}
	return last
}

// cell joins a trial's delivery with the copies seen so far.
func (e *engine) cell(t trial) telltale.Cell {
	return e.cellOf(t.probe, e.answers.byKey[t.probe.Key].receipt)
}

// cellOf is the cell of a probe with a receipt. What happens to messages
// whatever they say is no part of it.
func (e *engine) cellOf(p telltale.Probe, r telltale.Receipt) telltale.Cell {
	return telltale.CellOf(e.habits.Outcome(p, r), e.follow.copied[p.ID])
}

// learnLag shortens the wait for copies to what was seen: four times the
// longest delay and a little, and never more than the window.
func (e *engine) learnLag() {
	e.settle = min(e.Scenario.Window, 4*e.follow.longest(e.Case.Snapshot())+shortestWait)
}
