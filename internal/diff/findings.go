package diff

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.org/telltale"
)

// findings pairs the findings of two cases by what they are about. Those
// that neither supports are left out.
func findings(before, after *telltale.Record) []Finding {
	a, b := byTopic(before), byTopic(after)
	out := []Finding{}
	for _, topic := range sortedNames(a, b) {
		was, is := a[topic], b[topic]
		for i := range max(len(was), len(is)) {
			if f, ok := pair(before, after, at(was, i), at(is, i)); ok {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Finding) int { return order(x.Change) - order(y.Change) })
	return out
}

func order(c Change) int {
	return slices.Index([]Change{Appeared, New, Changed, Gone, Open, Unasked, Same}, c)
}

func sortedNames[T any](a, b map[string]T) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func at(list []*telltale.Finding, i int) *telltale.Finding {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// byTopic sorts a case's findings by topic; several of one topic stand in
// the order of their claims.
func byTopic(r *telltale.Record) map[string][]*telltale.Finding {
	out := map[string][]*telltale.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		out[topic(f.Claim)] = append(out[topic(f.Claim)], f)
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(x, y *telltale.Finding) int { return strings.Compare(x.Claim.Key(), y.Claim.Key()) })
	}
	return out
}

// topic is what a claim is about: two claims of one topic from two cases are
// the same finding, though some field may have changed.
func topic(c telltale.Claim) string {
	words := slices.Clone(c.Words)
	slices.Sort(words)
	parts := []string{string(c.Kind), string(c.Direction), strings.Join(words, "\x01"), c.Account, c.Host}
	switch c.Kind {
	case telltale.KindContent, telltale.KindWeak, telltale.KindExposure, telltale.KindList:
		parts = append(parts, c.Detail)
	default:
	}
	return strings.Join(parts, "\x00")
}

func stateOf(f *telltale.Finding) *State {
	if f == nil {
		return nil
	}
	return &State{ID: f.ID, Verdict: f.Verdict, Statement: f.Statement, Trials: f.Trials}
}

func supports(f *telltale.Finding) bool { return f != nil && f.Verdict == telltale.Supported }

func pair(before, after *telltale.Record, was, is *telltale.Finding) (Finding, bool) {
	out := Finding{Before: stateOf(was), After: stateOf(is)}
	switch {
	case supports(was) && supports(is):
		out.Kind, out.Fields = was.Claim.Kind, fields(was.Claim, is.Claim)
		out.Change = Same
		if len(out.Fields) > 0 {
			out.Change = Changed
		}
	case supports(was):
		out.Kind, out.Change = was.Claim.Kind, missing(after, before, was.Claim, is, Gone, Unasked)
	case supports(is):
		out.Kind, out.Change = is.Claim.Kind, missing(before, after, is.Claim, was, Appeared, New)
	default:
		return Finding{}, false
	}
	return out, true
}

// missing says what it means that a case does not support a claim of the
// other one.
func missing(r, other *telltale.Record, c telltale.Claim, there *telltale.Finding, answered, unasked Change) Change {
	switch {
	case there != nil && there.Verdict == telltale.Inconclusive:
		return Open
	case asked(r, other, c):
		return answered
	}
	return unasked
}

// fields names what differs between two claims of one topic.
func fields(a, b telltale.Claim) []string {
	var out []string
	note := func(name string, x, y any) {
		left, _ := json.Marshal(x)
		right, _ := json.Marshal(y)
		if string(left) != string(right) {
			out = append(out, fmt.Sprintf("%s: %s, then %s", name, left, right))
		}
	}
	note("condition", a.Condition, b.Condition)
	note("unless", sortedCopy(a.Without), sortedCopy(b.Without))
	note("effect", a.Cell, b.Cell)
	note("detail", a.Detail, b.Detail)
	if ruleKey(a.Rule) != ruleKey(b.Rule) {
		note("rule", a.Rule, b.Rule)
	}
	return out
}

func sortedCopy(words []string) []string {
	out := append([]string{}, words...)
	slices.Sort(out)
	return out
}

func ruleKey(r *telltale.Rule) string {
	if r == nil {
		return ""
	}
	return r.Key()
}
