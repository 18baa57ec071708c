package bayes

import (
	"fmt"
	"math"
)

// Known is a text with the parts of a rule that made it react.
type Known struct {
	Text  string
	Parts []string
	// Fold is how the filter folds texts; nil if it compares exactly.
	Fold func(string) string
}

// fitCase is a text as its weights see it: stretches with the same features
// are one cell.
type fitCase struct {
	cells []fitCell
	// parts of the rule that stand in the text: the cells of their places.
	parts [][]int
}

type fitCell struct {
	features  []int // of all groups, counted through
	offset    float64
	stretches float64
}

// newCases prepares the texts in which a part can be a candidate.
func newCases(d *Dictionary, list []Term, texts []Known) []fitCase {
	byWord := make(map[string]Term, len(list))
	for _, t := range list {
		byWord[d.folded(t.Word)] = t
	}
	var cases []fitCase
	for _, k := range texts {
		if k.Fold == nil {
			k.Fold = func(s string) string { return s }
		}
		undo := d.forget(byWord, k.Parts)
		c := newCase(newPrior(d, []rune(k.Text)), k)
		undo()
		if len(c.parts) > 0 {
			cases = append(cases, c)
		}
	}
	return cases
}

// forget lowers what the list says of a rule's parts by that rule, and
// returns what takes it back.
func (d *Dictionary) forget(list map[string]Term, parts []string) (undo func()) {
	own := map[string]Term{}
	for _, part := range parts {
		word := d.folded(part)
		if t, ok := list[word]; ok {
			own[word] = t
		}
	}
	for word, t := range own {
		delete(d.term, word)
		if t.Rules = max(0, t.Rules-1); t.Rules > 0 || t.Lists > 0 {
			d.add(t)
		}
	}
	return func() {
		for word, t := range own {
			delete(d.term, word)
			d.add(t)
		}
	}
}

func newCase(p *prior, k Known) fitCase {
	var base [groups]int
	total := 0
	for g, l := range layout() {
		base[g] = total
		total += l.size
	}
	places := map[string]float64{}
	p.stretches(func(s span, _, _ int) { places[string(p.flat[s.lo:s.hi])]++ })
	part := map[string]int{}
	for _, x := range k.Parts {
		part[k.Fold(x)] = -1
	}
	var c fitCase
	index := map[string]int{}
	p.stretches(func(s span, units, letters int) {
		// A word that stands in many places is as one: see share.
		n := places[string(p.flat[s.lo:s.hi])]
		cell := fitCell{offset: -2 * math.Log(n)}
		for _, f := range p.features(s, units, letters, nil) {
			cell.features = append(cell.features, base[f.group]+f.index)
		}
		key := fmt.Sprint(cell)
		i, ok := index[key]
		if !ok {
			i = len(c.cells)
			index[key], c.cells = i, append(c.cells, cell)
		}
		c.cells[i].stretches++
		at, wanted := part[k.Fold(string(p.text[s.lo:s.hi]))]
		if !wanted {
			return
		}
		if at < 0 {
			at = len(c.parts)
			part[k.Fold(string(p.text[s.lo:s.hi]))], c.parts = at, append(c.parts, nil)
		}
		c.parts[at] = append(c.parts[at], i)
	})
	return c
}
