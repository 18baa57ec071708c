package bayes

import (
	"math"
	"math/bits"
	"slices"
)

// The model: each candidate is a part of the rule with its own chance, apart
// from the others. A message that reacted shows that all parts are in it; what
// is not in it is out. A silent one shows that at least one part is not in it.

// Bounds of the model.
const (
	maxClauses = 12   // silent messages that are reckoned with at a time
	surely     = 1e-7 // chance that a silent message is a mistake, without noise
)

// candidates of a text, by begin and length.
type candidates struct {
	lo, hi []int32
	weight []float64 // -log(1 - chance)
}

// clause is a silent message: at least one part is not in it.
type clause struct {
	reach []int32
	miss  float64 // chance that it was silent by mistake
	text  string
}

// model is what is known at one moment.
type model struct {
	all   *candidates
	alive []int32   // indexes of candidates within the base
	w     []float64 // their weights, scaled
	sig   []uint16  // clauses that each breaks
	live  []clause
	terms []float64 // of the inclusion-exclusion over live, by set of clauses
	z     float64   // chance of all clauses
	given []float64 // by signature: chance of the clauses if such a part is there
	total float64   // of w
	// lambda is by what the weights of the prior are scaled.
	lambda float64
}

// newModel takes stock: a base that reacted and messages that did not.
func newModel(all *candidates, base message, n int, clauses []clause, lambda float64) *model {
	m := &model{all: all}
	reach := base.reach(n)
	out := 0.0
	for i := range all.lo {
		if reach[all.lo[i]] >= all.hi[i] {
			m.alive = append(m.alive, int32(i))
		} else {
			out += all.weight[i]
		}
	}
	m.w, m.sig = make([]float64, len(m.alive)), make([]uint16, len(m.alive))
	m.choose(clauses, lambda)
	m.scale(out)
	return m
}

// choose keeps the clauses that say most: in turn the one that is least
// likely to hold, given those before. Those that hold anyway are left out.
func (m *model) choose(clauses []clause, lambda float64) {
	type weighed struct {
		clause
		fails float64
	}
	list := make([]weighed, len(clauses))
	for i, c := range clauses {
		list[i] = weighed{c, 1}
	}
	m.set(lambda)
	for len(m.live) < maxClauses && len(list) > 0 {
		for fresh := 0; ; fresh++ {
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
		bit := uint16(1) << len(m.live)
		for k, i := range m.alive {
			if c.reach[m.all.lo[i]] < m.all.hi[i] {
				m.sig[k] |= bit
			}
		}
		m.live = append(m.live, c.clause)
		m.set(lambda)
	}
}

// scale chooses how many parts to expect: the likeliest scale of all chances,
// given how much of the text is out already.
func (m *model) scale(out float64) {
	base, alive := 0.0, 0.0
	for _, i := range m.alive {
		alive += m.all.weight[i]
	}
	base = alive + out
	best, bestAt := -1.0, 1.0
	for _, expect := range []float64{0.7, 1.2, 2, 3, 4.5, 6.5} {
		lambda := expect / base
		m.set(lambda)
		if like := math.Exp(-lambda*out) * m.z; like > best {
			best, bestAt = like, lambda
		}
	}
	if left := 0.5 / max(alive, 1e-300); bestAt < left {
		bestAt = left
	}
	m.lambda = bestAt
	m.set(bestAt)
	m.condition()
}

// set scales the weights and computes the chance of the clauses.
func (m *model) set(lambda float64) {
	m.total = 0
	for k, i := range m.alive {
		m.w[k] = min(lambda*m.all.weight[i], 4)
		m.total += m.w[k]
	}
	kept := make([]float64, 1<<len(m.live))
	for k, s := range m.sig {
		kept[s] += m.w[k]
	}
	m.terms = m.expand(kept, m.total)
	m.z = sum(m.terms)
}

// expand is the inclusion-exclusion: by set of clauses, the chance that none
// of them is satisfied, with the sign. kept are weights by signature.
func (m *model) expand(kept []float64, total float64) []float64 {
	subsets(kept)
	full := len(kept) - 1
	signs := make([]float64, len(kept))
	for t := range kept {
		if t == 0 {
			signs[0] = 1
		} else {
			low := bits.TrailingZeros(uint(t))
			signs[t] = -signs[t&(t-1)] * (1 - m.live[low].miss)
		}
	}
	for t := range signs {
		signs[t] *= math.Exp(kept[full&^t] - total)
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

// condition computes for each signature the chance of the clauses if a part
// with it is there.
func (m *model) condition() {
	v := slices.Clone(m.terms)
	subsets(v)
	full := len(v) - 1
	m.given = make([]float64, len(v))
	for s := range v {
		m.given[s] = max(v[full&^s], 0)
	}
}

// chance that alive candidate k is a part.
func (m *model) chance(k int) float64 {
	return min(1, -math.Expm1(-m.w[k])*m.given[m.sig[k]]/m.z)
}

// reacts is the chance that a message reacts.
func (m *model) reacts(reach []int32) float64 {
	kept := make([]float64, 1<<len(m.live))
	lost := 0.0
	for k, i := range m.alive {
		if reach[m.all.lo[i]] >= m.all.hi[i] {
			kept[m.sig[k]] += m.w[k]
		} else {
			lost += m.w[k]
		}
	}
	if lost == 0 {
		return 1
	}
	p := math.Exp(-lost) * sum(m.expand(kept, m.total-lost)) / m.z
	return min(1, max(0, p))
}

// sound reports whether the clauses can still be satisfied together.
func (m *model) sound() bool { return len(m.alive) > 0 && m.z > 1e-11 && m.satisfiable() }

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
	var parts []int
	covered := uint16(0)
	full := uint16(1<<len(m.live) - 1)
	for len(parts) < maxParts {
		rest := m.restricted(covered)
		best, at := 0.0, -1
		for k := range m.alive {
			if m.overlaps(k, parts) {
				continue
			}
			if p := -math.Expm1(-m.w[k]) * rest[covered|m.sig[k]] / rest[covered]; p > best {
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

// restricted gives m.given, floored so that it can be divided by.
func (m *model) restricted(uint16) []float64 {
	out := make([]float64, len(m.given))
	for i, g := range m.given {
		out[i] = max(g, 1e-300)
	}
	return out
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

// right is the chance that exactly these are the parts.
func (m *model) right(parts []int) float64 {
	p, covered, others := 1.0, uint16(0), m.total
	for _, k := range parts {
		p *= -math.Expm1(-m.w[k])
		covered |= m.sig[k]
	}
	for k := range m.alive {
		a := m.at(k)
		for _, q := range parts {
			if b := m.at(q); a.lo >= b.lo && a.hi <= b.hi {
				others -= m.w[k]
				break
			}
		}
	}
	for j, c := range m.live {
		if covered&(1<<j) == 0 {
			p *= c.miss
		}
	}
	return min(1, p*math.Exp(-others)/m.z)
}
