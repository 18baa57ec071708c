package compare

import (
	"context"
	"fmt"
	"time"

	"example.org/telltale/internal/isolate/baseline"
	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/sample"
	"example.org/telltale/internal/isolate/screen"
)

// ListRun is what one method did on one list.
type ListRun struct {
	Set    string `json:"set"`
	ID     string `json:"id"`
	Method string `json:"method"`
	// Reference marks the published method that the set is measured by.
	Reference bool `json:"reference,omitempty"`
	// Terms of the list, triggers among them, and the fewest messages that can
	// do.
	Terms    int `json:"terms"`
	Triggers int `json:"triggers"`
	Bound    int `json:"bound"`

	Messages   int     `json:"messages"`
	Triggering int     `json:"triggering"`
	Rounds     int     `json:"rounds"`
	Refused    int     `json:"refused,omitempty"`
	Recall     float64 `json:"recall"`
	Precision  float64 `json:"precision"`
	Redundant  int     `json:"redundant,omitempty"`
	Error      string  `json:"error,omitempty"`

	times []time.Duration
}

// lister is one way to screen a list. Truth is for methods that are told
// something.
type lister struct {
	name      string
	reference bool
	run       func(context.Context, sample.List, sample.Truth, *filter.Filter) ([][]int, []time.Duration, error)
}

// Lists runs the search of package screen and the published methods on all
// lists.
func Lists(ctx context.Context, lists []sample.List, o Options) ([]ListRun, error) {
	return each(ctx, lists, o, func(ctx context.Context, l sample.List) ([]ListRun, error) {
		truth, err := l.Truth()
		if err != nil {
			return nil, err
		}
		var out []ListRun
		for _, m := range listers(l, o) {
			r, err := m.on(ctx, l, truth)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	})
}

func (m lister) on(ctx context.Context, l sample.List, truth sample.Truth) (ListRun, error) {
	r := ListRun{
		Set: l.Set, ID: l.ID, Method: m.name, Reference: m.reference,
		Terms: len(l.Terms), Triggers: len(truth.Triggers), Bound: l.Bound(truth),
	}
	c := l.Filter
	c.Limit = max(30_000, 4*len(l.Terms))
	f, err := filter.New(c)
	if err != nil {
		return r, fmt.Errorf("list %s: %w", l.ID, err)
	}
	found, times, err := m.run(ctx, l, truth, f)
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		r.Error = err.Error()
	}
	s, err := l.Judge(truth, found)
	if err != nil {
		return r, err
	}
	n := f.Count()
	r.Messages, r.Triggering, r.Rounds, r.Refused = n.Messages, n.Triggering, n.Rounds, n.Refused
	r.Recall, r.Precision, r.Redundant, r.times = share(s.Right, s.Missed), share(s.Right, s.Wrong), s.Redundant, times
	return r, nil
}

// share is the part that n is of n and others; all of nothing is 1.
func share(n, others int) float64 {
	if n+others == 0 {
		return 1
	}
	return float64(n) / float64(n+others)
}

// listers are the methods that a list is screened with.
func listers(l sample.List, o Options) []lister {
	ours := lister{name: "telltale", run: func(ctx context.Context, l sample.List, _ sample.Truth, f *filter.Filter) ([][]int, []time.Duration, error) {
		return search(ctx, l, f, o)
	}}
	told := func(run func(baseline.Terms, sample.Truth, baseline.AskTerms) ([][]int, error)) func(context.Context, sample.List, sample.Truth, *filter.Filter) ([][]int, []time.Duration, error) {
		return func(_ context.Context, l sample.List, truth sample.Truth, f *filter.Filter) ([][]int, []time.Duration, error) {
			terms := baseline.Terms{Terms: l.Terms, Sep: l.Filter.Sep, MaxLen: l.Filter.MaxLen}
			found, err := run(terms, truth, askTerms(l, f))
			return found, nil, err
		}
	}
	if l.MaxSize > 1 {
		return []lister{{name: "block pairs, halving", reference: true, run: told(func(t baseline.Terms, _ sample.Truth, ask baseline.AskTerms) ([][]int, error) {
			return baseline.Pairs(t, ask)
		})}, ours}
	}
	return []lister{
		{name: "one by one", run: told(func(t baseline.Terms, _ sample.Truth, ask baseline.AskTerms) ([][]int, error) {
			return singles(baseline.OneByOne(t, ask))
		})},
		{name: "halving", run: told(func(t baseline.Terms, _ sample.Truth, ask baseline.AskTerms) ([][]int, error) {
			return singles(baseline.Halving(t, ask))
		})},
		{name: "Hwang, told the prevalence", reference: true, run: told(func(t baseline.Terms, truth sample.Truth, ask baseline.AskTerms) ([][]int, error) {
			return singles(baseline.Hwang(t, baseline.Told{Count: len(truth.Reacting), Sure: !l.Joins && !l.Noisy()}, ask))
		})},
		ours,
	}
}

func singles(items []int, err error) ([][]int, error) {
	out := make([][]int, len(items))
	for i, item := range items {
		out[i] = []int{item}
	}
	return out, err
}

// askTerms takes a refused message for a silent one.
func askTerms(l sample.List, f *filter.Filter) baseline.AskTerms {
	return func(items []int) (bool, error) {
		pieces := make([]string, len(items))
		for i, item := range items {
			pieces[i] = l.Terms[item]
		}
		a, err := f.Send(pieces...)
		return a.Hit, err
	}
}

// search puts the questions of package screen to a filter.
func search(ctx context.Context, l sample.List, f *filter.Filter, o Options) ([][]int, []time.Duration, error) {
	began := o.Now()
	s, err := screen.New(screen.Config{
		Terms: l.Terms, Sep: l.Filter.Sep, MaxLen: l.Filter.MaxLen, MaxSize: l.MaxSize, Noisy: l.Noisy(), TriggerCost: o.trigger(),
	})
	if err != nil {
		return nil, nil, err
	}
	var times []time.Duration
	for ctx.Err() == nil {
		questions := s.Next()
		times = append(times, o.Now().Sub(began))
		if len(questions) == 0 {
			break
		}
		messages := make([]string, len(questions))
		for i, q := range questions {
			messages[i] = s.Text(q)
		}
		seen, err := f.Round(messages)
		if err != nil {
			return nil, times, err
		}
		began = o.Now()
		for i, q := range questions {
			if err := s.Answer(q.ID, screen.Answer{Hit: seen[i].Hit, Refused: seen[i].TooLong, MaxLen: l.Filter.MaxLen}); err != nil {
				return nil, times, err
			}
		}
	}
	return s.Result().Triggers, times, nil
}
