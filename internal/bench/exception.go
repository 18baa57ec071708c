package bench

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/isolate"
)

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
			search, err := isolate.New(isolate.Config{Text: word, Words: e.Scenario.Words, Fixed: trigger.Words, Invert: true})
			if err != nil {
				return nil, fmt.Errorf("searching %q: %w", word, err)
			}
			h := e.newHunt(fmt.Sprintf("x%d-%d", i, j), word, trigger.Direction, exact{search})
			h.trigger = trigger
			out = append(out, h)
		}
	}
	return out, nil
}

// holdsAll folds the case, as filters do.
func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
			return false
		}
	}
	return len(words) > 0
}

// addExceptions writes what the dual searches found into the triggers.
func (e *engine) addExceptions(duals []*hunt) {
	for _, h := range duals {
		result := h.search.results()[0]
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

// putIsolations records the results that are not in the case yet. One that rests
// on other messages is another: those of an earlier run may count no more.
func (e *engine) putIsolations(found []telltale.Isolation) error {
	have := e.Case.Snapshot().Isolations
	for _, iso := range found {
		same := func(other telltale.Isolation) bool {
			return other.Text == iso.Text && other.Direction == iso.Direction && slices.Equal(other.Words, iso.Words) &&
				slices.Equal(other.Without, iso.Without) && other.Exact == iso.Exact &&
				slices.EqualFunc(other.Certificate, iso.Certificate, sameProof) &&
				slices.EqualFunc(other.Traits, iso.Traits, func(a, b telltale.Trait) bool { return slices.EqualFunc(a.Proofs, b.Proofs, sameProof) })
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

// sameProof reports whether two lines of a certificate rest on the same
// messages.
func sameProof(a, b telltale.Proof) bool {
	return a.Text == b.Text && slices.Equal(a.Probes, b.Probes)
}
