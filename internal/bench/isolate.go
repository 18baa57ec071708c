package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
	search  *isolate.Search
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
	e.addExceptions(found, duals)
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
			h, err := e.newHunt(fmt.Sprintf("w%d", i), direction, isolate.Config{Text: word, Words: e.Scenario.Words})
			if err != nil {
				return nil, err
			}
			out = append(out, h)
			break
		}
	}
	return out, nil
}

func (e *engine) newHunt(name string, direction telltale.Direction, cfg isolate.Config) (*hunt, error) {
	search, err := isolate.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("searching %q: %w", cfg.Text, err)
	}
	h := &hunt{name: name, text: cfg.Text, direction: direction, search: search, asked: map[string][]trial{}}
	h.from, h.to = ends(e.Scenario.Accounts, direction)
	return h, nil
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

// isolations takes the results of the searches.
func (e *engine) isolations(hunts []*hunt) []telltale.Isolation {
	out := make([]telltale.Isolation, 0, len(hunts))
	for _, h := range hunts {
		result := h.search.Result()
		certificate, held := e.certificate(h, result.Certificate)
		iso := telltale.Isolation{
			Text: h.text, Direction: h.direction, Words: slices.Sorted(slices.Values(result.Words)),
			Certificate: certificate, Exact: result.Exact && held, Why: result.Why,
		}
		if result.Exact && !held {
			iso.Why = "the app did not answer the same question the same way each time"
		}
		iso.Cell = e.usualCell(certificate)
		out = append(out, iso)
	}
	return out
}

// certificate turns the questions of a proof into the probes that put them.
func (e *engine) certificate(h *hunt, questions []isolate.Proof) ([]telltale.Proof, bool) {
	var out []telltale.Proof
	all := true
	for _, q := range questions {
		proof := telltale.Proof{Claim: q.Claim, Text: q.Text, Reacts: q.Reacts}
		for _, t := range h.asked[q.Question] {
			if e.cell(t) != telltale.CellVoid {
				proof.Probes = append(proof.Probes, t.probe.ID)
			}
		}
		reacted, settled := e.tally(h.asked[q.Question])
		switch {
		case settled == 0:
		case !q.Reacts:
			proof.Held = reacted == 0
		case e.repeats() > 1:
			proof.Held = reacted > 0
		default:
			proof.Held = reacted == settled
		}
		all = all && proof.Held
		out = append(out, proof)
	}
	return out, all
}

// usualCell is where most reacting trials of a certificate fell.
func (e *engine) usualCell(certificate []telltale.Proof) telltale.Cell {
	last := e.Case.Snapshot().LastReceipts()
	counts := map[telltale.Cell]int{}
	for _, proof := range certificate {
		for _, id := range proof.Probes {
			cell := telltale.CellOf(last[id].Outcome, e.follow.copied[id])
			if proof.Reacts && cell.Reacted() {
				counts[cell]++
			}
		}
	}
	best := telltale.CellVoid
	for _, cell := range []telltale.Cell{telltale.CellDeliveredCopied, telltale.CellDroppedCopied, telltale.CellDropped} {
		if counts[cell] > counts[best] {
			best = cell
		}
	}
	return best
}

// duals makes a search for the exception in every text that holds all words
// of a trigger and still did not react.
func (e *engine) duals(found []telltale.Isolation) ([]*hunt, error) {
	var out []*hunt
	reacted := e.reactions()
	for i, word := range e.Scenario.Words {
		for j := range found {
			trigger := &found[j]
			if !trigger.Exact || reacted[word][trigger.Direction] || !holdsAll(word, trigger.Words) {
				continue
			}
			h, err := e.newHunt(fmt.Sprintf("x%d-%d", i, j), trigger.Direction, isolate.Config{
				Text: word, Words: e.Scenario.Words, Fixed: trigger.Words, Invert: true,
			})
			if err != nil {
				return nil, err
			}
			h.trigger = trigger
			out = append(out, h)
		}
	}
	return out, nil
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return len(words) > 0
}

// addExceptions writes what the dual searches found into the triggers.
func (e *engine) addExceptions(_ []telltale.Isolation, duals []*hunt) {
	for _, h := range duals {
		result := h.search.Result()
		certificate, held := e.certificate(h, result.Certificate)
		if !result.Exact || !held {
			continue
		}
		exception := strings.Join(slices.Sorted(slices.Values(result.Words)), "+")
		if !slices.Contains(h.trigger.Without, exception) {
			h.trigger.Without = append(h.trigger.Without, exception)
		}
		h.trigger.Certificate = append(h.trigger.Certificate, certificate...)
	}
}

// putIsolations records the results that are not in the case yet.
func (e *engine) putIsolations(found []telltale.Isolation) error {
	have := e.Case.Snapshot().Isolations
	for _, iso := range found {
		same := func(other telltale.Isolation) bool {
			return other.Text == iso.Text && other.Direction == iso.Direction && slices.Equal(other.Words, iso.Words) &&
				slices.Equal(other.Without, iso.Without) && other.Exact == iso.Exact && len(other.Certificate) == len(iso.Certificate)
		}
		if slices.ContainsFunc(have, same) {
			continue
		}
		if err := e.Case.PutIsolation(iso); err != nil {
			return err
		}
	}
	return nil
}
