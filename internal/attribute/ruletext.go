package attribute

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// ruleText says a rule that a survey found in plain sentences.
func ruleText(c telltale.Claim) string {
	r := c.Rule
	text := "The text " + r.Part(0) + " sets it off"
	if len(r.Parts) > 1 {
		parts := make([]string, len(r.Parts))
		for i := range r.Parts {
			parts[i] = r.Part(i)
		}
		text = "The words " + strings.Join(parts, " and ") + " set it off when they are together in a message"
	}
	if how := r.Manner(); len(how) > 0 {
		text += " (" + strings.Join(how, ", ") + ")"
	}
	if len(c.Without) > 0 {
		text += ", unless " + exceptionList(c.Without, r) + " is in it too"
	}
	way := " that is " + string(c.Direction)
	if c.Direction == telltale.Both {
		way = ", sent or received,"
	}
	text += ": such a message" + way + " " + r.Fate() + "."
	if len(r.Places) > 0 {
		text += " It was so in " + strings.Join(r.Places, ", ") + "."
	}
	if len(r.Spared) > 0 {
		text += " It was not so in " + strings.Join(r.Spared, ", ") + "."
	}
	return text
}

func exceptionList(without []string, r *telltale.Rule) string {
	out := make([]string, len(without))
	for i, w := range without {
		out[i] = fmt.Sprintf("%q", w)
		switch {
		case slices.Contains(r.Behind, w):
			out[i] += " (behind them)"
		case slices.Contains(r.Ahead, w):
			out[i] += " (ahead of them)"
		}
	}
	return strings.Join(out, " or ")
}

// exception is a text that lets messages through, with the rules of a survey
// that it was tried on.
type exception struct {
	telltale.Isolation
	words string
	// proofs are the lines that show it.
	proofs []telltale.Proof
	rules  int
}

func exceptionKey(iso telltale.Isolation, words string) string {
	return string(iso.Direction) + "\x00" + iso.Place + "\x00" + words
}

// sharedExceptions are those that stop every rule that was found on a way, two
// at least.
func (s *statement) sharedExceptions() map[string]*exception {
	out, rules := map[string]*exception{}, map[string]int{}
	for _, iso := range s.latest() {
		rules[exceptionKey(iso, "")]++
		for _, w := range sorted(iso.Without) {
			key := exceptionKey(iso, w)
			if out[key] == nil {
				out[key] = &exception{Isolation: iso, words: w}
			}
			out[key].rules++
			for _, p := range iso.Certificate {
				if !p.Reacts && slices.Contains(stopping(p.Text, iso.Without), w) {
					out[key].proofs = append(out[key].proofs, p)
				}
			}
		}
	}
	for key, e := range out {
		if n := rules[exceptionKey(e.Isolation, "")]; e.rules < n || n < 2 {
			delete(out, key)
		}
	}
	return out
}

// exception states one that all rules share.
func (s *statement) exception(e *exception) {
	f := telltale.Finding{
		Claim:  telltale.Claim{Kind: telltale.KindException, Words: sorted(strings.Split(e.words, "+")), Direction: e.Direction},
		Method: methodSurvey,
	}
	for _, p := range e.proofs {
		for _, id := range p.Probes {
			f.Trials.Treated++
			evidence(&f, []*trial{s.byID[id]})
		}
	}
	f.Statement = fmt.Sprintf("With %s in it, no message that is %s is caught by any of the %d rules that were found.",
		quoted(f.Claim.Words), e.Direction, e.rules)
	if !s.hasClaim(f.Claim) {
		s.state(f)
	}
}
