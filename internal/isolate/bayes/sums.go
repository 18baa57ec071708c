package bayes

import (
	"math/bits"
)

// expand is the inclusion-exclusion: the sum over sets of clauses of the
// chance that all parts are among what none of the set breaks, with signs.
// kept are weights by signature; they become weights by sets of clauses.
func (m *model) expand(kept []float64) float64 {
	free := kept[0]
	kept[0] = 0
	subsets(kept)
	return sum(m.signed(kept, free, 0))
}

// signed gives the terms of the inclusion-exclusion with so many parts given,
// besides those that are given anyway. kept are weights by sets of clauses but
// for what breaks none, which is free. Developed in the weight that a set
// breaks, the powers below the number of parts needed cancel out, and are left
// out: what remains can be many orders smaller.
func (m *model) signed(kept []float64, free float64, parts int) []float64 {
	full := len(kept) - 1
	terms := make([]float64, len(kept))
	g := m.drawn(len(m.pins) + parts)
	g = g.from(kept[full] + free)
	for j := range min(max(m.least-parts, 0), len(g)) {
		g[j] = 0
	}
	top := len(g) - len(m.pins) - parts
	short := g[:max(top, 1)]
	for t := range terms {
		lost, y := kept[full]-kept[full&^t], 0.0
		for k := len(short) - 1; k >= 0; k-- {
			y = y*lost + short[k]
		}
		terms[t] = m.signs[t] * y
	}
	return terms
}

// alternate returns the signs of the inclusion-exclusion, less for clauses that
// may be mistakes.
func alternate(live []clause) []float64 {
	signs := make([]float64, 1<<len(live))
	signs[0] = 1
	for t := 1; t < len(signs); t++ {
		signs[t] = -signs[t&(t-1)]
		if miss := live[bits.TrailingZeros(uint(t))].miss; miss > surely {
			signs[t] *= 1 - miss
		}
	}
	return signs
}

// subsets replaces each value by the sum over all subsets of its index.
func subsets(v []float64) {
	for bit := 1; bit < len(v); bit <<= 1 {
		for i := range v {
			if i&bit != 0 {
				v[i] += v[i^bit]
			}
		}
	}
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

// with gives by signature the chance of the clauses if so many parts are given
// that together have the signature, up to the weights of these parts.
func (m *model) with(parts int) []float64 {
	for len(m.given) <= parts {
		v := m.signed(m.kept, m.raw[0], len(m.given))
		subsets(v)
		full := len(v) - 1
		out := make([]float64, len(v))
		for s := range v {
			out[s] = max(v[full&^s], 1e-300)
		}
		m.given = append(m.given, out)
	}
	return m.given[parts]
}
