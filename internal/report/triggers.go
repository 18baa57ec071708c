package report

import (
	"slices"
	"strings"

	"example.org/telltale"
)

// Bounds on the section of triggers.
const (
	mostTriggers   = 200
	mostProofs     = 4
	mostProofLines = 16
	// mostLines bounds the lines of all certificates and traits together.
	mostLines       = 2000
	mostTraits      = 40
	mostProofProbes = 6
	longestWord     = 80
	longestReply    = 200
)

// triggers lists the words that set the app off, supported ones first, and
// the number of those left out.
func (x *index) triggers() ([]Trigger, Count) {
	out := []Trigger{}
	left := 0
	for _, verdict := range []telltale.Verdict{telltale.Supported, telltale.Inconclusive} {
		for i := range x.rec.Findings {
			f := &x.rec.Findings[i]
			if f.Claim.Kind != telltale.KindTrigger || f.Verdict != verdict {
				continue
			}
			if len(out) == mostTriggers {
				left++
				continue
			}
			out = append(out, x.trigger(f))
		}
	}
	return out, Count(left)
}

func (x *index) trigger(f *telltale.Finding) Trigger {
	t := Trigger{
		Finding:   f.ID,
		Words:     cutAll(f.Claim.Words, 8, longestWord),
		Without:   cutAll(f.Claim.Without, 8, longestWord),
		Direction: x.directionWords(f.Claim.Direction),
		Cell:      f.Claim.Cell,
		Effect:    x.effectOf(f.Claim.Cell),
		Verdict:   f.Verdict,
		Stands:    x.verdictWords(f.Verdict),
		Trials:    x.trialWords(f.Trials),
		Proofs:    []ProofOfWords{},
	}
	if f.Claim.Rule != nil {
		x.addRule(&t, f.Claim.Rule)
	}
	for _, trait := range f.Traits[:min(len(f.Traits), mostTraits)] {
		if trait.Answer != "not applicable" && x.line() {
			t.Traits = append(t.Traits, x.trait(trait))
		}
	}
	for i := range x.rec.Isolations {
		iso := &x.rec.Isolations[i]
		if len(t.Proofs) < mostProofs && sameWords(f.Claim, iso) {
			t.Proofs = append(t.Proofs, x.proof(iso))
		}
	}
	return t
}

// addRule says what a survey found out besides the words.
func (x *index) addRule(t *Trigger, r *telltale.Rule) {
	t.Words = nil
	for i := range r.Parts[:min(len(r.Parts), 8)] {
		words := []string{r.Parts[i]}
		if i < len(r.Or) {
			words = append(words, r.Or[i]...)
		}
		t.Words = append(t.Words, x.Choice(cutAll(words, 6, longestWord)))
	}
	t.Manner, t.Effect = x.manner(r), cut(x.ruleFate(r), 300)
	t.Places, t.Spared = cutAll(r.Places, 12, longestWord), cutAll(r.Spared, 12, longestWord)
}

// exceptions lists what lets messages through whichever words they hold.
func (x *index) exceptions() []string {
	var out []string
	for _, f := range x.supported(telltale.KindException) {
		if len(out) < mostTriggers {
			out = append(out, strings.Join(cutAll(f.Claim.Words, 8, longestWord), " + "))
		}
	}
	return out
}

func (x *index) trait(t telltale.Trait) Trait {
	out := Trait{Name: cut(t.Name, 60), Answer: cut(t.Answer, 20), Statement: cut(t.Statement, 300), Probes: []ProbeResult{}}
	n := 0
	for _, proof := range t.Proofs {
		for _, id := range proof.Probes {
			if n++; n <= mostProofProbes {
				out.Probes = append(out.Probes, x.probeResult(id))
			}
		}
	}
	out.More = Count(max(0, n-mostProofProbes))
	return out
}

// line asks for one more line of a certificate. Where there are too many, the
// first triggers have theirs, and those of the others stand in the case.
func (x *index) line() bool {
	x.lines++
	return x.lines <= mostLines
}

// sameWords reports whether a search came to the words of a claim.
func sameWords(c telltale.Claim, iso *telltale.Isolation) bool {
	if c.Rule != nil || iso.Rule != nil {
		return c.Rule != nil && iso.Rule != nil && c.Rule.Outcome == iso.Rule.Outcome && sameSet(c.Words, iso.Words)
	}
	return sameSet(c.Words, iso.Words) && sameSet(c.Without, iso.Without)
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func (x *index) proof(iso *telltale.Isolation) ProofOfWords {
	p := ProofOfWords{
		From: cut(iso.Text, 160), Direction: x.directionWords(iso.Direction),
		Exact: iso.Exact, Why: cut(iso.Why, 300), Lines: []ProofLine{},
	}
	for _, line := range iso.Certificate[:min(len(iso.Certificate), mostProofLines)] {
		if x.line() {
			p.Lines = append(p.Lines, x.proofLine(line))
		}
	}
	p.More = Count(len(iso.Certificate) - len(p.Lines))
	return p
}

func (x *index) proofLine(line telltale.Proof) ProofLine {
	l := ProofLine{
		Claim: cut(line.Claim, 200), Text: cut(line.Text, 120), Held: line.Held,
		Needs: x.Say("needs.nothing"), Probes: []ProbeResult{},
	}
	if line.Reacts {
		l.Needs = x.Say("needs.reaction")
	}
	for _, id := range line.Probes[:min(len(line.Probes), mostProofProbes)] {
		l.Probes = append(l.Probes, x.probeResult(id))
	}
	l.More = Count(len(line.Probes) - len(l.Probes))
	return l
}

func (x *index) probeResult(id string) ProbeResult {
	cell := telltale.CellVoid
	if p := x.probes[id]; p != nil {
		cell = x.cell(p)
	}
	return ProbeResult{Probe: cut(id, 40), Cell: cell, Result: x.effectOf(cell)}
}

// trialWords writes the trials of a finding in one line; empty if there were
// none of its own.
func (x *index) trialWords(t telltale.Trials) string {
	if t.Treated+t.Control == 0 {
		return ""
	}
	out := []string{x.Say("trials.treated", "n", x.Number(t.TreatedReacted), "all", x.Number(t.Treated))}
	if t.Control > 0 {
		out = append(out, x.Say("trials.control", "n", x.Number(t.ControlReacted), "all", x.Number(t.Control)))
	}
	if t.Void > 0 {
		out = append(out, x.Say("trials.void", "n", x.Number(t.Void)))
	}
	return x.semicolons(out)
}
