package bench

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/isolate/survey"
)

// ruleTraits are what the survey says of how the words are compared, with the
// messages that decide it.
func (e *engine) ruleTraits(s *surveyed, rule *telltale.Rule) []telltale.Trait {
	var out []telltale.Trait
	add := func(t telltale.Trait, decides func(survey.Line) bool) bool {
		for _, l := range s.Certificate {
			if decides(l) {
				t.Proofs = append(t.Proofs, e.proofsOf(s, l)...)
			}
		}
		if len(t.Proofs) > 0 {
			out = append(out, t)
		}
		return len(t.Proofs) > 0
	}
	of := func(kind lineKind) func(survey.Line) bool {
		return func(l survey.Line) bool { return s.kind(l) == kind }
	}
	if t, value, ok := orderTrait(s); ok && add(t, of(lineOrder)) {
		rule.Order = value
	}
	if t, value, ok := borderTrait(s); ok && add(t, of(lineBorder)) {
		rule.Border = value
	}
	if t, value, ok := caseTrait(s); ok && add(t, of(lineCase)) {
		rule.Case = value
	}
	for i, words := range s.Alternatives {
		for _, w := range words {
			t := telltale.Trait{Name: attribute.TraitOr + w, Answer: "yes", Statement: fmt.Sprintf("%q does in place of %q", w, s.Parts[i])}
			add(t, func(l survey.Line) bool { return l.Reacts && s.kind(l) == lineOr && slices.Contains(l.Parts, w) })
		}
	}
	return out
}

func orderTrait(s *surveyed) (t telltale.Trait, value string, ok bool) {
	switch s.Order {
	case survey.OrderAny:
		return telltale.Trait{Name: attribute.TraitOrder, Answer: "no", Statement: "the words may stand in any order"}, telltale.OrderAny, true
	case survey.OrderListed:
		return telltale.Trait{Name: attribute.TraitOrder, Answer: "yes", Statement: "the words must stand in this order: " + strings.Join(s.Parts, ", ")}, telltale.OrderListed, true
	case survey.OrderNone, survey.OrderUnknown:
	}
	return t, "", false
}

func borderTrait(s *surveyed) (t telltale.Trait, value string, ok bool) {
	switch s.Boundary {
	case survey.Yes:
		return telltale.Trait{Name: attribute.TraitBorder, Answer: "yes", Statement: "they count as whole words only"}, telltale.BorderWord, true
	case survey.No:
		return telltale.Trait{Name: attribute.TraitBorder, Answer: "no", Statement: "they count inside longer words too"}, telltale.BorderNone, true
	case survey.Unknown:
	}
	return t, "", false
}

func caseTrait(s *surveyed) (t telltale.Trait, value string, ok bool) {
	switch s.Case {
	case survey.CaseFolded:
		return telltale.Trait{Name: attribute.TraitCase, Answer: "no", Statement: "capitals and small letters count as the same"}, telltale.CaseIgnored, true
	case survey.CaseExact:
		return telltale.Trait{Name: attribute.TraitCase, Answer: "yes", Statement: "they count only in the letter case in which they are written here"}, telltale.CaseKept, true
	case survey.CaseFirst:
		return telltale.Trait{Name: attribute.TraitCase, Answer: "yes", Statement: "the first letter may be a capital or a small one, the others must be as they are written here"}, telltale.CaseFirst, true
	case survey.CaseNone, survey.CaseUnknown:
	}
	return t, "", false
}

// proofsOf are the messages of a line, one proof for each text: one message
// may have asked about several rules.
func (e *engine) proofsOf(s *surveyed, l survey.Line) []telltale.Proof {
	var out []telltale.Proof
	for _, a := range s.walk.asked {
		if !slices.Contains(l.Keys, a.Key) || slices.ContainsFunc(out, func(p telltale.Proof) bool { return p.Text == a.Body }) {
			continue
		}
		proof := telltale.Proof{Claim: l.Claim, Text: a.Body, Reacts: l.Reacts, Probes: s.walk.probes(l.Keys, a.Body)}
		if e.hold(s, &proof); len(proof.Probes) > 0 {
			out = append(out, proof)
		}
	}
	return out
}
