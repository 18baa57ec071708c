package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/isolate/survey"
)

// putSurveyed records what the survey found, with the messages that prove it.
func (e *engine) putSurveyed(rules []*surveyed) error {
	known := map[string]bool{}
	for _, iso := range e.Case.Snapshot().Isolations {
		known[isolationKey(iso)] = true
	}
	for _, s := range rules {
		if iso := e.surveyedIsolation(s); !known[isolationKey(iso)] {
			if err := e.Case.PutIsolation(iso); err != nil {
				return err
			}
		}
	}
	return nil
}

func isolationKey(iso telltale.Isolation) string {
	b, err := json.Marshal(iso)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// surveyedIsolation writes a rule down with its certificate.
func (e *engine) surveyedIsolation(s *surveyed) telltale.Isolation {
	iso := telltale.Isolation{
		Text: s.text(), Direction: s.direction, Place: s.place,
		Words: slices.Sorted(slices.Values(s.Parts)), Certificate: e.surveyedProofs(s),
		Rule: &telltale.Rule{Parts: s.Parts, Or: s.Alternatives},
	}
	e.effectOf(s, iso.Rule)
	for _, u := range s.Unless {
		iso.Without = append(iso.Without, u.Word)
		switch u.Place {
		case survey.After:
			iso.Rule.Behind = append(iso.Rule.Behind, u.Word)
		case survey.Before:
			iso.Rule.Ahead = append(iso.Rule.Ahead, u.Word)
		case survey.Anywhere:
		}
	}
	iso.Cell = telltale.CellOf(iso.Rule.Outcome, len(iso.Rule.Copies) > 0)
	iso.Exact = s.Exact
	for _, p := range iso.Certificate {
		iso.Exact = iso.Exact && p.Held
	}
	if !iso.Exact {
		iso.Why = "the app did not answer the same question the same way each time"
	}
	iso.Traits = e.ruleTraits(s, iso.Rule)
	return iso
}

// effectOf writes down what the rule's words lead to.
func (e *engine) effectOf(s *surveyed, rule *telltale.Rule) {
	rule.Outcome = telltale.Delivered
	for _, l := range s.Effects {
		switch host, copied := strings.CutPrefix(l, survey.CopyPrefix); {
		case copied:
			rule.Copies = append(rule.Copies, host)
		case l == survey.Altered:
			rule.Outcome = telltale.Altered
		case l == survey.Dropped:
			rule.Outcome = telltale.Dropped
		case l == survey.Ended:
			rule.Ended = true
		case l == labelRefused, l == labelReader:
			rule.Outcome, rule.Reader = telltale.Refused, l == labelReader
		case strings.HasPrefix(l, labelDiverted):
			rule.Outcome, rule.Into = telltale.Diverted, strings.TrimPrefix(l, labelDiverted)
		}
	}
	if rule.Ended && rule.Outcome == telltale.Delivered {
		rule.Outcome = e.usualOutcome(s)
	}
}

// usualOutcome is what became of most messages with the words alone: to say
// that a session ended leaves open whether the message arrived.
func (e *engine) usualOutcome(s *surveyed) telltale.Outcome {
	counts := map[telltale.Outcome]int{}
	best := telltale.Dropped
	for _, t := range s.proof {
		o := e.answers.byKey[t.probe.Key].receipt.Outcome
		if counts[o]++; counts[o] > counts[best] && o != telltale.Void {
			best = o
		}
	}
	return best
}

// surveyedProofs are the lines of the certificate: the words alone, without
// each of them, beside each exception, and harmless words in their place.
func (e *engine) surveyedProofs(s *surveyed) []telltale.Proof {
	alone := telltale.Proof{Claim: "these words alone: reaction", Text: s.text(), Reacts: true}
	var lines []telltale.Proof
	for _, l := range s.Certificate {
		switch kind := s.kind(l); {
		case kind == lineAlone:
			alone.Probes = append(alone.Probes, s.walk.probes(l.Keys, alone.Text)...)
		case kind == lineLacking && len(s.Parts) > 1, kind == lineExcused:
			text := strings.Join(l.Parts, " ")
			lines = append(lines, telltale.Proof{Claim: l.Claim, Text: text, Probes: s.walk.probes(l.Keys, text)})
		}
	}
	for _, t := range s.proof {
		alone.Probes = append(alone.Probes, t.probe.ID)
	}
	lines = append([]telltale.Proof{alone}, lines...)
	for _, t := range s.controls {
		text := strings.TrimSpace(t.probe.Word)
		lines = append(lines, telltale.Proof{Claim: "harmless words in their place: no reaction", Text: text, Probes: []string{t.probe.ID}})
	}
	for i := range lines {
		e.hold(s, &lines[i])
	}
	return slices.DeleteFunc(lines, func(p telltale.Proof) bool { return len(p.Probes) == 0 })
}

// hold leaves void trials out of a line, and says whether the others answered
// as they must.
func (e *engine) hold(s *surveyed, line *telltale.Proof) {
	trials := e.trialsByID()
	line.Probes = slices.DeleteFunc(line.Probes, func(id string) bool { return e.effects(trials[id]).Void })
	line.Held = len(line.Probes) > 0
	for _, id := range line.Probes {
		effects := e.effects(trials[id]).Effects
		reacted := slices.ContainsFunc(s.Effects, func(l string) bool { return slices.Contains(effects, l) })
		line.Held = line.Held && reacted == line.Reacts
	}
}

func (e *engine) trialsByID() map[string]trial {
	out := make(map[string]trial, len(e.answers.byKey))
	for _, t := range e.answers.byKey {
		out[t.probe.ID] = t
	}
	return out
}

// probes are those that put the questions of some keys with a text.
func (w *walk) probes(keys []string, text string) []string {
	var out []string
	for _, a := range w.asked {
		if slices.Contains(keys, a.Key) && a.Body == text && !slices.Contains(out, a.trial.probe.ID) {
			out = append(out, a.trial.probe.ID)
		}
	}
	return out
}

// lineKind is what a line of a survey's certificate is about.
type lineKind int

const (
	lineOther lineKind = iota
	lineAlone
	lineLacking
	lineExcused
	lineOrder
	lineBorder
	lineCase
	lineOr
)

func (s *surveyed) kind(l survey.Line) lineKind {
	missing, extra := less(s.Parts, l.Parts), less(l.Parts, s.Parts)
	switch {
	case slices.Equal(l.Parts, s.Parts):
		return lineAlone
	case slices.ContainsFunc(slices.Concat(s.Alternatives...), func(w string) bool { return slices.Contains(l.Parts, w) }):
		return lineOr
	case len(missing) == 0 && len(extra) == 0:
		return lineOrder
	case len(missing) == 1 && len(extra) == 0 && !l.Reacts:
		return lineLacking
	case len(missing) == 0 && len(extra) > 0 && !l.Reacts:
		return lineExcused
	case len(l.Parts) != len(s.Parts):
		return lineOther
	case pairs(l.Parts, s.Parts, strings.EqualFold):
		return lineCase
	case pairs(l.Parts, s.Parts, strings.Contains):
		return lineBorder
	}
	return lineOther
}

// pairs reports whether each word of a list fits another one of a second list
// of the same length.
func pairs(list, other []string, fits func(a, b string) bool) bool {
	left := slices.Clone(other)
	for _, w := range list {
		i := slices.IndexFunc(left, func(o string) bool { return fits(w, o) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// less are the words of a list that are not in another.
func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(w string) bool { return slices.Contains(b, w) })
}

// characterise asks more of the rules that a survey found, if the scenario
// wants to know.
func (e *engine) characterise(ctx context.Context) error {
	e.normal = e.usual(e.Case.Snapshot())
	if !e.Scenario.Characterise {
		return nil
	}
	found := slices.DeleteFunc(slices.Clone(e.Case.Snapshot().Isolations), func(iso telltale.Isolation) bool {
		// They are asked where messages usually go.
		return iso.Place != ""
	})
	if err := e.traits(ctx, found); err != nil {
		return fmt.Errorf("asking how the words are compared: %w", err)
	}
	return e.putIsolations(found)
}
