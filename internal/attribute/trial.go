package attribute

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// trial is a probe with what came of it.
type trial struct {
	telltale.Probe
	// account on the side of the app under test.
	account string
	// outcome is the receipt's, but for changes that any message suffers.
	outcome telltale.Outcome
	receipt telltale.Receipt
	sent    time.Time
	copies  []Copy
	// heard says that sensors watched the whole window after the message.
	heard bool
}

func (t *trial) void() bool   { return t.outcome == telltale.Void || t.outcome == "" }
func (t *trial) copied() bool { return len(t.copies) > 0 }

// harmless probes hold no word that is under suspicion.
func (t *trial) harmless() bool {
	return t.Arm == telltale.ArmContact || t.Arm == telltale.ArmControl
}

// cell is void unless both questions, delivered and copied, have an answer.
func (t *trial) cell() telltale.Cell {
	if !t.heard && !t.copied() {
		return telltale.CellVoid
	}
	return telltale.CellOf(t.outcome, t.copied())
}

// trials holds all probes of a record in the order of their ids.
type trials struct {
	rec  *telltale.Record
	list []*trial
	byID map[string]*trial
	// habits is what happens to messages whatever they say.
	habits *Habits
}

func newTrials(rec *telltale.Record) *trials {
	t := &trials{rec: rec, byID: make(map[string]*trial, len(rec.Probes)), habits: NewHabits(rec)}
	receipts, copies := rec.LastReceipts(), Copies(rec)
	for _, p := range rec.Probes {
		r := receipts[p.ID]
		one := &trial{Probe: p, account: appAccount(p), outcome: t.habits.Outcome(p, r), receipt: r, sent: r.Sent, copies: copies[p.ID]}
		one.heard = heard(rec, r.Sent)
		if t.byID[p.ID] == nil {
			t.byID[p.ID] = one
			t.list = append(t.list, one)
		}
	}
	slices.SortFunc(t.list, func(a, b *trial) int { return cmp.Compare(a.ID, b.ID) })
	t.supersede()
	return t
}

// supersede makes void what was put again after a crash: of the probes that
// answer one question of the plan, the last settled one counts.
func (t *trials) supersede() {
	counts := map[string]*trial{}
	for _, one := range t.list {
		if one.Key == "" || one.void() {
			continue
		}
		if earlier := counts[one.Key]; earlier != nil {
			earlier.outcome = telltale.Void
		}
		counts[one.Key] = one
	}
}

// appAccount is the account on the app's side of a probe.
func appAccount(p telltale.Probe) string {
	if p.Direction == telltale.Received {
		return p.To
	}
	return p.From
}

// heard reports whether one span of listening covers the window after sent.
func heard(rec *telltale.Record, sent time.Time) bool {
	if sent.IsZero() {
		return false
	}
	end := sent.Add(rec.Scenario.Window)
	return slices.ContainsFunc(rec.Listening, func(s telltale.Span) bool {
		return !s.From.After(sent) && !s.To.Before(end)
	})
}

// Cell is the cell of one probe: void if its question was not put, or if no
// copy was seen but the window was not watched to its end.
func Cell(rec *telltale.Record, probeID string) telltale.Cell {
	if t := newTrials(rec).byID[probeID]; t != nil {
		return t.cell()
	}
	return telltale.CellVoid
}

// Cells is Cell for every probe of the record at once.
func Cells(rec *telltale.Record) map[string]telltale.Cell {
	cells := make(map[string]telltale.Cell, len(rec.Probes))
	for id, t := range newTrials(rec).byID {
		cells[id] = t.cell()
	}
	return cells
}

// where returns the trials that hold for every condition, in order.
func (t *trials) where(conditions ...func(*trial) bool) []*trial {
	var out []*trial
	for _, one := range t.list {
		if !slices.ContainsFunc(conditions, func(holds func(*trial) bool) bool { return !holds(one) }) {
			out = append(out, one)
		}
	}
	return out
}

func going(d telltale.Direction) func(*trial) bool {
	return func(t *trial) bool { return t.Direction == d }
}

func inArm(arm telltale.Arm) func(*trial) bool {
	return func(t *trial) bool { return t.Arm == arm }
}

func onHarmless(t *trial) bool { return t.harmless() }

// holds reports whether text contains word; filters fold the case of Latin
// letters, so this does too.
func holds(text, word string) bool {
	return word != "" && strings.Contains(strings.ToLower(text), strings.ToLower(word))
}
