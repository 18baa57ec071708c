package bayes

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// Settings of the fit: the penalty on the squares of weights, and how long
// they are looked for, which is enough for the second decimal.
const (
	penalty   = 0.7
	climbs    = 80
	firstStep = 0.2
	maxStep   = 1
)

// Fit finds the weights of the prior under which the parts of known rules are
// likeliest, without and with a list of terms, and writes them as in
// weights.txt (conditional logit with a penalty on squares; the climb is
// Rprop, Riedmiller and Braun 1993). The counts of the list are lowered by
// what each text's own rule may have added to them.
func Fit(ctx context.Context, texts []Known, terms []Term) (string, error) {
	var modes [2][]float64
	for mode, list := range [][]Term{nil, terms} {
		d, err := NewDictionary(list)
		if err != nil {
			return "", err
		}
		cases := newCases(d, list, texts)
		if len(cases) == 0 {
			return "", fmt.Errorf("none of %d texts holds a part that can be a candidate: give texts with their rules", len(texts))
		}
		modes[mode] = climb(ctx, cases)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var out strings.Builder
	at := 0
	for _, l := range layout() {
		out.WriteString(l.name)
		for _, w := range modes {
			for _, x := range w[at : at+l.size] {
				fmt.Fprintf(&out, " %v", math.Round(x*100)/100+0) // +0: no minus zero
			}
		}
		out.WriteByte('\n')
		at += l.size
	}
	return out.String(), nil
}

// climb follows the gradient of the cases' likelihood, each weight at its own
// pace.
func climb(ctx context.Context, cases []fitCase) []float64 {
	total := 0
	for _, l := range layout() {
		total += l.size
	}
	w, pace, before := make([]float64, total), make([]float64, total), make([]float64, total)
	for i := range pace {
		pace[i] = firstStep
	}
	for range climbs {
		if ctx.Err() != nil {
			break
		}
		gradient := make([]float64, total)
		for _, c := range cases {
			c.pull(w, gradient)
		}
		for i := range w {
			gradient[i] -= penalty * w[i]
			switch turn := gradient[i] * before[i]; {
			case turn > 0:
				pace[i] = min(pace[i]*1.25, maxStep)
			case turn < 0:
				pace[i] /= 2
			}
			if gradient[i] != 0 {
				w[i] += math.Copysign(pace[i], gradient[i])
			}
		}
		before = gradient
	}
	return w
}

// chances are how likely the stretches of each cell are drawn, up to the
// factor that is their sum over all stretches.
func (c fitCase) chances(w []float64) (each []float64, sum float64) {
	each = make([]float64, len(c.cells))
	for i, cell := range c.cells {
		score := cell.offset
		for _, f := range cell.features {
			score += w[f]
		}
		each[i] = math.Exp(score)
		sum += each[i] * cell.stretches
	}
	return each, sum
}

// pull adds the gradient of the likelihood of a text's parts.
func (c fitCase) pull(w, gradient []float64) {
	each, sum := c.chances(w)
	for _, part := range c.parts {
		own := 0.0
		for _, i := range part {
			own += each[i]
		}
		for _, i := range part {
			for _, f := range c.cells[i].features {
				gradient[f] += each[i] / own
			}
		}
	}
	drawn := float64(len(c.parts))
	for i, cell := range c.cells {
		for _, f := range cell.features {
			gradient[f] -= drawn * each[i] * cell.stretches / sum
		}
	}
}
