package compare_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/compare"
	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/oracle"
	"example.org/telltale/internal/isolate/sample"
)

// ticking is a clock that moves a millisecond each time it is read.
func ticking() func() time.Time {
	var reads atomic.Int64
	return func() time.Time { return time.UnixMilli(reads.Add(1)) }
}

// exact is the search of package isolate.
func exact(t oracle.Task) (oracle.Search, error) {
	s, err := isolate.New(isolate.Config{Text: t.Text, Sep: t.Sep})
	return oracle.Plain{Search: s}, err
}

func article(set, text string, c filter.Config, parts ...string) sample.Article {
	c.Rules = append(c.Rules, filter.Rule{Parts: parts})
	c.Sep = "\n"
	return sample.Article{ID: set, Set: set, Text: text, Filter: c}
}

func TestArticles(t *testing.T) {
	t.Parallel()
	articles := []sample.Article{
		article("main", "we met a grey mouse and a dog in the garden", filter.Config{}, "mouse", "dog"),
		article("ordered", "we met a grey mouse and a dog in the garden", filter.Config{Ordered: true}, "mouse", "dog"),
		article("multi", "we met a grey mouse and a dog in the garden", filter.Config{Rules: []filter.Rule{{Parts: []string{"grey", "met"}}}}, "garden"),
	}
	broken := errors.New("no search today")
	engines := []compare.Engine{
		{Name: "exact", Begin: exact},
		{Name: "broken", Begin: func(oracle.Task) (oracle.Search, error) { return nil, broken }, Sets: []string{"main"}},
	}
	var steps []int
	runs, err := compare.Articles(t.Context(), articles, engines, compare.Options{
		Now: ticking(), Progress: func(done, total int) { steps = append(steps, done, total) },
	})
	if err != nil {
		t.Fatal(err)
	}
	type verdict struct {
		Set, Method             string
		Exact, Claimed, Measure bool
		Recall                  float64
		Error                   string
	}
	var got []verdict
	for _, r := range runs {
		got = append(got, verdict{r.Set, r.Method, r.Exact, r.Claimed, r.Reference, r.Recall, r.Error})
		if r.Error == "" && (r.Messages < 3 || r.Triggering < 1 || r.Triggering >= r.Messages || r.Rounds > r.Messages) {
			t.Errorf("%s, %s: the counts cannot be: %+v", r.Set, r.Method, r)
		}
	}
	want := []verdict{
		{"main", "binary splitting", true, true, false, 1, ""},
		{"main", "component-aware", true, true, true, 1, ""},
		{"main", "exact", true, true, false, 1, ""},
		{"main", "broken", false, false, false, 0, broken.Error()},
		{"ordered", "binary splitting", true, true, false, 1, ""},
		{"ordered", "component-aware", false, true, false, 0, ""},
		{"ordered", "component-aware, told the order", true, true, true, 1, ""},
		{"ordered", "exact", true, true, false, 1, ""},
		{"multi", "binary splitting", true, true, false, 0.5, ""},
		{"multi", "component-aware", true, true, true, 0.5, ""},
		{"multi, all rules", "component-aware, deleting", true, true, true, 1, ""},
		{"multi", "exact", true, true, false, 0.5, ""},
		{"multi, all rules", "exact", true, true, false, 0.5, ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1, 3, 2, 3, 3, 3}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if p50, p99 := compare.ArticleTimes(runs); p50 != 1 || p99 != 1 {
		t.Errorf("a question took %v, %v ms on a clock that moves by one", p50, p99)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	var terms []string
	for a := 'a'; a < 'i'; a++ {
		for b := 'k'; b < 't'; b++ {
			terms = append(terms, string([]rune{a, b, a}))
		}
	}
	one := sample.List{ID: "1", Set: "few", Terms: terms, MaxSize: 1, Filter: filter.Config{
		Rules: []filter.Rule{{Parts: []string{terms[5]}}, {Parts: []string{terms[50]}}}, Sep: "\n", MaxLen: 60,
	}}
	two := one
	two.ID, two.Set, two.MaxSize = "2", "pairs", 2
	two.Filter.Rules = []filter.Rule{{Parts: []string{terms[5], terms[9]}}, {Parts: []string{terms[50]}}}
	runs, err := compare.Lists(t.Context(), []sample.List{one, two}, compare.Options{Now: ticking(), Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	var methods []string
	for _, r := range runs {
		methods = append(methods, r.Set+" "+r.Method)
		if r.Recall != 1 || r.Precision != 1 || r.Error != "" {
			t.Errorf("%s, %s: recall %v, precision %v, %s", r.Set, r.Method, r.Recall, r.Precision, r.Error)
		}
		if r.Terms != 72 || r.Triggers != 2 || r.Messages < r.Bound/2 || r.Triggering < 2 {
			t.Errorf("%s, %s: the counts cannot be: %+v", r.Set, r.Method, r)
		}
	}
	want := "few one by one;few halving;few Hwang, told the prevalence;few telltale;pairs block pairs, halving;pairs telltale"
	if got := strings.Join(methods, ";"); got != want {
		t.Errorf("got %s", got)
	}
}

// TestStops wants an end with the context.
func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	articles := []sample.Article{article("main", "we met a dog", filter.Config{}, "dog"), article("main", "we met a dog", filter.Config{}, "dog")}
	o := compare.Options{Now: ticking(), Progress: func(int, int) { cancel() }}
	if _, err := compare.Articles(ctx, articles, nil, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	runs := []compare.ArticleRun{
		{Set: "main", Method: "old", Reference: true, Messages: 10, Triggering: 4, Rounds: 10, Exact: true, Claimed: true, Recall: 1},
		{Set: "main", Method: "new", Messages: 4, Triggering: 2, Rounds: 2, Exact: true, Claimed: true, Recall: 1},
		{Set: "main", Method: "old", Reference: true, Messages: 30, Triggering: 8, Rounds: 30, Claimed: true, Error: "lost"},
		{Set: "main", Method: "new", Messages: 6, Triggering: 2, Rounds: 3},
	}
	rows := compare.SumArticles(runs)
	var b strings.Builder
	if err := compare.WriteArticles(&b, rows); err != nil {
		t.Fatal(err)
	}
	want := `set       method  messages  p95  ratio  triggering  p95  ratio  rounds  exact  wrong  recall  ms p50  p99
main (2)  old     20.0      30   1.00   6.0         8    1.00   20.0    50.0%  50.0%  50.0%   -       -
          new     5.0       6    0.25   2.0         2    0.33   2.5     50.0%  0.0%   50.0%   -       -
main, old: lost
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("articles (-want +got):\n%s", diff)
	}
	b.Reset()
	err := compare.WriteLists(&b, compare.SumLists([]compare.ListRun{
		{Set: "few", Method: "old", Reference: true, Bound: 8, Messages: 20, Triggering: 8, Rounds: 20, Recall: 1, Precision: 0.5},
		{Set: "few", Method: "new", Bound: 8, Messages: 10, Triggering: 2, Rounds: 5, Recall: 1, Precision: 1},
	}))
	if err != nil {
		t.Fatal(err)
	}
	want = `set      method  messages  ratio  triggering  ratio  rounds  x bound  recall  precision  ms p50  p99
few (1)  old     20        1.00   8           1.00   20      2.50     100%    50.0%      -       -
         new     10        0.50   2           0.25   5       1.25     100%    100%       -       -
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}
