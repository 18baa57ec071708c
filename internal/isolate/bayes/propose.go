package bayes

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// proposal is a message that may be sent next.
type proposal struct {
	message
	why   string
	words message // of a certificate's message: what it proves
	right float64 // chance that the certificate is the right one
	saves float64 // what the certificate will not cost any more, if all is right
	p     float64 // chance that it reacts
	value float64
}

// proposer makes proposals for one moment.
type proposer struct {
	m      *model
	base   message
	n      int
	rng    *rand.Rand
	chance []float64 // of the alive candidates
	order  []int     // alive candidates, the likeliest first
	out    []proposal
}

func newProposer(m *model, base message, n int, rng *rand.Rand) *proposer {
	p := &proposer{m: m, base: base, n: n, rng: rng, chance: make([]float64, len(m.alive)), order: make([]int, len(m.alive))}
	for k := range m.alive {
		p.chance[k], p.order[k] = m.chance(k), k
	}
	slices.SortFunc(p.order, func(a, b int) int { return cmp.Or(cmp.Compare(p.chance[b], p.chance[a]), a-b) })
	return p
}

// all lists about a hundred messages.
func (p *proposer) all() []proposal {
	p.regions()
	p.likeliest()
	p.breaks()
	p.mixtures()
	return p.out
}

func (p *proposer) add(m message, why string) {
	p.out = append(p.out, proposal{message: m, why: why})
}

// regions leave out one stretch of what is alive, of various expected numbers
// of parts.
func (p *proposer) regions() {
	mass := make([]float64, p.n+1)
	for k, i := range p.m.alive {
		mass[(p.m.all.lo[i]+p.m.all.hi[i])/2] += p.chance[k]
	}
	for i := range p.n {
		mass[i+1] += mass[i]
	}
	total := mass[p.n]
	at := func(x float64) int {
		i, _ := slices.BinarySearch(mass, x)
		return min(i, p.n)
	}
	const starts = 8
	for _, share := range []float64{0.3, 0.6, 0.9, 1.2, 1.6} {
		for s := range starts {
			from := total * (float64(s) + p.rng.Float64()) / starts
			if to := from + share; to <= total {
				p.add(p.base.without(span{at(from), at(to)}), "is there a part in what is left out?")
			} else if share < total {
				p.add(p.base.without(span{at(from), p.n}).without(span{0, at(to - total)}), "is there a part in what is left out at both ends?")
			}
		}
	}
}

// likeliest keep only the likeliest candidates, and nothing that the base broke:
// joined stretches may be more than the base holds.
func (p *proposer) likeliest() {
	for _, n := range []int{1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 50, 70, 100, 150, 220, 330, 500} {
		if n >= len(p.order) {
			break
		}
		keep := make(message, 0, n)
		for _, k := range p.order[:n] {
			keep = append(keep, p.m.at(k))
		}
		p.add(merged(keep).common(p.base), "are the likeliest words enough?")
	}
}

// merged joins stretches that share characters.
func merged(m message) message {
	m = m.sorted()
	out := m[:0]
	for _, s := range m {
		if n := len(out); n > 0 && s.lo < out[n-1].hi {
			out[n-1].hi = max(out[n-1].hi, s.hi)
			continue
		}
		out = append(out, s)
	}
	return out
}

// breaks break a few of the likeliest candidates, or cut at their borders.
func (p *proposer) breaks() {
	all, gone := slices.Clone(p.base), slices.Clone(p.base)
	for i, k := range p.order[:min(12, len(p.order))] {
		s := p.m.at(k)
		p.add(p.base.broken(s), "is this word needed, from its first to its last character?")
		all = all.broken(s)
		p.add(all, "is one of these words needed?")
		if i < 8 {
			p.add(p.base.without(s), "is there a part here?")
			gone = gone.without(s)
			p.add(gone, "is there a part in one of these places?")
			if s.hi-s.lo > 1 {
				p.add(p.base.without(span{s.lo + 1, s.lo + 1}), "does a part cross this place?")
				p.add(p.base.without(span{s.hi - 1, s.hi - 1}), "does a part cross this place?")
			}
			p.add(p.base.without(span{s.lo, s.lo}), "does a part cross this place?")
			p.add(p.base.without(span{s.hi, s.hi}), "does a part cross this place?")
		}
	}
}

// mixtures break candidates drawn by their chances.
func (p *proposer) mixtures() {
	top := p.order[:min(60, len(p.order))]
	for range 16 {
		m, left := slices.Clone(p.base), 0.4+1.2*p.rng.Float64()
		for _, i := range p.rng.Perm(len(top)) {
			k := top[i]
			if p.chance[k] > left {
				continue
			}
			left -= p.chance[k]
			m = m.without(p.m.at(k))
		}
		p.add(m, "is there a part in one of these places?")
	}
}

// entropy in bits.
func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}
