package bench

import (
	"time"

	"example.org/telltale"
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
}

// newAnswers takes the trials of a record that can be used again: settled,
// not void, and, where nothing was seen, watched for the whole window.
func newAnswers(rec *telltale.Record, window time.Duration) *answers {
	a := &answers{byKey: map[string]trial{}, next: len(rec.Probes) + 1}
	last := rec.LastReceipts()
	copied := map[string]bool{}
	for _, layer := range rec.Layers {
		for _, id := range layer.Probes {
			copied[id] = true
		}
	}
	for _, probe := range rec.Probes {
		receipt, ok := last[probe.ID]
		if !ok || receipt.Outcome == telltale.Void {
			continue
		}
		a.sent++
		if copied[probe.ID] || watched(rec.Listening, receipt.Sent, window) {
			a.byKey[probe.Key] = trial{probe, receipt}
		}
	}
	return a
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
