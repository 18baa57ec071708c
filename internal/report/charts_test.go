package report_test

import (
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// TestTimeLineLeavesPausesOut: a night without a message takes no room, and what
// happened before the first message is counted and not drawn.
func TestTimeLineLeavesPausesOut(t *testing.T) {
	t.Parallel()
	w := newWorld("night")
	early := w.flow(telltale.Flow{Sensor: "proxy", Protocol: "http", Host: "early.test"})
	w.tick(time.Hour)
	start := w.now
	for i := range 20 {
		if i == 10 {
			w.tick(9 * time.Hour)
		}
		w.ask(question{telltale.ArmContact, telltale.Sent, "hello", telltale.CellDelivered})
		w.tick(10 * time.Second)
	}
	w.listened(start)
	v, err := report.Build(w.input())
	if err != nil {
		t.Fatal(err)
	}
	line := v.Timeline
	if len(line.Pauses) != 1 || line.Outside != 1 {
		t.Fatalf("pauses %+v and %d outside (%s); want one pause and one flow", line.Pauses, line.Outside, early.ID)
	}
	for _, lane := range line.Lanes {
		if lane.Class != "delivered" {
			continue
		}
		// Ten ticks on each side: without the pause, the eleventh would stand
		// at the far end.
		if lane.Total != 20 || strings.Count(lane.Path, "M") != 20 || lane.Binned {
			t.Errorf("lane %+v; want 20 ticks", lane)
		}
	}
	if line.Pauses[0].Left < "40" || line.Pauses[0].Left > "60" {
		t.Errorf("the pause stands at %s, want the middle", line.Pauses[0].Left)
	}
}

// TestEffectsShareOneAxis: all effects are drawn on one axis that holds nought,
// and an interval that holds it is marked.
func TestEffectsShareOneAxis(t *testing.T) {
	t.Parallel()
	w := newWorld("effects")
	for _, e := range []telltale.Effect{{Size: 0.5, Low: 0.25, High: 0.75}, {Size: 0.1, Low: -0.2, High: 0.3}} {
		w.find(telltale.Finding{Claim: claim(telltale.KindCopy, telltale.Sent, telltale.OnWords), Effect: &e})
	}
	w.find(telltale.Finding{Verdict: telltale.NotSupported, Effect: &telltale.Effect{Size: 0.01}})
	v, err := report.Build(w.input())
	if err != nil {
		t.Fatal(err)
	}
	rows := v.Effects.Rows
	if len(rows) != 2 {
		t.Fatalf("%d rows, want those of the two supported findings", len(rows))
	}
	// From -0.25 to 1: nought stands at a fifth.
	if v.Effects.Zero != "20%" || rows[0].Low != "40%" || rows[0].Dot != "60%" || rows[0].Wide != "40%" {
		t.Errorf("nought at %s, bar at %s, %s wide, dot at %s", v.Effects.Zero, rows[0].Low, rows[0].Wide, rows[0].Dot)
	}
	if rows[0].Unsure || !rows[1].Unsure {
		t.Error("want the second interval marked, which holds nought")
	}
	zeros := 0
	for _, tick := range v.Effects.Ticks {
		if tick.Zero {
			zeros++
		}
	}
	if zeros != 1 || len(v.Effects.Ticks) != 6 {
		t.Errorf("ticks %+v, want six with one at nought", v.Effects.Ticks)
	}
}
