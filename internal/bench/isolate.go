package bench

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/scenario"
)

// proofs is how often each line of a certificate is put at least.
const proofs = 3

// hunt is one search for exact words, and the probes it cost.
type hunt struct {
	name      string // part of the probes' keys
	text      string
	direction telltale.Direction
	from, to  string
	// trigger is set for the dual search: what is known to react.
	trigger *telltale.Isolation
	search  searcher
	// asked lists the trials of each question.
	asked map[string][]trial
}

// isolate finds the exact words of every text that reacted, then what
// disables them in texts that should have reacted and did not.
func (e *engine) isolate(ctx context.Context) error {
	e.normal = e.usual(e.Case.Snapshot())
	hunts, err := e.hunts()
	if err != nil {
		return err
	}
	e.Progress.Stage("isolate", 0)
	if err := e.chase(ctx, hunts); err != nil {
		return err
	}
	found := e.isolations(hunts)
	duals, err := e.duals(found)
	if err != nil {
		return err
	}
	if err := e.chase(ctx, duals); err != nil {
		return err
	}
	e.addExceptions(duals)
	if err := e.traits(ctx, found); err != nil {
		return err
	}
	return e.putIsolations(found)
}

// hunts makes one search for each text that reacted in some direction.
func (e *engine) hunts() ([]*hunt, error) {
	var out []*hunt
	reacted := e.reactions()
	for i, word := range e.Scenario.Words {
		for _, direction := range e.Scenario.Directions {
			if !reacted[word][direction] {
				continue
			}
			search, err := e.searchFor(word, direction)
			if err != nil {
				return nil, fmt.Errorf("searching %q: %w", word, err)
			}
			out = append(out, e.newHunt(fmt.Sprintf("w%d", i), word, direction, search))
			break
		}
	}
	return out, nil
}

// searchFor picks the search that takes the fewest messages for a text.
func (e *engine) searchFor(text string, d telltale.Direction) (searcher, error) {
	if utf8.RuneCountInString(text) >= scenario.Article {
		return newGuided(text, e.Scenario.Words, e.loses(d))
	}
	search, err := isolate.New(isolate.Config{Text: text, Words: e.Scenario.Words})
	return exact{search}, err
}

// loses reports whether harmless messages of a direction got lost, so that an
// answer may be wrong now and then.
func (e *engine) loses(d telltale.Direction) bool {
	if e.normal[d] == telltale.CellDropped || e.normal[d] == telltale.CellDroppedCopied {
		return false // nothing arrives
	}
	rec := e.Case.Snapshot()
	last := rec.LastReceipts()
	return slices.ContainsFunc(rec.Probes, func(p telltale.Probe) bool {
		harmless := p.Arm == telltale.ArmContact || p.Arm == telltale.ArmControl
		return harmless && p.Direction == d && e.answers.counts(p) && e.habits.Outcome(p, last[p.ID]).Kept()
	})
}

func (e *engine) newHunt(name, text string, d telltale.Direction, search searcher) *hunt {
	h := &hunt{name: name, text: text, direction: d, search: search, asked: map[string][]trial{}}
	h.from, h.to = ends(e.Scenario.Accounts, d)
	return h
}

// ends gives sender and recipient for a direction: the first account of the
// app's side and the first of the peers'.
func ends(accounts []telltale.Account, direction telltale.Direction) (from, to string) {
	first := func(side telltale.Side) string {
		for _, a := range accounts {
			if a.Side == side {
				return a.Name
			}
		}
		return ""
	}
	if direction == telltale.Received {
		return first(telltale.SidePeer), first(telltale.SideApp)
	}
	return first(telltale.SideApp), first(telltale.SidePeer)
}

// chase runs searches in step, so that the wait for late copies is paid once
// a round and not once a question.
func (e *engine) chase(ctx context.Context, hunts []*hunt) error {
	for done := 0; ; {
		round := open(hunts)
		if len(round) == 0 {
			return nil
		}
		items := e.itemsOf(round)
		for i, item := range items {
			trials, err := e.ask(ctx, []scenario.Item{item.Item})
			if err != nil {
				return err
			}
			item.hunt.asked[item.question] = append(item.hunt.asked[item.question], trials...)
			e.Progress.Step(done+i+1, done+len(items))
		}
		done += len(items)
		if err := e.listen(ctx, e.settle); err != nil {
			return err
		}
		for _, p := range round {
			if err := e.answer(p); err != nil {
				return err
			}
		}
	}
}

// pending is a question of a search that waits for its answer.
type pending struct {
	hunt     *hunt
	question isolate.Question
}

func open(hunts []*hunt) []pending {
	var round []pending
	for _, h := range hunts {
		for _, q := range h.search.Next() {
			round = append(round, pending{h, q})
		}
	}
	return round
}

// asking is one repetition of a question.
type asking struct {
	scenario.Item
	hunt     *hunt
	question string
}

func (e *engine) itemsOf(round []pending) []asking {
	var items []asking
	repeats := e.repeats()
	for _, p := range round {
		n := repeats
		if p.question.Proof {
			n = max(n, proofs)
		}
		for i := range n {
			items = append(items, asking{hunt: p.hunt, question: p.question.ID, Item: scenario.Item{
				Key: fmt.Sprintf("isolate/%s/%s/%d", p.hunt.name, p.question.ID, i),
				Arm: telltale.ArmIsolate, Block: "isolate", From: p.hunt.from, To: p.hunt.to,
				Direction: p.hunt.direction, Word: p.hunt.text, Body: p.question.Text,
			}})
		}
	}
	return items
}

// answer combines the repetitions of a question: an app that samples reacts
// if it reacted once, any other if it did so mostly.
func (e *engine) answer(p pending) error {
	reacted, settled := e.tally(p.hunt.asked[p.question.ID])
	switch {
	case settled == 0:
		return p.hunt.search.Void(p.question.ID)
	case e.repeats() > 1:
		return p.hunt.search.Answer(p.question.ID, reacted > 0)
	default:
		return p.hunt.search.Answer(p.question.ID, 2*reacted > settled)
	}
}

func (e *engine) tally(trials []trial) (reacted, settled int) {
	for _, t := range trials {
		cell := e.cell(t)
		if cell == telltale.CellVoid {
			continue
		}
		settled++
		if cell.Reacted() && cell != e.normal[t.probe.Direction] {
			reacted++
		}
	}
	return reacted, settled
}
