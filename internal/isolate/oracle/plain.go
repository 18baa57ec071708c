package oracle

import "example.org/telltale/internal/isolate"

// Plain is the exact search as a [Search].
type Plain struct{ *isolate.Search }

// Answer tells what came of a question. A refused message was not put.
func (p Plain) Answer(id string, r Reply) error {
	if r.Refused != "" {
		return p.Void(id)
	}
	return p.Search.Answer(id, r.Hit)
}

// Outcome returns the rule that was found.
func (p Plain) Outcome() Outcome {
	r := p.Result()
	o := Outcome{Exact: r.Exact, Why: r.Why, Messages: r.Questions, Triggering: r.Triggering}
	switch {
	case len(r.Words) == 0:
	case !r.Exact:
		o.Guess = r.Words
	default:
		o.Rules = []Rule{{Words: r.Words, Certificate: r.Certificate}}
	}
	return o
}
