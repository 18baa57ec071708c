// Package diff compares two cases of one app, such as before and after a mend,
// two versions, or two vantages: finding by finding and list by list. It is
// pure: two records in, their differences out.
//
// That a finding is missing in the second case says nothing by itself. It is
// gone only if the second case put the same question and was answered; else it
// was not asked again, or is undecided.
package diff

import (
	"example.org/telltale"
	"example.org/telltale/internal/wordlist"
)

// Change is what became of a finding between two cases.
type Change string

// The changes.
const (
	// Same: supported in both, in every field of the claim.
	Same Change = "same"
	// Changed: supported in both, but some field of the claim differs.
	Changed Change = "changed"
	// Gone: supported before; after, the same was asked and is not so.
	Gone Change = "gone"
	// Appeared: supported after; before, the same was asked and was not so.
	Appeared Change = "appeared"
	// New: supported after; before, nobody asked.
	New Change = "new"
	// Unasked: supported before; after, nobody asked.
	Unasked Change = "not asked again"
	// Open: supported in one, inconclusive in the other.
	Open Change = "undecided"
)

// Side is one of the two cases.
type Side struct {
	Case    string `json:"case"`
	App     string `json:"app"`
	Version string `json:"version,omitempty"`
	Vantage string `json:"vantage,omitempty"`
	// Probes typed, and those of them that gave an answer.
	Probes int `json:"probes"`
	Valid  int `json:"valid"`
	// Findings that are supported.
	Findings int `json:"findings"`
}

// State is a finding as one case has it.
type State struct {
	ID        string           `json:"id"`
	Verdict   telltale.Verdict `json:"verdict"`
	Statement string           `json:"statement"`
	Trials    telltale.Trials  `json:"trials"`
}

// Finding is what became of one finding.
type Finding struct {
	Change Change        `json:"change"`
	Kind   telltale.Kind `json:"kind"`
	// Before and After are nil where the case has no such finding.
	Before *State `json:"before,omitempty"`
	After  *State `json:"after,omitempty"`
	// Fields of the claim that differ, if Change is Changed.
	Fields []string `json:"fields,omitempty"`
}

// List is what changed of one fetched word list between the newest snapshots
// of the two cases.
type List struct {
	List   string `json:"list"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	wordlist.Change
	// Missing says in which case the list was not fetched: "before" or "after".
	Missing string `json:"missing,omitempty"`
}

// Difference is all that differs between two cases.
type Difference struct {
	Before Side `json:"before"`
	After  Side `json:"after"`
	// Unlike says what makes the two cases hard to compare: another app,
	// other words, fewer eyes.
	Unlike   []string  `json:"unlike"`
	Findings []Finding `json:"findings"`
	Lists    []List    `json:"lists"`
}

// Count is how many findings changed in a way.
func (d Difference) Count(c Change) int {
	n := 0
	for _, f := range d.Findings {
		if f.Change == c {
			n++
		}
	}
	return n
}

// Differs reports that something is not as it was.
func (d Difference) Differs() bool {
	for _, l := range d.Lists {
		if l.Missing == "" && !l.None() {
			return true
		}
	}
	return d.Count(Changed)+d.Count(Gone)+d.Count(Appeared)+d.Count(New) > 0
}

// Unsure reports that of something it cannot be told whether it is as it was.
func (d Difference) Unsure() bool { return d.Count(Unasked)+d.Count(Open) > 0 }

// Cases compares two records.
func Cases(before, after *telltale.Record) Difference {
	return Difference{
		Before: sideOf(before), After: sideOf(after), Unlike: unlike(before, after),
		Findings: findings(before, after), Lists: lists(before, after),
	}
}

func sideOf(r *telltale.Record) Side {
	s := Side{
		Case: r.Scenario.Name, App: r.App.Name, Version: r.App.Version, Vantage: r.App.Vantage, Probes: len(r.Probes),
	}
	last := r.LastReceipts()
	for _, p := range r.Probes {
		if receipt, ok := last[p.ID]; ok && receipt.Outcome != telltale.Void {
			s.Valid++
		}
	}
	for _, f := range r.Findings {
		if f.Verdict == telltale.Supported {
			s.Findings++
		}
	}
	return s
}

// lists compares the newest snapshot of each list that either app fetched.
func lists(before, after *telltale.Record) []List {
	out := []List{}
	a, b := newest(before), newest(after)
	for _, name := range sortedNames(a, b) {
		l := List{List: name, Before: len(a[name]), After: len(b[name])}
		l.Change = wordlist.Compare(a[name], b[name], wordlist.Exact)
		switch {
		case a[name] == nil:
			l.Missing = "before"
		case b[name] == nil:
			l.Missing = "after"
		}
		out = append(out, l)
	}
	return out
}

func newest(r *telltale.Record) map[string][]string {
	out := map[string][]string{}
	for _, s := range wordlist.Latest(wordlist.FromRecord(r, "").Snapshots) {
		out[s.List] = s.Texts()
	}
	return out
}
