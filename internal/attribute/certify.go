package attribute

import (
	"fmt"
	"math"
	"strings"

	"example.org/telltale"
)

// certificateMiss is the largest chance, for an app that samples, that the
// silence behind one line of a certificate is an accident.
const certificateMiss = 0.05

// CheckCertificate checks the proof of an isolation against what really
// happened, without trusting what the search said of itself: that each line
// was asked with the text it names and in the right direction, that no answer
// is void, that the answers are as claimed, and that the lines together prove
// the words: all of them react, none can be left out, and each exception
// stops the reaction. The error says which line fails and why.
func CheckCertificate(rec *telltale.Record, iso telltale.Isolation) error {
	return newTrials(rec).check(iso)
}

func (t *trials) check(iso telltale.Isolation) error {
	if len(iso.Words) == 0 || len(iso.Certificate) == 0 {
		return fmt.Errorf("isolation of %q: no words or no certificate; search again", iso.Text)
	}
	iso.Cell = t.caused(iso)
	for i, proof := range iso.Certificate {
		if err := t.checkProof(iso, proof); err != nil {
			return fmt.Errorf("isolation of %q, line %d of the certificate (%s): %w", iso.Text, i+1, proof.Claim, err)
		}
	}
	if err := checkShape(iso); err != nil {
		return fmt.Errorf("isolation of %q: %w", iso.Text, err)
	}
	return nil
}

// checkProof checks one line: the questions put, and their answers.
func (t *trials) checkProof(iso telltale.Isolation, proof telltale.Proof) error {
	reacted := 0
	for _, id := range proof.Probes {
		one := t.byID[id]
		switch {
		case one == nil:
			return fmt.Errorf("probe %s is not in the record", id)
		case plainText(one) != strings.TrimSpace(proof.Text):
			return fmt.Errorf("probe %s typed another text, %q", id, one.Text)
		case one.Direction != iso.Direction:
			return fmt.Errorf("probe %s went in the other direction", id)
		case one.Place != iso.Place:
			return fmt.Errorf("probe %s was put in another place", id)
		case one.cell() == telltale.CellVoid:
			return fmt.Errorf("probe %s is void; ask again", id)
		case t.shows(one, iso):
			reacted++
		}
	}
	return t.judge(iso, proof, reacted)
}

// judge decides whether so many reactions are the answer that a line needs.
func (t *trials) judge(iso telltale.Isolation, proof telltale.Proof, reacted int) error {
	n := len(proof.Probes)
	switch {
	case n == 0:
		return fmt.Errorf("nothing was asked")
	case !proof.Reacts && reacted > 0:
		return fmt.Errorf("%d of %d reacted, want none", reacted, n)
	case proof.Reacts && reacted == 0:
		return fmt.Errorf("none of %d reacted", n)
	case proof.Reacts && reacted < n && !samples(iso.Cell):
		return fmt.Errorf("%d of %d reacted, want all: only copies are sampled", reacted, n)
	}
	rate := reactionTally(t)
	if !proof.Reacts && samples(iso.Cell) && rate.n > 0 && rate.k > 0 {
		if miss := math.Pow(1-rate.share(), float64(n)); miss > certificateMiss {
			return fmt.Errorf("asked %d times, but the app copies only %d of %d; ask %d times",
				n, rate.k, rate.n, RepeatsFor(rate.share(), certificateMiss))
		}
	}
	return nil
}

// samples reports whether reactions of this cell may come for some messages
// only: copies may be sampled, drops are not.
func samples(c telltale.Cell) bool { return c == telltale.CellDeliveredCopied }

// reacts reports whether a trial shows the kind of reaction that leads into
// the cell.
func (t *trials) reacts(one *trial, cell telltale.Cell) bool {
	switch cell {
	case telltale.CellDeliveredCopied:
		return one.copied()
	case telltale.CellDropped:
		return one.outcome.Kept()
	}
	return one.copied() || one.outcome.Kept()
}

// checkShape checks that the texts of a certificate add up to its claim.
func checkShape(iso telltale.Isolation) error {
	var whole bool
	cut, stopped := map[string]bool{}, map[string]bool{}
	for _, p := range iso.Certificate {
		missing := lacking(p.Text, iso.Words)
		stops := stopping(p.Text, iso.Without)
		switch {
		case p.Reacts && len(missing) > 0:
			return fmt.Errorf("%q reacts without %q", p.Text, missing)
		case p.Reacts && len(stops) == 0:
			whole = true
		case !p.Reacts && len(missing) == 1:
			cut[missing[0]] = true
		case !p.Reacts && len(missing) == 0 && len(stops) == 0:
			return fmt.Errorf("%q holds all words and does not react", p.Text)
		case !p.Reacts && len(missing) == 0:
			for _, w := range stops {
				stopped[w] = true
			}
		}
	}
	switch left := append(notIn(cut, iso.Words), notIn(stopped, iso.Without)...); {
	case !whole:
		return fmt.Errorf("no line shows that %q react", iso.Words)
	case len(left) > 0:
		return fmt.Errorf("no line shows that %q matter", left)
	}
	return nil
}

// stopping lists the exceptions that text holds. An exception of several
// words, written "a+b", needs all of them.
func stopping(text string, without []string) []string {
	var out []string
	for _, w := range without {
		if holds(text, w) || len(lacking(text, strings.Split(w, "+"))) == 0 {
			out = append(out, w)
		}
	}
	return out
}

// lacking lists the words that text does not hold.
func lacking(text string, words []string) []string {
	var out []string
	for _, w := range words {
		if !holds(text, w) {
			out = append(out, w)
		}
	}
	return out
}

func notIn(shown map[string]bool, words []string) []string {
	var out []string
	for _, w := range words {
		if !shown[w] {
			out = append(out, w)
		}
	}
	return out
}

// plainText is what a probe typed, less its canaries.
func plainText(t *trial) string { return Plain(t.Probe, t.Text) }

// Plain takes the canaries of a probe out of a text.
func Plain(p telltale.Probe, text string) string {
	text = strings.ReplaceAll(text, p.Canary.Latin, "")
	return strings.TrimSpace(strings.ReplaceAll(text, p.Canary.CJK, ""))
}
