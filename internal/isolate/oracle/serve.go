package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/characterise"
)

// Rule is one rule that was found, with its proof.
type Rule struct {
	Words       []string
	Certificate []isolate.Proof
}

// Outcome is the end of a task.
type Outcome struct {
	Rules []Rule
	// Exact says that each rule has its certificate.
	Exact bool
	// Why says in words why not.
	Why string
	// Reports say how the filter compares, one for each rule, if that was
	// asked for. Incomplete says why some are missing.
	Reports    []characterise.Report
	Incomplete string
	// Guess is the last one, if nothing was proved.
	Guess []string
	// Messages put in all, refused ones included, those that reacted, and
	// rounds of messages put side by side.
	Messages, Triggering, Rounds int
}

// Search is what puts the questions of a task.
type Search interface {
	// Next returns questions that may be put side by side; none at the end.
	Next() []isolate.Question
	// Answer tells what came of one of them.
	Answer(id string, r Reply) error
	// Outcome is called when Next returns nothing.
	Outcome() Outcome
}

// Settings of a server.
type Settings struct {
	// Begin makes the search for a task.
	Begin func(Task) (Search, error)
	// Explain is told what each question is for, and its answer. May be nil.
	Explain func(q isolate.Question, r Reply)
}

// result is the last line of a task.
type result struct {
	ID          string     `json:"id,omitempty"`
	Rules       [][]string `json:"rules"`
	Ordered     *bool      `json:"ordered"`
	Exact       bool       `json:"exact"`
	Why         string     `json:"why,omitempty"`
	Messages    int        `json:"messages"`
	Triggering  int        `json:"triggering"`
	Rounds      int        `json:"rounds"`
	Certificate []proof    `json:"certificate,omitempty"`
	// Reports on the rules, in their order.
	Reports    []characterise.Report `json:"reports,omitempty"`
	Incomplete string                `json:"incomplete,omitempty"`
}

type proof struct {
	Rule   int    `json:"rule"`
	Claim  string `json:"claim"`
	Text   string `json:"text"`
	Reacts bool   `json:"reacts"`
}

// Serve answers tasks until the input ends. The error names the line.
func Serve(r io.Reader, w io.Writer, set Settings) error {
	l := newLines(r, w)
	for {
		in, err := l.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if in.Task == nil {
			return fmt.Errorf(`line %d of the oracle: want {"task":{…}}`, l.n)
		}
		out, err := run(*in.Task, l.ask, set)
		if err != nil {
			return err
		}
		if err := out.Encode(w, in.Task.ID); err != nil {
			return err
		}
	}
}

// run makes one search. A task that cannot be searched is an outcome.
func run(t Task, ask func([]string) ([]Reply, error), set Settings) (Outcome, error) {
	s, err := set.Begin(t)
	if err != nil {
		return Outcome{Why: err.Error()}, nil
	}
	for {
		questions := s.Next()
		if len(questions) == 0 {
			return s.Outcome(), nil
		}
		messages := make([]string, len(questions))
		for i, q := range questions {
			messages[i] = q.Text
		}
		replies, err := ask(messages)
		if err != nil {
			return Outcome{}, err
		}
		for i, q := range questions {
			if set.Explain != nil {
				set.Explain(q, replies[i])
			}
			if err := s.Answer(q.ID, replies[i]); err != nil {
				return Outcome{}, err
			}
		}
	}
}

func (o Outcome) line(id string) result {
	r := result{ID: id, Rules: [][]string{}, Exact: o.Exact, Why: o.Why, Messages: o.Messages, Triggering: o.Triggering, Rounds: o.Rounds, Reports: o.Reports, Incomplete: o.Incomplete, Ordered: o.ordered()}
	if len(o.Rules) == 0 && len(o.Guess) > 0 {
		r.Rules = append(r.Rules, o.Guess) // not exact, and without certificate
	}
	for i, rule := range o.Rules {
		r.Rules = append(r.Rules, rule.Words)
		for _, p := range rule.Certificate {
			r.Certificate = append(r.Certificate, proof{Rule: i, Claim: p.Claim, Text: p.Text, Reacts: p.Reacts})
		}
	}
	return r
}

// ordered says whether the first rule wants its order, if that was found out.
func (o Outcome) ordered() *bool {
	if len(o.Reports) > 0 {
		for _, c := range o.Reports[0].Claims {
			if c.Name == "order" && (c.Answer == characterise.Yes || c.Answer == characterise.No) {
				yes := c.Answer == characterise.Yes
				return &yes
			}
		}
	}
	return nil
}

// Encode writes an outcome as the last line of a task.
func (o Outcome) Encode(w io.Writer, id string) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out.Encode(map[string]result{"result": o.line(id)})
}

// Ask makes one search with a program that answers tests on r and w. With one
// account it is given one test at a time, so that it can be a few lines long.
func Ask(r io.Reader, w io.Writer, t Task, set Settings) (Outcome, error) {
	l := newLines(r, w)
	if t.Accounts > 1 {
		return run(t, l.ask, set)
	}
	return run(t, func(messages []string) ([]Reply, error) {
		var out []Reply
		for _, m := range messages {
			replies, err := l.ask([]string{m})
			if err != nil {
				return nil, err
			}
			out = append(out, replies...)
		}
		return out, nil
	}, set)
}
