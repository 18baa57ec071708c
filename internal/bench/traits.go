package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/characterise"
	"example.org/telltale/internal/scenario"
)

const (
	// abreast is how many questions about a trigger are put before the copies
	// are waited for.
	abreast = 16
	// traitTrials is how often the words are put for another account.
	traitTrials = 2
	// knownProof stands for the messages of the certificate that showed that
	// the words alone react.
	knownProof = "certificate"
)

// traits finds out of every proven trigger how its words are compared and for
// whom, if the scenario asks for it.
func (e *engine) traits(ctx context.Context, found []telltale.Isolation) error {
	if !e.Scenario.Characterise {
		return nil
	}
	e.Progress.Stage("characterise", 0)
	var hunts []*hunt
	of := map[*hunt]*telltale.Isolation{}
	for i := range found {
		iso := &found[i]
		if !iso.Exact || len(iso.Certificate) == 0 || seenBefore(found[:i], iso) {
			continue
		}
		search, err := e.traitSearch(iso)
		if err != nil {
			return err
		}
		h := e.newHunt(fmt.Sprintf("t%d", i), iso.Text, iso.Direction, search)
		hunts, of[h] = append(hunts, h), iso
	}
	if err := e.chase(ctx, hunts); err != nil {
		return err
	}
	for _, h := range hunts {
		iso := of[h]
		iso.Traits = append(iso.Traits, e.claimed(h, iso)...)
		others, err := e.others(ctx, h.name, iso)
		if err != nil {
			return err
		}
		iso.Traits = append(iso.Traits, others...)
	}
	return nil
}

// seenBefore reports whether an earlier search came to the same words.
func seenBefore(earlier []telltale.Isolation, iso *telltale.Isolation) bool {
	return slices.ContainsFunc(earlier, func(other telltale.Isolation) bool {
		return other.Exact && other.Direction == iso.Direction && slices.Equal(other.Words, iso.Words)
	})
}

// traitSearch is a characterisation as a searcher. A question that cannot be
// put is taken for one that the app does not take.
type traitSearch struct{ *characterise.Search }

func (e *engine) traitSearch(iso *telltale.Isolation) (traitSearch, error) {
	alone := iso.Certificate[0].Text
	words, filler := inOrder(alone, iso.Words)
	search, err := characterise.New(characterise.Config{
		Words: words, Filler: filler, Simple: bayes.Simplified(), Noisy: e.loses(iso.Direction), Longest: -1, Accounts: abreast,
		Known: []isolate.Exchange{
			{Question: isolate.Question{ID: knownProof, Text: alone}, Answered: true, Reacted: true},
			{Question: isolate.Question{ID: knownProof, Text: alone}, Answered: true, Reacted: true},
		},
	})
	if err != nil {
		return traitSearch{}, fmt.Errorf("characterising %q: %w", iso.Words, err)
	}
	return traitSearch{search}, nil
}

// inOrder sorts words as they stand in the text of a proof, and returns what
// is between the first two.
func inOrder(text string, words []string) (sorted []string, filler string) {
	at := func(w string) int { return strings.Index(text, w) }
	sorted = slices.SortedFunc(slices.Values(words), func(a, b string) int { return at(a) - at(b) })
	if len(sorted) > 1 {
		from, until := at(sorted[0])+len(sorted[0]), at(sorted[1])
		filler = text[min(from, max(until, 0)):max(until, 0)]
	}
	return sorted, filler
}

// Next asks each question once: what decides a claim is not a certificate.
func (t traitSearch) Next() []isolate.Question {
	open := t.Search.Next()
	for i := range open {
		open[i].Proof = false
	}
	return open
}

func (t traitSearch) Void(id string) error { return t.Refuse(id, 0) }

func (t traitSearch) results() []isolate.Result { return nil }

// claimed turns what a characterisation claims into traits, with the probes
// that put its questions.
func (e *engine) claimed(h *hunt, iso *telltale.Isolation) []telltale.Trait {
	search, ok := h.search.(traitSearch)
	if !ok {
		return nil
	}
	var out []telltale.Trait
	for _, c := range search.Report().Claims {
		trait := telltale.Trait{Name: c.Name, Answer: string(c.Answer), Statement: c.Statement}
		for _, p := range c.Proof {
			proof := telltale.Proof{Claim: c.Question, Text: p.Text, Reacts: p.Reacts}
			for _, q := range p.Questions {
				if q == knownProof {
					proof.Probes = append(proof.Probes, iso.Certificate[0].Probes...)
				}
				for _, t := range h.asked[q] {
					if e.cell(t) != telltale.CellVoid {
						proof.Probes = append(proof.Probes, t.probe.ID)
					}
				}
			}
			proof.Held = len(proof.Probes) > 0
			trait.Proofs = append(trait.Proofs, proof)
		}
		out = append(out, trait)
	}
	return out
}

// way is a direction and the accounts at its ends.
type way struct {
	name, says string
	direction  telltale.Direction
	from, to   string
}

// ways lists the other direction, and this one with other accounts.
func (e *engine) ways(d telltale.Direction) []way {
	var out []way
	for _, other := range e.Scenario.Directions {
		if other != d {
			from, to := ends(e.Scenario.Accounts, other)
			out = append(out, way{string(other), "in messages that are " + string(other), other, from, to})
		}
	}
	from, to := ends(e.Scenario.Accounts, d)
	app, peer := from, to
	if d == telltale.Received {
		app, peer = to, from
	}
	for _, a := range e.Scenario.Accounts {
		w := way{direction: d, from: from, to: to}
		switch {
		case a.Name == app || a.Name == peer || a.Side == telltale.SideWitness:
			continue
		case a.Side == telltale.SideApp:
			w.name, w.says = "as "+a.Name, "when the app's account is "+a.Name
		default:
			w.name, w.says = "with "+a.Name, "when the other account is "+a.Name
		}
		if (a.Side == telltale.SideApp) == (d == telltale.Sent) {
			w.from = a.Name
		} else {
			w.to = a.Name
		}
		out = append(out, w)
	}
	return out
}

// others puts the words alone in the other direction and between other
// accounts.
func (e *engine) others(ctx context.Context, name string, iso *telltale.Isolation) ([]telltale.Trait, error) {
	asked := map[string][]trial{}
	ways := e.ways(iso.Direction)
	text := iso.Certificate[0].Text
	for _, w := range ways {
		for i := range max(traitTrials, e.repeats()) {
			trials, err := e.ask(ctx, []scenario.Item{{
				Key: fmt.Sprintf("isolate/%s/%s/%d", name, w.name, i), Arm: telltale.ArmIsolate, Block: "isolate",
				From: w.from, To: w.to, Direction: w.direction, Word: iso.Text, Body: text,
			}})
			if err != nil {
				return nil, err
			}
			asked[w.name] = append(asked[w.name], trials...)
		}
	}
	if err := e.listen(ctx, e.settle); err != nil {
		return nil, err
	}
	var out []telltale.Trait
	for _, w := range ways {
		out = append(out, e.wayTrait(w, text, asked[w.name]))
	}
	return out, nil
}

// wayTrait says whether the words react on a way too.
func (e *engine) wayTrait(w way, text string, trials []trial) telltale.Trait {
	reacted, settled := e.tally(trials)
	t := telltale.Trait{Name: w.name, Answer: telltale.TraitUnknown, Statement: "whether the words react " + w.says + " too is not settled"}
	switch {
	case settled < traitTrials:
	case reacted == settled || e.repeats() > 1 && reacted > 0:
		t.Answer, t.Statement = "yes", "the words react "+w.says+" too"
	case reacted == 0:
		t.Answer, t.Statement = "no", "the words do not react "+w.says
	}
	proof := telltale.Proof{Claim: "the words alone, " + w.says, Text: text, Reacts: t.Answer == "yes", Held: t.Answer != telltale.TraitUnknown}
	for _, one := range trials {
		if e.cell(one) != telltale.CellVoid {
			proof.Probes = append(proof.Probes, one.probe.ID)
		}
	}
	t.Proofs = []telltale.Proof{proof}
	return t
}
