package bench

import (
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/isolate/survey"
)

// Labels of what a survey is told, besides those that it knows itself.
const (
	labelRefused  = "refused"
	labelReader   = "reader refused"
	labelDiverted = "diverted:"
)

// usualShare is the share of harmless messages that show an effect from which
// on it says nothing about words.
const usualShare = 0.5

// effects are what happened to a message that does not happen to harmless
// ones on the same way.
func (e *engine) effects(t trial) survey.Answer {
	receipt := t.receipt
	if now, ok := e.answers.byKey[t.probe.Key]; ok && t.probe.ID != "" && now.probe.ID == t.probe.ID {
		receipt = now.receipt
	}
	if receipt.Outcome == telltale.Void {
		return survey.Answer{Void: true}
	}
	answer := survey.Answer{Effects: e.labels(t.probe, receipt)}
	usual := e.usualLabels(t.probe)
	answer.Effects = slices.DeleteFunc(answer.Effects, func(l string) bool { return usual[l] })
	if slices.Contains(answer.Effects, survey.Altered) {
		answer.Got = attribute.Plain(t.probe, receipt.Got)
	}
	return answer
}

// labels names all that happened to a message.
func (e *engine) labels(p telltale.Probe, r telltale.Receipt) []string {
	var out []string
	switch outcome := e.habits.Outcome(p, r); outcome {
	case telltale.Altered:
		out = append(out, survey.Altered)
	case telltale.Diverted:
		out = append(out, labelDiverted+r.Place)
	case telltale.Refused:
		if out = append(out, labelRefused); r.Reader {
			out[0] = labelReader
		}
	case telltale.Dropped:
		if !r.Ended {
			out = append(out, survey.Dropped)
		}
	case telltale.Delivered, telltale.Void:
	}
	if r.Ended {
		out = append(out, survey.Ended)
	}
	for host := range e.follow.hosts[p.ID] {
		out = append(out, survey.CopyPrefix+strings.ToLower(host))
	}
	slices.Sort(out)
	return out
}

// usualLabels are the labels that at least half of the harmless messages of
// the same way have.
func (e *engine) usualLabels(of telltale.Probe) map[string]bool {
	if known, ok := e.usuals[wayOf(of)]; ok {
		return known
	}
	counts, n := map[string]int{}, 0
	rec := e.Case.Snapshot()
	last := rec.LastReceipts()
	for _, p := range rec.Probes {
		harmless := p.Arm == telltale.ArmContact || p.Arm == telltale.ArmControl
		if !harmless || wayOf(p) != wayOf(of) || !e.answers.counts(p) {
			continue
		}
		n++
		for _, l := range e.labels(p, last[p.ID]) {
			counts[l]++
		}
	}
	usual := map[string]bool{}
	for l, k := range counts {
		if k >= 2 && float64(k) >= usualShare*float64(n) {
			usual[l] = true
		}
	}
	e.usuals[wayOf(of)] = usual
	return usual
}

// way is what harmless and other messages must have in common to be compared.
type wayKey struct {
	from, to, place string
	direction       telltale.Direction
}

func wayOf(p telltale.Probe) wayKey { return wayKey{p.From, p.To, p.Place, p.Direction} }
