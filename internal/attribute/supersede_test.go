package attribute_test

import (
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// TestAQuestionPutAgainCountsOnce: after a crash a question may be put again
// although its first probe was delivered; only the last one may count.
func TestAQuestionPutAgainCountsOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rec := &telltale.Record{Scenario: telltale.Scenario{Window: time.Second}}
	rec.Listening = []telltale.Span{{From: at, To: at.Add(time.Hour)}}
	for _, p := range []struct {
		id      string
		outcome telltale.Outcome
	}{{"p000001", telltale.Dropped}, {"p000002", telltale.Delivered}, {"p000003", telltale.Void}} {
		rec.Probes = append(rec.Probes, telltale.Probe{ID: p.id, Key: "screen/b0/sent/w0/treatment", Direction: telltale.Sent})
		rec.Receipts = append(rec.Receipts, telltale.Receipt{Probe: p.id, Outcome: p.outcome, Sent: at, Settled: at})
	}
	want := map[string]telltale.Cell{
		"p000001": telltale.CellVoid, "p000002": telltale.CellDelivered, "p000003": telltale.CellVoid,
	}
	for id, cell := range attribute.Cells(rec) {
		if cell != want[id] {
			t.Errorf("%s counts as %s, want %s", id, cell, want[id])
		}
	}
}
