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

// numbers are the chances of rules of 1, 2, ... parts.
type numbers [maxParts]float64

// usual numbers, if nothing is known.
func usual() numbers { return numbers{0.2, 0.2, 0.19, 0.17, 0.14, 0.05, 0.02, 0.01, 0.01, 0.01} }

// like gives the numbers if rules of so many parts are known: those of one
// filter are often alike.
func like(known []int) numbers {
	q := usual()
	if len(known) == 0 {
		return q
	}
	const same, near = 0.5, 0.15 // the rest is as usual
	for k := range q {
		q[k] *= 1 - same - 2*near
		for _, n := range known {
			switch k + 1 - n {
			case 0:
				q[k] += same / float64(len(known))
			case 1, -1:
				q[k] += near / float64(len(known))
			}
		}
	}
	return q
}

// polynomial by powers from zero on.
type polynomial [maxParts + 1]float64

// drawn gives the chance that all parts are among stretches, by their weight;
// or its derivative of an order: the same with so many of the parts given.
func (n *numbers) drawn(order int) (g polynomial) {
	for k, q := range n {
		if k++; k >= order {
			for j := range order {
				q *= float64(k - j)
			}
			g[k-order] = q
		}
	}
	return g
}

func (g *polynomial) at(x float64) (y float64) {
	for k := len(g) - 1; k >= 0; k-- {
		y = y*x + g[k]
	}
	return y
}

// from develops the polynomial in how much the weight falls short of x.
func (g *polynomial) from(x float64) (out polynomial) {
	for k, c := range g { // c·(x-l)^k
		binomial, power := 1.0, 1.0
		for j := k; j >= 0; j-- { // l^j
			out[j] += c * binomial * power
			binomial *= float64(j) / float64(k-j+1)
			power *= x
		}
	}
	for j := 1; j < len(out); j += 2 {
		out[j] = -out[j]
	}
	return out
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

// guess is the likeliest set of parts: the likeliest candidate, then the
// likeliest given that one, until all clauses are satisfied.
func (m *model) guess() []int {
	parts := slices.Clone(m.pins)
	covered := uint16(0)
	full := uint16(1<<len(m.live) - 1)
	for len(parts) < maxParts {
		more := len(parts) - len(m.pins)
		now, next := m.with(more), m.with(more+1)
		best, at := 0.0, -1
		for k := range m.alive {
			if m.overlaps(k, parts) {
				continue
			}
			if p := m.w[k] * next[covered|m.sig[k]] / now[covered]; p > best {
				best, at = p, k
			}
		}
		if at < 0 || covered == full && best < 0.5 {
			break
		}
		parts = append(parts, at)
		covered |= m.sig[at]
	}
	slices.SortFunc(parts, func(a, b int) int {
		return int(m.all.lo[m.alive[a]]*4096+m.all.hi[m.alive[a]]) - int(m.all.lo[m.alive[b]]*4096+m.all.hi[m.alive[b]])
	})
	return parts
}

// overlaps reports whether a candidate is within a part or holds one.
func (m *model) overlaps(k int, parts []int) bool {
	a := m.at(k)
	for _, p := range parts {
		b := m.at(p)
		if a.lo >= b.lo && a.hi <= b.hi || b.lo >= a.lo && b.hi <= a.hi {
			return true
		}
	}
	return false
}

func (m *model) at(k int) span {
	i := m.alive[k]
	return span{int(m.all.lo[i]), int(m.all.hi[i])}
}

// right is the chance that exactly these are the parts, or stretches within
// them too.
func (m *model) right(parts []int) float64 {
	within, covered := 0.0, uint16(0)
	for _, k := range parts {
		covered |= m.sig[k]
	}
	for k := range m.alive {
		a := m.at(k)
		if slices.Contains(parts, k) {
			continue
		}
		if slices.ContainsFunc(parts, func(q int) bool { b := m.at(q); return a.lo >= b.lo && a.hi <= b.hi }) {
			within += m.w[k]
		}
	}
	var rest []int
	for _, k := range parts {
		if slices.Contains(m.pins, k) {
			within += m.w[k]
		} else {
			rest = append(rest, k)
		}
	}
	p, g := 0.0, m.drawn(len(m.pins))
	for j := range min(len(rest), len(g)) {
		g[j] = 0 // these powers cancel out
	}
	for set := range 1 << len(rest) {
		weight, sign := within, 1.0
		for i, k := range rest {
			if set&(1<<i) != 0 {
				weight += m.w[k]
			} else {
				sign = -sign
			}
		}
		p += sign * g.at(weight)
	}
	for j, c := range m.live {
		if covered&(1<<j) == 0 {
			p *= c.miss
		}
	}
	return min(1, max(0, p/m.z))
}
