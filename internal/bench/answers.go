package bench

import (
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

// trial is a question that was put, and where its answer stands.
type trial struct {
	probe   telltale.Probe
	receipt telltale.Receipt
}

// answers finds what earlier runs of the case have already asked.
type answers struct {
	byKey map[string]trial
	next  int // number of the next probe
	sent  int // probes that were typed
	// voids counts how often each question was void.
	voids map[string]int
}

// newAnswers takes the trials of a record that can be used again: settled,
// not void, and, where nothing was seen, watched for the whole window.
func newAnswers(rec *telltale.Record, window time.Duration) *answers {
	a := &answers{byKey: map[string]trial{}, next: len(rec.Probes) + 1, voids: map[string]int{}}
	last := rec.LastReceipts()
	copied := map[string]bool{}
	for _, layer := range rec.Layers {
		for _, id := range layer.Probes {
			copied[id] = true
		}
	}
	for _, probe := range rec.Probes {
		receipt, ok := last[probe.ID]
		if ok && receipt.Outcome == telltale.Void {
			a.voids[probe.Key]++
		}
		if !ok || receipt.Outcome == telltale.Void {
			continue
		}
		a.sent++
		// Of several probes of one key the last settled one counts.
		delete(a.byKey, probe.Key)
		if copied[probe.ID] || watched(rec.Listening, receipt.Sent, window) {
			a.byKey[probe.Key] = trial{probe, receipt}
		}
	}
	return a
}

// of is the answer to a question of the plan. What stands under its key is
// none if it answers another question: a search takes another course once a
// late arrival has corrected what it was built on.
func (a *answers) of(item scenario.Item) (trial, bool) {
	t, ok := a.byKey[item.Key]
	p := t.probe
	same := p.From == item.From && p.To == item.To && p.Direction == item.Direction && p.Place == item.Place &&
		p.Word == item.Word && p.Text == scenario.Compose(item.Body, p.Canary)
	return t, ok && same
}

// counts reports whether a probe is the answer to its question, and neither
// void nor put again since.
func (a *answers) counts(p telltale.Probe) bool {
	t, ok := a.byKey[p.Key]
	return ok && t.probe.ID == p.ID
}

// watched reports whether one span holds the whole window after at.
func watched(spans []telltale.Span, at time.Time, window time.Duration) bool {
	for _, span := range spans {
		if !at.Before(span.From) && !at.Add(window).After(span.To) {
			return true
		}
	}
	return false
}
