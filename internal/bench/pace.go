package bench

import (
	"context"
	"fmt"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

const (
	// patience is the number of voids in a row from which on a survey waits
	// before it tries again: a service that takes nothing because too much
	// came too fast gets time.
	patience = 2
	// firstPause is the first of these pauses; each is twice the one before,
	// up to longestPause.
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// pace waits until a message may be typed: for the hours and the pause that
// the scenario wants, and, in a survey, for a service that takes nothing.
func (e *engine) pace(ctx context.Context) error {
	limits := e.Scenario.Limits
	hours, err := scenario.ParseHours(limits.Hours)
	if err != nil {
		return fmt.Errorf("limits.hours: %w", err)
	}
	wait := hours.Until(e.Clock())
	if last := e.lastSent(); limits.Pause > 0 && !last.IsZero() {
		wait = max(wait, limits.Pause-e.Clock().Sub(last))
	}
	if scenario.Surveys(e.Scenario) && e.voids >= patience {
		wait = max(wait, min(firstPause<<min(e.voids-patience, 10), longestPause))
	}
	if wait <= 0 {
		return nil
	}
	return cutShort(ctx, e.pause(ctx, wait))
}

// mostAlive bounds the messages that ask whether a service takes anything, if
// the scenario has no stop rule.
const mostAlive = 30

// askSurely is ask for a survey, which takes a void for a text that cannot be
// put. When a question stays void, a harmless message shows whether it is the
// text or the service; and a service is waited for.
func (e *engine) askSurely(ctx context.Context, items []scenario.Item) ([]trial, error) {
	trials := make([]trial, 0, len(items))
	for _, item := range items {
		if e.answers.voids[item.Key] >= 2*tries {
			// It is the text. That was found out before.
			trials = append(trials, trial{receipt: telltale.Receipt{Outcome: telltale.Void}})
			continue
		}
		t, err := e.askOne(ctx, item)
		if err == nil && t.receipt.Outcome == telltale.Void {
			t, err = e.askAfterBreak(ctx, item)
		}
		if err != nil {
			return trials, err
		}
		trials = append(trials, t)
	}
	return trials, e.readLate(ctx)
}

func (e *engine) askAfterBreak(ctx context.Context, item scenario.Item) (trial, error) {
	harmless := scenario.ContactAt(e.Scenario, item.Place, item.Direction, 1)
	for i := 0; len(harmless) > 0 && i < mostAlive; i++ {
		alive := harmless[0]
		alive.Key = fmt.Sprintf("alive/%s/%d", item.Key, i)
		t, err := e.askOne(ctx, alive)
		if err != nil {
			return t, err
		}
		if t.receipt.Outcome != telltale.Void {
			break
		}
	}
	return e.askOne(ctx, item)
}
