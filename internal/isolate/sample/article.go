package sample

import (
	"slices"

	"example.org/telltale/internal/isolate/filter"
)

// Article is a text that reacts, and the filter that reacts to it.
type Article struct {
	ID string
	// Set names the kind of difficulty.
	Set  string
	Text string
	// Filter has the rules of the text: any of them is an exact answer.
	Filter filter.Config
}

// Noisy tells whether answers may be wrong.
func (a Article) Noisy() bool { return a.Filter.Noise.Miss > 0 || a.Filter.Noise.False > 0 }

// Judge compares rules that were found with the filter's, both as the filter
// f folds them: is the first one exact, and what share of the filter's rules
// is among them?
func (a Article) Judge(f *filter.Filter, found [][]string) (exact bool, recall float64) {
	got := make([][]string, len(found))
	for i, rule := range found {
		got[i] = normal(f, rule, a.Filter.Ordered)
	}
	n := 0
	for _, r := range a.Filter.Rules {
		want := normal(f, r.Parts, a.Filter.Ordered)
		if slices.ContainsFunc(got, func(g []string) bool { return slices.Equal(g, want) }) {
			n++
		}
		exact = exact || len(got) > 0 && slices.Equal(got[0], want)
	}
	return exact, float64(n) / float64(max(1, len(a.Filter.Rules)))
}

// normal folds a rule; the order counts only if the filter wants one.
func normal(f *filter.Filter, rule []string, ordered bool) []string {
	var out []string
	for _, part := range rule {
		if part = f.Fold(part); part != "" {
			out = append(out, part)
		}
	}
	if !ordered {
		slices.Sort(out)
	}
	return out
}
