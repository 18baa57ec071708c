package bayes

import (
	"math"
	"math/bits"
	"slices"
)

// The model: a rule is a number of parts, each drawn on its own from all
// stretches by the prior. If G(s) is the sum over k of q(k) s^k, where q(k) is
// the chance of k parts, then all parts are among stretches of weight s with
// chance G(s). A message that reacted shows that all parts are in it; what is
// not in it is out. A silent one shows that at least one part is not in it.
//
// A stretch that is a part almost surely is given from then on: G gives way to
// its derivative, and the silent messages that broke the stretch say no more.
// That keeps the sums short.

// Bounds of the model.
const (
	maxClauses = 10   // silent messages that are reckoned with at a time
	surely     = 1e-7 // chance that a silent message is a mistake, without noise
	doubtful   = 5e-4 // chance that a given part is none, at most
)

// candidates of a text, by begin and length.
type candidates struct {
	lo, hi []int32
	weight []float64 // chance to be drawn; they add up to 1
}

// clause is a silent message: at least one part is not in it.
type clause struct {
	reach []int32
	miss  float64 // chance that it was silent by mistake
	text  string
}

// model is what is known at one moment.
type model struct {
	numbers
	all   *candidates
	alive []int32   // indexes of candidates within the base
	w     []float64 // their weights
	sig   []uint16  // clauses that each breaks
	pins  []int     // candidates that are given
	live  []clause
	signs []float64 // of the terms, by set of clauses
	raw   []float64 // weight by signature
	kept  []float64 // weight of what no clause in a set breaks, by the set
	z     float64   // chance of all clauses
	given [][]float64
	total float64 // of w
	// least is a number of parts below which the clauses cannot hold.
	least int
}

// newModel takes stock: a base that reacted and messages that did not. If
// giving parts leads nowhere, none is given.
func newModel(c *candidates, q numbers, base message, n int, clauses []clause) *model {
	m := &model{all: c, numbers: q}
	reach := base.reach(n)
	for i := range c.lo {
		if reach[c.lo[i]] >= c.hi[i] {
			m.alive = append(m.alive, int32(i))
			m.w = append(m.w, c.weight[i])
			m.total += c.weight[i]
		}
	}
	m.sig = make([]uint16, len(m.alive))
	if m.choose(clauses, true); !m.sound() {
		m.pins, m.live = nil, nil
		clear(m.sig)
		m.choose(clauses, false)
	}
	return m
}

// weighed is a clause and the chance that it does not hold.
type weighed struct {
	clause
	fails float64
}

// choose keeps the clauses that say most: in turn the one that is least
// likely to hold, given those before. Those that hold anyway are left out.
func (m *model) choose(clauses []clause, pinning bool) {
	list := make([]weighed, len(clauses))
	for i, c := range clauses {
		list[i] = weighed{c, 1}
	}
	m.set()
	for len(m.live) < maxClauses && len(list) > 0 {
		for {
			i := 0
			for j := range list {
				if list[j].fails > list[i].fails {
					i = j
				}
			}
			list[0], list[i] = list[i], list[0]
			was := list[0].fails
			list[0].fails = m.reacts(list[0].reach) * (1 - list[0].miss)
			if list[0].fails >= was || !slices.ContainsFunc(list[1:], func(w weighed) bool { return w.fails > list[0].fails }) {
				break
			}
		}
		c := list[0]
		if list = list[1:]; c.fails < 0.002 {
			break
		}
		m.live = append(m.live, c.clause)
		m.sign()
		if pinning {
			m.pin()
		}
	}
}

// sign notes which clauses each candidate breaks.
func (m *model) sign() {
	for k, i := range m.alive {
		m.sig[k] = 0
		for j, c := range m.live {
			if c.reach[m.all.lo[i]] < m.all.hi[i] {
				m.sig[k] |= 1 << j
			}
		}
	}
	m.set()
}

// pin gives the parts that are almost sure, and drops the clauses that they
// satisfy.
func (m *model) pin() {
	for len(m.pins) < maxParts-1 {
		if k := m.surest(); k >= 0 {
			m.pins = append(m.pins, k)
			sig := m.sig[k]
			var left []clause
			for j, c := range m.live {
				if sig&(1<<j) == 0 {
					left = append(left, c)
				}
			}
			m.live = left
			m.sign()
			continue
		}
		return
	}
}

// surest returns a candidate that is a part almost surely, or -1.
func (m *model) surest() int {
	if !m.satisfiable() {
		return -1
	}
	g := m.with(1)
	for k := range m.alive {
		if m.w[k]*g[m.sig[k]] > 0.9*m.z && m.sig[k] != 0 && !slices.Contains(m.pins, k) && m.without(k) < doubtful {
			return k
		}
	}
	return -1
}

// without is the chance that a candidate is no part.
func (m *model) without(k int) float64 {
	kept := slices.Clone(m.raw)
	kept[m.sig[k]] -= m.w[k]
	return max(0, m.expand(kept)/m.z)
}

// set computes the chance of the clauses.
func (m *model) set() {
	m.raw = make([]float64, 1<<len(m.live))
	for k, s := range m.sig {
		m.raw[s] += m.w[k]
	}
	m.least, m.signs = m.packing(), alternate(m.live)
	m.kept = slices.Clone(m.raw)
	m.z = max(m.expand(m.kept), 1e-300)
	m.given = nil
}

// packing counts clauses of which no stretch breaks two: so many parts are
// needed at least. Mistakes may need fewer.
func (m *model) packing() (n int) {
	beside := make([]uint16, len(m.live))
	for s, w := range m.raw {
		for j := range m.live {
			if w > 0 && s&(1<<j) != 0 {
				beside[j] |= uint16(s)
			}
		}
	}
	taken := uint16(0)
	for range m.live {
		best := -1
		for j, c := range m.live {
			if c.miss > surely {
				return 0
			}
			if taken&(1<<j) == 0 && (best < 0 || bits.OnesCount16(beside[j]) < bits.OnesCount16(beside[best])) {
				best = j
			}
		}
		if best < 0 {
			break
		}
		taken |= beside[best] | 1<<best
		n++
	}
	return n
}

// chance that alive candidate k is a part.
func (m *model) chance(k int) float64 {
	if slices.Contains(m.pins, k) {
		return 1 - doubtful
	}
	return -math.Expm1(-m.w[k] * m.with(1)[m.sig[k]] / m.z)
}

// reacts is the chance that a message reacts.
func (m *model) reacts(reach []int32) float64 {
	for _, k := range m.pins {
		if i := m.alive[k]; reach[m.all.lo[i]] < m.all.hi[i] {
			return doubtful
		}
	}
	kept := make([]float64, 1<<len(m.live))
	lost := false
	for k, i := range m.alive {
		if reach[m.all.lo[i]] >= m.all.hi[i] {
			kept[m.sig[k]] += m.w[k]
		} else {
			lost = true
		}
	}
	if !lost {
		return 1
	}
	return min(1, max(0, m.expand(kept)/m.z))
}

// sound reports whether the clauses can still be satisfied together.
func (m *model) sound() bool { return len(m.alive) > 0 && m.likely() > 1e-22 && m.satisfiable() }

// likely is the chance of the clauses, given that the base reacted.
func (m *model) likely() float64 {
	g := m.drawn(len(m.pins))
	return m.z / g.at(m.total)
}

// satisfiable looks for a clause that nothing alive can satisfy.
func (m *model) satisfiable() bool {
	var any uint16
	for _, s := range m.sig {
		any |= s
	}
	return int(any) == 1<<len(m.live)-1
}
