package bench

import (
	"context"
	"fmt"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/scenario"
)

const (
	// missRate is how likely a word that a sampling app does copy may be
	// passed over.
	missRate = 1e-4
)

// contact shows that the way is open in each direction; without it every
// later answer would be void.
func (e *engine) contact(ctx context.Context) error {
	items := scenario.Contact(e.Scenario, scenario.Contacts)
	e.Progress.Stage("contact", len(items))
	trials, err := e.askAll(ctx, items)
	if err != nil {
		return err
	}
	settled := 0
	for _, t := range trials {
		if t.receipt.Outcome != telltale.Void {
			settled++
		}
	}
	if settled == 0 {
		return fmt.Errorf("not one harmless message could be typed (%s): check the driver with telltale driver test", e.lastReason())
	}
	return e.listen(ctx, shortestWait)
}

// askAll is ask with progress.
func (e *engine) askAll(ctx context.Context, items []scenario.Item) ([]trial, error) {
	trials := make([]trial, 0, len(items))
	for i := range items {
		one, err := e.ask(ctx, items[i:i+1])
		trials = append(trials, one...)
		if err != nil {
			return trials, err
		}
		e.Progress.Step(i+1, len(items))
	}
	return trials, nil
}

// screen tries every word with its controls in randomised blocks, and goes
// on with those that a sampling app may so far have let pass.
func (e *engine) screen(ctx context.Context) error {
	e.Progress.Stage("screen", 0)
	for block := range e.Scenario.Trials {
		if _, err := e.askAll(ctx, scenario.Screen(e.Scenario, block, e.Scenario.Words)); err != nil {
			return err
		}
	}
	if err := e.listen(ctx, e.Scenario.Window); err != nil {
		return err
	}
	if err := e.askForKeys(ctx); err != nil {
		return err
	}
	for block := e.Scenario.Trials; block < e.Scenario.MaxTrials; block++ {
		words, err := e.remaining(ctx, block)
		if err != nil {
			return err
		}
		if len(words) == 0 {
			break
		}
		if _, err := e.askAll(ctx, scenario.Screen(e.Scenario, block, words)); err != nil {
			return err
		}
		if err := e.listen(ctx, shortestWait); err != nil {
			return err
		}
	}
	if err := e.listen(ctx, e.settle); err != nil {
		return err
	}
	// Copies must be read before it is asked which words cause them.
	if err := e.unseal(ctx); err != nil {
		return err
	}
	if err := e.askForKeys(ctx); err != nil {
		return err
	}
	e.learnLag()
	return nil
}

// remaining is undecided, but is satisfied only after the last copies can
// have left: while some are outstanding, the share that is copied looks other
// than it is.
func (e *engine) remaining(ctx context.Context, done int) ([]string, error) {
	words := e.undecided(done)
	if len(words) > 0 || !e.samples() {
		return words, nil
	}
	if err := e.listen(ctx, e.Scenario.Window); err != nil {
		return nil, err
	}
	return e.undecided(done), nil
}

// undecided lists the words that need a further block: with an app that
// copies only some matches, silence in a few trials proves nothing.
func (e *engine) undecided(done int) []string {
	if done >= e.repeats() {
		return nil
	}
	reacted := e.reactions()
	var words []string
	for _, word := range e.Scenario.Words {
		for _, direction := range e.Scenario.Directions {
			if !reacted[word][direction] {
				words = append(words, word)
				break
			}
		}
	}
	return words
}

// reactions tells which words set the app off so far, and in which direction.
func (e *engine) reactions() map[string]map[telltale.Direction]bool {
	out := map[string]map[telltale.Direction]bool{}
	rec := e.Case.Snapshot()
	last := rec.LastReceipts()
	usual := e.usual(rec)
	for _, p := range rec.Probes {
		cell := e.cellOf(p, last[p.ID])
		if p.Arm != telltale.ArmTreatment || !e.answers.counts(p) || !cell.Reacted() || cell == usual[p.Direction] {
			continue
		}
		if out[p.Word] == nil {
			out[p.Word] = map[telltale.Direction]bool{}
		}
		out[p.Word][p.Direction] = true
	}
	return out
}

// usual is what becomes of most harmless messages of the account that the
// words are typed into. Where every message is copied, a copy is no reaction
// to a word.
func (e *engine) usual(rec *telltale.Record) map[telltale.Direction]telltale.Cell {
	last := rec.LastReceipts()
	counts := map[telltale.Direction]map[telltale.Cell]int{}
	for _, p := range rec.Probes {
		from, to := ends(e.Scenario.Accounts, p.Direction)
		harmless := p.Arm == telltale.ArmContact || p.Arm == telltale.ArmControl
		if !harmless || !e.answers.counts(p) || p.From != from || p.To != to {
			continue
		}
		if counts[p.Direction] == nil {
			counts[p.Direction] = map[telltale.Cell]int{}
		}
		counts[p.Direction][e.cellOf(p, last[p.ID])]++
	}
	out := map[telltale.Direction]telltale.Cell{}
	for direction, cells := range counts {
		out[direction] = telltale.CellDelivered
		for _, cell := range []telltale.Cell{telltale.CellDeliveredCopied, telltale.CellDropped, telltale.CellDroppedCopied} {
			if cells[cell] > cells[out[direction]] {
				out[direction] = cell
			}
		}
	}
	return out
}

// leastRate is the smallest share of matches that a sampling app is taken to
// copy while too few trials are there to tell.
const leastRate = 0.2

// repeats is how often a question must be put so that a sampling app would
// have shown itself. It is 1 unless copies were seen to be sampled.
func (e *engine) repeats() int {
	if !e.samples() {
		return 1
	}
	low, _ := attribute.ReactionRate(e.Case.Snapshot())
	return min(attribute.RepeatsFor(max(low, leastRate), missRate), e.Scenario.MaxTrials)
}

// samples reports whether some word was copied in one trial and not in
// another of the same direction.
func (e *engine) samples() bool {
	type way struct {
		word      string
		direction telltale.Direction
	}
	seen := map[way][2]bool{}
	for _, p := range e.Case.Snapshot().Probes {
		if p.Arm != telltale.ArmTreatment || !e.answers.counts(p) {
			continue
		}
		both := seen[way{p.Word, p.Direction}]
		if e.follow.copied[p.ID] {
			both[1] = true
		} else {
			both[0] = true
		}
		seen[way{p.Word, p.Direction}] = both
	}
	for _, both := range seen {
		if both[0] && both[1] {
			return true
		}
	}
	return false
}
