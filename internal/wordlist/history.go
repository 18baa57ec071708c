package wordlist

import (
	"slices"
	"strings"
)

// History is how one list changed over its snapshots.
type History struct {
	List string `json:"list"`
	// Snapshots in order, by their date or version, else their name.
	Snapshots []State `json:"snapshots"`
	// Steps from each snapshot to the next.
	Steps []Step `json:"steps"`
	// FlipFlops are entries that came back or went again: whether they stand
	// on the list changed twice or more.
	FlipFlops []FlipFlop `json:"flip_flops"`
	// Returns are snapshots that hold what an earlier one held, others
	// having been between them: a stale mirror, or something taken back. As
	// is the first that held it.
	Returns []Return `json:"returns"`
	// Brief are snapshots unlike any other whose neighbours are alike: a push
	// that was taken back, as of a test list.
	Brief []string `json:"brief"`
}

// State is the size of one snapshot.
type State struct {
	Snapshot string `json:"snapshot"`
	Entries  int    `json:"entries"`
	Distinct int    `json:"distinct"`
}

// Step is what changed from one snapshot to the next.
type Step struct {
	From string `json:"from"`
	To   string `json:"to"`
	Change
}

// FlipFlop is an entry that came and went.
type FlipFlop struct {
	Text string `json:"text"`
	// Changes is how often it came or went.
	Changes int `json:"changes"`
	// Pattern has a character for each snapshot: + where the entry stood on
	// the list, - where it did not.
	Pattern string `json:"pattern"`
}

// Return is a snapshot with the entries of an earlier one.
type Return struct {
	Snapshot string `json:"snapshot"`
	As       string `json:"as"`
}

// labels name snapshots within their list: date or version, and the file
// where these do not tell them apart.
func labels(snapshots []Snapshot) []string {
	out, times := make([]string, len(snapshots)), map[string]int{}
	for i, s := range snapshots {
		out[i] = s.When()
		times[out[i]]++
	}
	for i, s := range snapshots {
		if out[i] == "" || times[out[i]] > 1 {
			out[i] = strings.TrimSpace(out[i] + " " + s.Source.File)
		}
	}
	return out
}

// Trace follows a list over snapshots of it, which are taken in the order
// given. There must be at least two for anything to have changed.
func Trace(list string, snapshots []Snapshot, same Same) History {
	h := History{List: list, Snapshots: []State{}, Steps: []Step{}, FlipFlops: []FlipFlop{}, Returns: []Return{}, Brief: []string{}}
	names := labels(snapshots)
	sets := make([]map[string]bool, len(snapshots))
	for i, s := range snapshots {
		sets[i] = setOf(s.Texts(), same)
		h.Snapshots = append(h.Snapshots, State{names[i], len(s.Entries), len(sets[i])})
		if i > 0 {
			h.Steps = append(h.Steps, Step{names[i-1], names[i], Compare(snapshots[i-1].Texts(), s.Texts(), same)})
		}
	}
	h.flipFlops(snapshots, sets, same)
	h.returns(names, sets)
	return h
}

// flipFlops finds the entries that came and went, the most restless first.
func (h *History) flipFlops(snapshots []Snapshot, sets []map[string]bool, same Same) {
	if len(sets) < 3 {
		return
	}
	for _, text := range Union(snapshots, same) {
		var pattern strings.Builder
		changes := 0
		for i, set := range sets {
			pattern.WriteByte("-+"[b2i(set[same(text)])])
			if i > 0 && set[same(text)] != sets[i-1][same(text)] {
				changes++
			}
		}
		if changes >= 2 {
			h.FlipFlops = append(h.FlipFlops, FlipFlop{text, changes, pattern.String()})
		}
	}
	slices.SortStableFunc(h.FlipFlops, func(a, b FlipFlop) int { return b.Changes - a.Changes })
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// returns finds snapshots that repeat an earlier one which was gone since.
func (h *History) returns(names []string, sets []map[string]bool) {
	for i := 2; i < len(sets); i++ {
		if equal(sets[i], sets[i-1]) {
			continue
		}
		if j := first(sets, i); j < i-1 {
			h.Returns = append(h.Returns, Return{names[i], names[j]})
		}
		if equal(sets[i], sets[i-2]) && alone(sets, i-1) {
			h.Brief = append(h.Brief, names[i-1])
		}
	}
}

// first is the place of the first set that equals set i.
func first(sets []map[string]bool, i int) int {
	for j := range i {
		if equal(sets[j], sets[i]) {
			return j
		}
	}
	return i
}

// alone reports whether no other set equals set i.
func alone(sets []map[string]bool, i int) bool {
	for j := range sets {
		if j != i && equal(sets[j], sets[i]) {
			return false
		}
	}
	return true
}

func equal(a, b map[string]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// Histories traces each list that has two snapshots or more, by name.
func Histories(snapshots []Snapshot, same Same) []History {
	out := []History{}
	sorted := slices.Clone(snapshots)
	slices.SortStableFunc(sorted, order)
	for from := 0; from < len(sorted); {
		to := from
		for to < len(sorted) && sorted[to].List == sorted[from].List {
			to++
		}
		if to-from > 1 {
			out = append(out, Trace(sorted[from].List, sorted[from:to], same))
		}
		from = to
	}
	return out
}
