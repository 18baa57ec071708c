package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/isolate/baseline"
	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/oracle"
	"example.org/telltale/internal/isolate/sample"
)

// Engine is a search to compare.
type Engine struct {
	Name string
	// Begin makes the search of a task.
	Begin func(oracle.Task) (oracle.Search, error)
	// Sets that it is run on; none means all.
	Sets []string
}

// Options of a comparison.
type Options struct {
	// Now is the clock that times questions. Required; read from several
	// goroutines at once if Jobs is more than one.
	Now func() time.Time
	// Cost of a triggering message, in silent ones; zero means 10.
	Cost float64
	// Jobs is how many problems are worked on at once; zero means one.
	Jobs int
	// Progress is told how many problems are done. It may be nil and is never
	// called twice at once.
	Progress func(done, total int)
}

// defaultCost is what a triggering message is worth.
const defaultCost = 10

func (o Options) trigger() float64 {
	if o.Cost == 0 {
		return defaultCost
	}
	return o.Cost
}

func (o Options) cost() oracle.Cost { return oracle.Cost{Message: 1, Trigger: o.trigger()} }

// ArticleRun is what one method did on one article.
type ArticleRun struct {
	// Set is that of the article; ", all rules" is added where all were wanted.
	Set    string `json:"set"`
	ID     string `json:"id"`
	Parts  int    `json:"parts"`
	Method string `json:"method"`
	// Reference marks the published method that the set is measured by.
	Reference  bool `json:"reference,omitempty"`
	Messages   int  `json:"messages"`
	Triggering int  `json:"triggering"`
	Rounds     int  `json:"rounds"`
	Refused    int  `json:"refused,omitempty"`
	// Exact is true if the first rule is right. Claimed is true if the method
	// says that its answer is proven; published methods always do, unless they
	// end without one.
	Exact   bool    `json:"exact"`
	Claimed bool    `json:"claimed"`
	Recall  float64 `json:"recall"`
	// Found are the rules that were returned, if the first is not right.
	Found [][]string `json:"found,omitempty"`
	// Why the search does not claim its answer, in its words.
	Why   string `json:"why,omitempty"`
	Error string `json:"error,omitempty"`

	times []time.Duration // of the program, for each round of questions
}

// maxMessages ends a method that goes astray.
const maxMessages = 3000

// answer is what a method says of an article.
type answer struct {
	rules   [][]string
	claimed bool
	why     string
	times   []time.Duration
}

// method is one way to search an article.
type method struct {
	name      string
	reference bool
	all       bool // wants all rules
	run       func(context.Context, sample.Article, *filter.Filter) (answer, error)
}

// Articles runs the engines and the published methods on all articles. Runs
// are in the order of the articles. It ends early with the context.
func Articles(ctx context.Context, articles []sample.Article, engines []Engine, o Options) ([]ArticleRun, error) {
	return each(ctx, articles, o, func(ctx context.Context, a sample.Article) ([]ArticleRun, error) {
		var out []ArticleRun
		for _, m := range methods(a, engines, o) {
			r, err := m.on(ctx, a)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	})
}

// on runs a method on an article. Only an article that is no problem at all,
// or the end of the context, is an error.
func (m method) on(ctx context.Context, a sample.Article) (ArticleRun, error) {
	r := ArticleRun{Set: a.Set, ID: a.ID, Method: m.name, Reference: m.reference, Parts: len(a.Filter.Rules[0].Parts)}
	if m.all {
		r.Set += ", all rules"
	}
	c := a.Filter
	c.Limit = maxMessages
	f, err := filter.New(c)
	if err != nil {
		return r, fmt.Errorf("article %s: %w", a.ID, err)
	}
	got, err := m.run(ctx, a, f)
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		r.Error, got.claimed = err.Error(), false
	}
	n := f.Count()
	r.Messages, r.Triggering, r.Rounds, r.Refused = n.Messages, n.Triggering, n.Rounds, n.Refused
	r.Exact, r.Recall = a.Judge(f, got.rules)
	r.Claimed, r.Why, r.times = got.claimed, got.why, got.times
	if !r.Exact {
		r.Found = got.rules
	}
	return r, nil
}

// methods are those that an article is searched with.
func methods(a sample.Article, engines []Engine, o Options) []method {
	out := append([]method{}, published(a)...)
	for _, e := range engines {
		if len(e.Sets) > 0 && !slices.Contains(e.Sets, a.Set) {
			continue
		}
		out = append(out, e.method(false, o))
		if a.Set == "multi" {
			out = append(out, e.method(true, o))
		}
	}
	return out
}

func (e Engine) method(all bool, o Options) method {
	return method{name: e.Name, all: all, run: func(ctx context.Context, a sample.Article, f *filter.Filter) (answer, error) {
		task := oracle.Task{ID: a.ID, Text: a.Text, Sep: a.Filter.Sep, MaxLen: a.Filter.MaxLen, Noisy: a.Noisy(), Want: "one", Cost: o.cost()}
		if all {
			task.Want = "all"
		}
		s, err := e.Begin(task)
		if err != nil {
			return answer{}, err
		}
		return drive(ctx, s, f, o.Now)
	}}
}

// drive puts the questions of a search to a filter until it ends.
func drive(ctx context.Context, s oracle.Search, f *filter.Filter, now func() time.Time) (answer, error) {
	var out answer
	began := now()
	for ctx.Err() == nil {
		questions := s.Next()
		out.times = append(out.times, now().Sub(began))
		if len(questions) == 0 {
			break
		}
		messages := make([]string, len(questions))
		for i, q := range questions {
			messages[i] = q.Text
		}
		seen, err := f.Round(messages)
		if err != nil {
			return out, err
		}
		began = now()
		for i, q := range questions {
			reply := oracle.Reply{Hit: seen[i].Hit}
			if seen[i].TooLong {
				reply = oracle.Reply{Refused: "too long", MaxLen: f.MaxLen()}
			}
			if err := s.Answer(q.ID, reply); err != nil {
				return out, err
			}
		}
	}
	o := s.Outcome()
	out.claimed, out.why = o.Exact, o.Why
	for _, rule := range o.Rules {
		out.rules = append(out.rules, rule.Words)
	}
	return out, nil
}

// published are the methods that others have published. What a set is measured
// by has been told what it needs to be right there.
func published(a sample.Article) []method {
	aware := func(ordered bool, change func(baseline.Ask) baseline.Ask) func(context.Context, sample.Article, *filter.Filter) (answer, error) {
		return func(_ context.Context, a sample.Article, f *filter.Filter) (answer, error) {
			rule, err := baseline.Aware(a.Text, ordered, change(ask(f)))
			return answer{rules: rules(rule), claimed: true}, err
		}
	}
	plain := func(ask baseline.Ask) baseline.Ask { return ask }
	out := []method{{name: "binary splitting", run: func(_ context.Context, a sample.Article, f *filter.Filter) (answer, error) {
		rule, err := baseline.Split(a.Text, ask(f))
		return answer{rules: rules(rule), claimed: true}, err
	}}, {name: "component-aware", run: aware(false, plain)}}
	switch a.Set {
	case "ordered":
		out = append(out, method{name: "component-aware, told the order", run: aware(true, plain)})
	case "noisy":
		out = append(out, method{name: "component-aware, best of three", run: aware(false, baseline.BestOfThree)})
	case "norm":
		out = append(out, method{name: "component-aware, told a filler", run: aware(false, filled)})
	}
	out[len(out)-1].reference = true
	if a.Set == "multi" {
		out = append(out, method{name: "component-aware, deleting", reference: true, all: true, run: deleting})
	}
	return out
}

// deleting finds all rules by deleting what was found.
func deleting(_ context.Context, a sample.Article, f *filter.Filter) (answer, error) {
	found, err := baseline.All(a.Text, func(text string) ([]string, error) { return baseline.Aware(text, false, ask(f)) }, ask(f))
	return answer{rules: found, claimed: true}, err
}

// filled keeps pieces apart with a sign that filters take for a letter.
func filled(ask baseline.Ask) baseline.Ask {
	return func(pieces ...string) (bool, error) { return ask(strings.Join(pieces, "\n〇\n")) }
}

// ask takes a refused message for a silent one.
func ask(f *filter.Filter) baseline.Ask {
	return func(pieces ...string) (bool, error) {
		a, err := f.Send(pieces...)
		return a.Hit, err
	}
}

func rules(rule []string) [][]string {
	if len(rule) == 0 {
		return nil
	}
	return [][]string{rule}
}
