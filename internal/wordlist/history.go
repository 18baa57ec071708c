package wordlist

import (
	"bytes"
	"crypto/sha256"
	"maps"
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
	// MoreFlipFlops is how many were left out.
	MoreFlipFlops int `json:"more_flip_flops,omitempty"`
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

// mostFlipFlops bounds those that a history names.
const mostFlipFlops = 50_000

// Trace follows a list over snapshots of it, which are taken in the order
// given. There must be at least two for anything to have changed. The work is
// proportional to the entries of all snapshots.
func Trace(list string, snapshots []Snapshot, same Same) History {
	h := History{List: list, Snapshots: []State{}, Steps: []Step{}, FlipFlops: []FlipFlop{}, Returns: []Return{}, Brief: []string{}}
	names := labels(snapshots)
	contents := make([][sha256.Size]byte, len(snapshots))
	for i, s := range snapshots {
		set := setOf(s.Texts(), same)
		contents[i] = contentOf(set)
		h.Snapshots = append(h.Snapshots, State{names[i], len(s.Entries), len(set)})
		if i > 0 {
			h.Steps = append(h.Steps, Step{names[i-1], names[i], Compare(snapshots[i-1].Texts(), s.Texts(), same)})
		}
	}
	h.flipFlops(snapshots, same)
	h.returns(names, contents)
	return h
}

// contentOf names a set of entries.
func contentOf(set map[string]bool) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(set)), "\n")))
}

// presence is an entry and the snapshots that hold it.
type presence struct {
	text string
	in   []int
}

// changes is how often the entry came or went over n snapshots.
func (p presence) changes(n int) int {
	runs := 1
	for i := 1; i < len(p.in); i++ {
		if p.in[i] != p.in[i-1]+1 {
			runs++
		}
	}
	changes := 2 * runs
	if p.in[0] == 0 {
		changes--
	}
	if p.in[len(p.in)-1] == n-1 {
		changes--
	}
	return changes
}

// flipFlops finds the entries that came and went, the most restless first.
func (h *History) flipFlops(snapshots []Snapshot, same Same) {
	var all []*presence
	byKey := map[string]*presence{}
	for i, s := range snapshots {
		for _, e := range s.Entries {
			p := byKey[same(e.Text)]
			if p == nil {
				p = &presence{text: e.Text}
				byKey[same(e.Text)], all = p, append(all, p)
			}
			if len(p.in) == 0 || p.in[len(p.in)-1] != i {
				p.in = append(p.in, i)
			}
		}
	}
	n := len(snapshots)
	all = slices.DeleteFunc(all, func(p *presence) bool { return p.changes(n) < 2 })
	slices.SortStableFunc(all, func(a, b *presence) int { return b.changes(n) - a.changes(n) })
	h.MoreFlipFlops = max(0, len(all)-mostFlipFlops)
	for _, p := range all[:len(all)-h.MoreFlipFlops] {
		pattern := bytes.Repeat([]byte("-"), n)
		for _, i := range p.in {
			pattern[i] = '+'
		}
		h.FlipFlops = append(h.FlipFlops, FlipFlop{p.text, p.changes(n), string(pattern)})
	}
}

// returns finds snapshots that repeat an earlier one which was gone since,
// and those that nothing else is like.
func (h *History) returns(names []string, contents [][sha256.Size]byte) {
	first, times := map[[sha256.Size]byte]int{}, map[[sha256.Size]byte]int{}
	for i, c := range contents {
		if times[c]++; times[c] == 1 {
			first[c] = i
		}
	}
	for i := 2; i < len(contents); i++ {
		c := contents[i]
		if c == contents[i-1] {
			continue
		}
		if first[c] < i-1 {
			h.Returns = append(h.Returns, Return{names[i], names[first[c]]})
		}
		if c == contents[i-2] && times[contents[i-1]] == 1 {
			h.Brief = append(h.Brief, names[i-1])
		}
	}
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
