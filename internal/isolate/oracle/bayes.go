package oracle

import "example.org/telltale/internal/isolate/bayes"

// Guided is the search with a prior as a [Search].
type Guided struct{ *bayes.Hunt }

// Answer tells what came of a question.
func (g Guided) Answer(id string, r Reply) error {
	if r.Refused != "" {
		return g.Refuse(id, r.MaxLen)
	}
	return g.Hunt.Answer(id, r.Hit)
}

// Outcome returns the rules that were found.
func (g Guided) Outcome() Outcome {
	r := g.Result()
	o := Outcome{Exact: r.Exact, Why: r.Why, Messages: r.Messages, Triggering: r.Triggering, Rounds: r.Rounds, Guess: r.Guess}
	for _, f := range r.Rules {
		o.Rules = append(o.Rules, Rule(f))
	}
	return o
}
