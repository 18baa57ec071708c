package characterise

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Answer to the question of a claim.
type Answer string

// Answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
	// NotApplicable says that nothing in the words could show it.
	NotApplicable Answer = "not applicable"
)

// Report is what was found out about the filter with the words of one rule.
type Report struct {
	Words []string `json:"words"`
	// Base is what all claims rest on: the words alone react.
	Base   Proof   `json:"base"`
	Claims []Claim `json:"claims"`
	// Exceptions, one for each text that passed.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Missed is how often words that react were seen not to, False how often a
	// harmless message was seen to react.
	Missed Rate `json:"missed"`
	False  Rate `json:"false"`
	// MaxLen is the longest message that is taken and read, in characters;
	// zero if none was refused.
	MaxLen int `json:"max_len,omitempty"`
	// Why is set if something could not be found out.
	Why        string `json:"why,omitempty"`
	Messages   int    `json:"messages"`
	Triggering int    `json:"triggering"`
	Rounds     int    `json:"rounds"`
}

// Claim is one thing found out.
type Claim struct {
	Name      string `json:"name"`
	Question  string `json:"question"`
	Answer    Answer `json:"answer"`
	Statement string `json:"statement"`
	// Proof are the messages that decide it, beside the base.
	Proof []Proof `json:"proof,omitempty"`
}

// Proof is a message that was really sent, with what came of it.
type Proof struct {
	Claim  string `json:"claim,omitempty"`
	Text   string `json:"text"`
	Reacts bool   `json:"reacts"`
	// Refused says that the message was not taken.
	Refused bool `json:"refused,omitempty"`
	// Questions that put it; several if it was repeated.
	Questions []string `json:"questions"`
}

// Exception is a combination of words that disables the rule.
type Exception struct {
	Words []string `json:"words"`
	Exact bool     `json:"exact"`
	Why   string   `json:"why,omitempty"`
	// Certificate: with the words no reaction, with each of them cut in two a
	// reaction.
	Certificate []Proof `json:"certificate,omitempty"`
}

// Rate is how often something happened.
type Rate struct {
	Count int `json:"count"`
	Of    int `json:"of"`
	// Most is the upper bound of the rate: the exact binomial one (Clopper and
	// Pearson 1934), 95 % one-sided.
	Most float64 `json:"at_most"`
}

// rate bounds a rate from counts: the p for which k or fewer of n would happen
// with chance 5 %.
func rate(k, n int) Rate {
	r := Rate{Count: k, Of: n, Most: 1}
	if k >= n {
		return r
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		if mid := (lo + hi) / 2; atMost(k, n, mid) > 0.05 {
			lo = mid
		} else {
			hi = mid
		}
	}
	r.Most = hi
	return r
}

// atMost is the chance of k or fewer of n.
func atMost(k, n int, p float64) (sum float64) {
	for i := range k + 1 {
		log := float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p)
		for j := range i {
			log += math.Log(float64(n-j)) - math.Log(float64(j+1))
		}
		sum += math.Exp(log)
	}
	return sum
}

// Table writes the report for people, a line for each claim.
func (r Report) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range r.Claims {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Name, c.Answer, c.Statement, questions(c.Proof))
	}
	for _, e := range r.Exceptions {
		quoted := make([]string, len(e.Words))
		for i, word := range e.Words {
			quoted[i] = strconv.Quote(word)
		}
		if e.Exact {
			fmt.Fprintf(w, "exception\tyes\t%s\t%s\n", strings.Join(quoted, " + "), questions(e.Certificate))
		} else {
			fmt.Fprintf(w, "exception\tunknown\t%s\t\n", e.Why)
		}
	}
	for _, e := range []struct {
		name string
		Rate
	}{{"missed", r.Missed}, {"false", r.False}} {
		if e.Of > 0 {
			fmt.Fprintf(w, "%s\t%d of %d\tat most %.0f %% (95 %%)\t\n", e.name, e.Count, e.Of, 100*e.Most)
		}
	}
	if err := w.Flush(); err != nil {
		return err.Error() // a Builder does not fail
	}
	if r.Why != "" {
		fmt.Fprintf(&b, "inconclusive: %s\n", r.Why)
	}
	return b.String()
}

// questions lists the ids of a proof.
func questions(proof []Proof) string {
	var ids []string
	for _, p := range proof {
		ids = append(ids, p.Questions...)
	}
	return strings.Join(ids, " ")
}
