package bayes

import "slices"

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
