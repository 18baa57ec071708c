package bench

import (
	"fmt"
	"unicode/utf8"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/scenario"
)

// searcher finds the exact words of a text that reacts: it asks, and is told
// what became of the messages.
type searcher interface {
	// Next returns the open questions; none at the end.
	Next() []isolate.Question
	Answer(id string, reacted bool) error
	// Void tells that a question could not be put. It is asked again, or the
	// search ends without a proof.
	Void(id string) error
	// results are what was found, one for each rule; one at least.
	results() []isolate.Result
}

// exact is the search of short texts, for one rule.
type exact struct{ *isolate.Search }

func (s exact) results() []isolate.Result { return []isolate.Result{s.Result()} }

// guided is the search of articles, for all of their rules.
type guided struct {
	*bayes.Hunt
	voids map[string]int
	// failed says why the search cannot go on.
	failed string
}

func newGuided(text string, words []string, noisy bool) (*guided, error) {
	terms := make([]bayes.Term, 0, len(words))
	for _, w := range words {
		if utf8.RuneCountInString(w) < scenario.Article {
			terms = append(terms, bayes.Term{Word: w, Lists: 1, Rules: 1})
		}
	}
	dictionary, err := bayes.NewDictionary(terms)
	if err != nil {
		return nil, err
	}
	search, err := bayes.New(bayes.Config{Text: text, Dictionary: dictionary, Sep: " ", All: true, Noisy: noisy})
	if err != nil {
		return nil, err
	}
	return &guided{Hunt: search, voids: map[string]int{}}, nil
}

// Next is that of the search, until a question could not be put.
func (g *guided) Next() []isolate.Question {
	if g.failed != "" {
		return nil
	}
	return g.Hunt.Next()
}

// Void leaves the question open, so that it is asked again, a few times.
func (g *guided) Void(id string) error {
	if g.voids[id]++; g.voids[id] >= tries {
		g.failed = fmt.Sprintf("question %s could not be put", id)
		g.Close()
	}
	return nil
}

func (g *guided) results() []isolate.Result {
	found := g.Result()
	if g.failed != "" {
		found.Why = g.failed
	}
	if len(found.Rules) == 0 {
		return []isolate.Result{{Words: found.Guess, Why: found.Why, Questions: found.Messages, Triggering: found.Triggering}}
	}
	out := make([]isolate.Result, len(found.Rules))
	for i, rule := range found.Rules {
		out[i] = isolate.Result{Words: rule.Words, Certificate: rule.Certificate, Exact: true}
	}
	return out
}
