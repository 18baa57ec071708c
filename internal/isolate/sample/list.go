package sample

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/isolate/filter"
)

// List is candidate terms, and the filter that reacts to some of them.
type List struct {
	ID string
	// Set names the kind of difficulty.
	Set   string
	Terms []string
	// MaxSize is 1 if single terms are asked for, 2 if pairs are as well.
	MaxSize int
	Filter  filter.Config
	// Joins says that neighbours in a message, or something inside a term, may
	// react.
	Joins bool
}

// Noisy tells whether answers may be wrong.
func (l List) Noisy() bool { return l.Filter.Noise.Miss > 0 || l.Filter.Noise.False > 0 }

// Truth is what a filter reacts to.
type Truth struct {
	// Triggers are sets of one or two indices, sorted: those that react, while
	// no smaller part of them does and no shorter trigger stands in them.
	Triggers [][]int
	// Reacting are all single terms that react.
	Reacting map[int]bool
}

// Truth tries all terms, and all pairs if MaxSize is 2.
func (l List) Truth() (Truth, error) {
	f, err := filter.New(l.Filter)
	if err != nil {
		return Truth{}, fmt.Errorf("list %s: %w", l.ID, err)
	}
	t := Truth{Reacting: map[int]bool{}}
	var hits []int
	for i, term := range l.Terms {
		if f.Reacts(term) {
			t.Reacting[i] = true
			hits = append(hits, i)
		}
	}
	t.Triggers = l.shortest(f, hits)
	if l.MaxSize > 1 {
		t.Triggers = append(t.Triggers, l.pairs(f, t.Reacting)...)
	}
	slices.SortFunc(t.Triggers, slices.Compare[[]int])
	return t, nil
}

// shortest leaves out terms in which a shorter one stands.
func (l List) shortest(f *filter.Filter, hits []int) [][]int {
	slices.SortStableFunc(hits, func(a, b int) int { return cmp.Compare(len(l.Terms[a]), len(l.Terms[b])) })
	var out [][]int
	var words []string
	for _, i := range hits {
		folded := f.Fold(l.Terms[i])
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(folded, w) }) {
			out, words = append(out, []int{i}), append(words, folded)
		}
	}
	return out
}

func (l List) pairs(f *filter.Filter, single map[int]bool) [][]int {
	var out [][]int
	for i, a := range l.Terms {
		for k, b := range l.Terms[:i] {
			if !single[i] && !single[k] && (f.Reacts(a+l.Filter.Sep+b) || f.Reacts(b+l.Filter.Sep+a)) {
				out = append(out, []int{k, i})
			}
		}
	}
	return out
}

// Score compares an answer with the truth.
type Score struct {
	// Right sets are triggers; Wrong ones do not react, or only because of
	// what stands beside them; Redundant ones react, but are not the smallest.
	Right, Wrong, Redundant, Missed int
}

// Judge compares sets of indices that were found with the truth.
func (l List) Judge(t Truth, found [][]int) (Score, error) {
	f, err := filter.New(l.Filter)
	if err != nil {
		return Score{}, err
	}
	var s Score
	right := map[int]bool{} // by place among the triggers
	for _, set := range found {
		set = slices.Sorted(slices.Values(set))
		at, ok := slices.BinarySearchFunc(t.Triggers, set, slices.Compare[[]int])
		switch {
		case ok:
			right[at] = true
		case l.reacts(f, set):
			s.Redundant++
		default:
			s.Wrong++
		}
	}
	s.Right, s.Missed = len(right), len(t.Triggers)-len(right)
	return s, nil
}

// reacts reports whether a set that was asked for reacts.
func (l List) reacts(f *filter.Filter, set []int) bool {
	switch {
	case slices.ContainsFunc(set, func(i int) bool { return i < 0 || i >= len(l.Terms) }):
		return false
	case len(set) == 1:
		return f.Reacts(l.Terms[set[0]])
	case len(set) == 2 && l.MaxSize == 2:
		a, b := l.Terms[set[0]], l.Terms[set[1]]
		return f.Reacts(a+l.Filter.Sep+b) || f.Reacts(b+l.Filter.Sep+a)
	}
	return false
}

// Bound is the fewest messages that can do: for d triggers of n possible sets
// d log2(n/d) + d log2(e) bits, and at least as many messages as it takes to
// say every term once (for pairs: every two terms together).
func (l List) Bound(t Truth) int {
	n, d := float64(len(l.Terms)), float64(len(t.Triggers))
	sets, chars, sep := n, 0, utf8.RuneCountInString(l.Filter.Sep)
	for _, term := range l.Terms {
		chars += utf8.RuneCountInString(term) + sep
	}
	messages := float64(chars) / float64(l.Filter.MaxLen+sep)
	if l.MaxSize > 1 {
		sets += n * (n - 1) / 2
		each := n / messages
		messages = n * (n - 1) / max(2, each*(each-1))
	}
	bits := 0.0
	if d > 0 {
		bits = d*math.Log2(sets/d) + d*math.Log2E
	}
	return int(math.Ceil(max(bits, messages)))
}
