package screen

import (
	"math"
	"slices"
)

// cause is what may have set a message off: a candidate (a and b equal) or
// two of them.
type cause struct {
	a, b  int
	mass  float64 // chance that it is the cause
	prior float64 // chance that it reacts, before the lane began
}

func (c cause) within(in map[int]bool) bool { return in[c.a] && in[c.b] }

// pairLane is the search for one cause of one reaction, a candidate or a
// pair. Without wrong answers it is exact: the reaction of the smallest
// message that reacted implies those of all larger ones, and silent messages
// only take causes away.
type pairLane struct {
	group  []int // all candidates of the first message
	causes []cause
	none   float64 // chance that no cause made the reaction
	asked  int
	tests  []test
	// cleared pairs were in a silent question of the lane.
	cleared map[edge]bool
}

// chanceOf is the chance of at least one event of so many expected ones.
func chanceOf(expected float64) float64 { return -math.Expm1(-expected) }

func (s *Search) newPairLane(group []int) *pairLane {
	r := s.rates()
	o := s.odds(r)
	l := &pairLane{group: group, cleared: map[edge]bool{}, tests: []test{{items: group, hit: true}}}
	q := 1.0
	for k, a := range group {
		if p := s.aloneChance(a, r); p > 0 {
			l.causes = append(l.causes, cause{a: a, b: a, prior: p})
		}
		for _, b := range group[:k] {
			if p := o.of(a, b); p > 0 {
				l.causes = append(l.causes, cause{a: b, b: a, prior: p})
			}
		}
	}
	for i := range l.causes {
		l.causes[i].mass = l.causes[i].prior * (1 - r.miss)
		q *= 1 - l.causes[i].prior
	}
	l.none = q * r.other(len(group))
	l.normalise()
	return l
}

// suspect is the chance that a candidate in a pair reacts by itself after all:
// its silent messages may have been missed, and then it makes pairs with all.
const suspect = 0.02

// aloneChance is the chance that a reacts by itself. With noise a candidate
// of a pair is suspected until it was sent alone.
func (s *Search) aloneChance(a int, r rates) float64 {
	p := 0.0
	if s.status[a] == open {
		p = s.chance(a, r)
	}
	if r.miss > 0 && len(s.graph.links[a]) > 0 {
		p = max(p, suspect*math.Pow(r.miss, float64(s.graph.alone[a])))
	}
	return p
}

func (l *pairLane) normalise() {
	sum := l.none
	for _, c := range l.causes {
		sum += c.mass
	}
	if sum <= 0 || math.IsNaN(sum) {
		l.none, l.causes = 1, nil
		return
	}
	l.none /= sum
	for i := range l.causes {
		l.causes[i].mass /= sum
	}
	l.causes = slices.DeleteFunc(l.causes, func(c cause) bool { return c.mass < 1e-12 })
}

// best returns the likeliest cause.
func (l *pairLane) best() cause {
	var best cause
	for _, c := range l.causes {
		if c.mass > best.mass {
			best = c
		}
	}
	return best
}

// expected is how many causes the lane expects, as it stands.
func (l *pairLane) expected() float64 {
	sum := 0.0
	for _, c := range l.causes {
		sum += c.prior
	}
	return sum
}

// learn updates the chances with the answer to a question about items.
func (l *pairLane) learn(items []int, hit bool, r rates) {
	in := make(map[int]bool, len(items))
	for _, i := range items {
		in[i] = true
	}
	wrong := r.other(len(items))
	yes, no := 1-r.miss, wrong
	if !hit {
		yes, no = r.miss, 1-wrong
	}
	outside := no
	if hit {
		outside = r.false
	}
	second := outside
	if hit && r.miss > 0 {
		second = max(second, l.another(in))
	}
	for i, c := range l.causes {
		switch {
		case c.within(in):
			l.causes[i].mass *= yes
		case c.mass >= 0.5:
			l.causes[i].mass *= second
		default:
			l.causes[i].mass *= outside
		}
	}
	l.none *= no
	l.normalise()
}

// another is the chance that something among the items reacts beside a likely
// cause elsewhere.
func (l *pairLane) another(in map[int]bool) float64 {
	sum := 0.0
	for _, c := range l.causes {
		if c.within(in) {
			sum += c.prior
		}
	}
	return chanceOf(sum)
}
