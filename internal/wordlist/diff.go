package wordlist

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Same says when two entries are the same.
type Same func(text string) string

// Exact entries are the same if their characters are, however composed
// (Unicode NFC).
func Exact(text string) string { return norm.NFC.String(text) }

// Folded entries are the same whatever the case and the width of their
// letters and the number of blanks in them, as filters mostly see them.
func Folded(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(width.Fold.String(norm.NFKC.String(text)))), " ")
}

// Change is what differs between two sets of entries.
type Change struct {
	// Added stand in the second only, Removed in the first only, each once,
	// in their order there. Kept is the number of entries in both.
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Kept    int      `json:"kept"`
}

// None reports that nothing differs.
func (c Change) None() bool { return len(c.Added) == 0 && len(c.Removed) == 0 }

// Compare tells what differs between two sets of entries. Order and
// duplicates do not count.
func Compare(a, b []string, same Same) Change {
	c := Change{Added: []string{}, Removed: []string{}}
	before, after := setOf(a, same), setOf(b, same)
	c.Added = missing(b, before, same)
	c.Removed = missing(a, after, same)
	c.Kept = len(before) - len(c.Removed)
	return c
}

func setOf(texts []string, same Same) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, t := range texts {
		set[same(t)] = true
	}
	return set
}

// missing lists what is not in a set, each once.
func missing(texts []string, set map[string]bool, same Same) []string {
	out := []string{}
	seen := map[string]bool{}
	for _, t := range texts {
		if key := same(t); !set[key] && !seen[key] {
			seen[key] = true
			out = append(out, t)
		}
	}
	return out
}

// Duplicate is an entry that stands in a snapshot more than once.
type Duplicate struct {
	// Snapshot is its name.
	Snapshot string `json:"snapshot"`
	Text     string `json:"text"`
	Times    int    `json:"times"`
}

// Duplicates lists the entries that stand in a snapshot more than once, in
// order.
func Duplicates(s Snapshot, same Same) []Duplicate {
	out := []Duplicate{}
	times := map[string]int{}
	for _, e := range s.Entries {
		times[same(e.Text)]++
	}
	for _, e := range s.Entries {
		if n := times[same(e.Text)]; n > 1 {
			out = append(out, Duplicate{s.Name(), e.Text, n})
			times[same(e.Text)] = 0
		}
	}
	return out
}

// Distinct is the number of different entries of a snapshot.
func Distinct(s Snapshot, same Same) int { return len(setOf(s.Texts(), same)) }

// Union lists the different entries of snapshots, in order.
func Union(snapshots []Snapshot, same Same) []string {
	var all []string
	for _, s := range snapshots {
		all = append(all, s.Texts()...)
	}
	return missing(all, nil, same)
}

// Latest gives the last snapshot of each list.
func Latest(snapshots []Snapshot) []Snapshot {
	sorted := slices.Clone(snapshots)
	slices.SortStableFunc(sorted, order)
	var out []Snapshot
	for i, s := range sorted {
		if i+1 == len(sorted) || sorted[i+1].List != s.List {
			out = append(out, s)
		}
	}
	return out
}
