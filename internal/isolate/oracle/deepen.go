package oracle

import (
	"strings"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/characterise"
)

// Deepen says what is found out about the rules of a text once they are found.
type Deepen struct {
	// Characterise asks how the filter compares.
	Characterise bool
	// Repeats of messages, to see how often answers are wrong.
	Repeats int
	// Passed are texts that did not react. For each rule, those that hold its
	// words are searched for what disables it.
	Passed []string
}

// Wanted reports whether there is anything to find out.
func (d Deepen) Wanted() bool { return d.Characterise || len(d.Passed) > 0 }

// Deepened is a search that goes on when the rules are found.
type Deepened struct {
	Guided
	config bayes.Config
	deepen Deepen

	phases  []*characterise.Search // of the rules found, the last may be open
	reports []characterise.Report
	outcome Outcome // of the hunt
	begun   bool
	why     string
}

// After makes a search go on.
func (d Deepen) After(g Guided, c bayes.Config) *Deepened {
	return &Deepened{Guided: g, config: c, deepen: d}
}

// Next returns questions of the hunt, then of what follows.
func (d *Deepened) Next() []isolate.Question {
	if !d.begun {
		if open := d.Guided.Next(); len(open) > 0 {
			return open
		}
		d.begun, d.outcome = true, d.Guided.Outcome()
	}
	for {
		if n := len(d.phases); n > len(d.reports) {
			if open := d.phases[n-1].Next(); len(open) > 0 {
				return open
			}
			d.reports = append(d.reports, d.phases[n-1].Report())
		}
		if len(d.phases) == len(d.outcome.Rules) || !d.begin(d.outcome.Rules[len(d.phases)]) {
			return nil
		}
	}
}

// begin begins what follows for the next rule. It reports whether it could.
func (d *Deepened) begin(r Rule) bool {
	b, ok := d.left()
	if !ok {
		d.why = "the budget is spent: raise it to characterise the rules"
		return false
	}
	c := characterise.Config{
		Words: r.Words, Filler: d.Filler(), Simple: bayes.Simplified(), Noisy: d.config.Noisy, Repeats: d.deepen.Repeats,
		MaxLen: d.config.MaxLen, Passed: d.passed(r.Words), OnlyExceptions: !d.deepen.Characterise, Prefix: prefix(len(d.phases)),
		Known: d.known(), Accounts: d.config.Accounts, Budget: b,
	}
	s, err := characterise.New(c)
	if err != nil {
		d.why = err.Error()
		return false
	}
	d.phases = append(d.phases, s)
	return true
}

// prefix of the ids of questions about a rule: letters, so that they are told
// from those of the hunt.
func prefix(rule int) string { return strings.Repeat("c", rule+1) }

// left is the budget that is left; false if it is spent.
func (d *Deepened) left() (isolate.Budget, bool) {
	b, spent := d.config.Budget, d.total()
	take := func(limit, used int) (int, bool) { return max(0, limit-used), limit == 0 || limit > used }
	var ok [3]bool
	b.Questions, ok[0] = take(b.Questions, spent.Messages)
	b.Triggering, ok[1] = take(b.Triggering, spent.Triggering)
	b.Rounds, ok[2] = take(b.Rounds, spent.Rounds)
	return b, ok[0] && ok[1] && ok[2]
}

// total is what all phases have cost.
func (d *Deepened) total() Outcome {
	o := d.Guided.Outcome()
	for _, p := range d.phases {
		r := p.Report()
		o.Messages, o.Triggering, o.Rounds = o.Messages+r.Messages, o.Triggering+r.Triggering, o.Rounds+r.Rounds
	}
	return o
}

// passed lists the texts that hold the words and did not react: those given,
// and the shortest message of the hunt, if answers are to be relied on.
func (d *Deepened) passed(words []string) (out []string) {
	for _, text := range d.deepen.Passed {
		if holdsAll(text, words) {
			out = append(out, text)
		}
	}
	if d.config.Noisy || !d.deepen.Characterise {
		return out
	}
	shortest := ""
	for _, r := range d.History() {
		if !r.Reacted && !r.Refused && holdsAll(r.Text, words) && (shortest == "" || len(r.Text) < len(shortest)) {
			shortest = r.Text
		}
	}
	if shortest != "" {
		out = append(out, shortest)
	}
	return out
}

// holdsAll reports whether a text holds words, one behind the other.
func holdsAll(text string, words []string) bool {
	for _, w := range words {
		i := strings.Index(text, w)
		if i < 0 {
			return false
		}
		text = text[i+len(w):]
	}
	return true
}

// known are the answers of the hunt.
func (d *Deepened) known() []isolate.Exchange {
	var out []isolate.Exchange
	for _, r := range d.History() {
		out = append(out, isolate.Exchange{Question: isolate.Question{ID: r.ID, Text: r.Text}, Answered: !r.Refused, Reacted: r.Reacted, Void: r.Refused})
	}
	return out
}

// Answer tells what came of a question.
func (d *Deepened) Answer(id string, r Reply) error {
	n := len(d.phases)
	switch {
	case n == 0 || n == len(d.reports):
		return d.Guided.Answer(id, r)
	case r.Refused != "":
		return d.phases[n-1].Refuse(id, r.MaxLen)
	}
	return d.phases[n-1].Answer(id, r.Hit)
}

// Outcome returns the rules and what was found out about them.
func (d *Deepened) Outcome() Outcome {
	o := d.total()
	o.Reports = d.reports
	if o.Exact && d.why != "" {
		o.Incomplete = d.why
	}
	return o
}
