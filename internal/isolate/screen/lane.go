package screen

import (
	"cmp"
	"math"
	"slices"
)

// lane is the search for one cause of one reaction: which of its items set
// the message off, or none of them. At most one cause is looked for; others
// are found later, when the rest has gone back to the pool.
type lane struct {
	items []int     // candidates, the least likely first
	mass  []float64 // chance that the item is the cause
	prior []float64 // chance that it reacts, before the lane began
	none  float64   // chance that the reaction came from none of them
	asked int
	// cleared items were in a silent question of the lane: more such answers
	// say little, as the lane asks about few items again and again.
	cleared map[int]bool
	// tests that the lane put, the first reaction included.
	tests []test
}

// test is one answered question.
type test struct {
	items []int
	hit   bool
}

// rates are the chances of wrong answers.
type rates struct {
	miss  float64 // a trigger was sent and nothing was seen
	false float64 // nothing was sent and a reaction was seen
	join  float64 // several harmless candidates react together
	cost  float64 // of a triggering message
	pairs bool    // two that react together are no mistake
}

// newLane begins after items were sent and reacted. p are their chances.
func newLane(items []int, p []float64, r rates) *lane {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	l := &lane{cleared: map[int]bool{}, items: make([]int, len(items)), mass: make([]float64, len(items)), prior: make([]float64, len(items))}
	q := 1.0
	for at, i := range order {
		l.items[at], l.mass[at] = items[i], q*p[i]*(1-r.miss)
		l.prior[at] = p[i]
		q *= 1 - p[i]
	}
	l.none = q * r.other(len(items))
	l.tests = []test{{items: l.items, hit: true}}
	l.normalise()
	return l
}

// other is the chance that n harmless candidates are seen to react.
func (r rates) other(n int) float64 {
	if n > 1 && (!r.pairs || n > 2) {
		return min(r.false+r.join, 0.5)
	}
	return r.false
}

// last is the smallest message of the lane that held i and reacted.
func (l *lane) last(i int) []int {
	var out []int
	for _, t := range l.tests {
		if t.hit && slices.Contains(t.items, i) && (out == nil || len(t.items) < len(out)) {
			out = t.items
		}
	}
	return out
}

func (l *lane) normalise() {
	sum := l.none
	for _, m := range l.mass {
		sum += m
	}
	if sum <= 0 || math.IsNaN(sum) {
		l.none = 1
		clear(l.mass)
		return
	}
	l.none /= sum
	for i := range l.mass {
		if l.mass[i] /= sum; l.mass[i] < 1e-12 {
			l.mass[i] = 0
		}
	}
}

// best returns the likeliest item and its chance.
func (l *lane) best() (at int, mass float64) {
	at = -1
	for i, m := range l.mass {
		if m > mass {
			at, mass = i, m
		}
	}
	return at, mass
}

// another is the chance that the items at the given places react beside a
// likely cause elsewhere.
func (l *lane) another(at []int) float64 {
	q := 1.0
	for _, i := range at {
		q *= 1 - l.prior[i]
	}
	return 1 - q
}

// learn updates the chances with the answer to a question about the items at
// the given places.
func (l *lane) learn(at []int, hit bool, r rates) {
	in := make([]bool, len(l.items))
	for _, i := range at {
		in[i] = true
	}
	wrong := r.other(len(at))
	yes, no := 1-r.miss, wrong
	if !hit {
		yes, no = r.miss, 1-wrong
	}
	outside := no
	if hit {
		// Harmless candidates that react together explain the first reaction
		// as well: there is then no cause outside.
		outside = r.false
	}
	second := outside
	if hit && r.miss > 0 {
		second = max(second, l.another(at))
	}
	for i := range l.mass {
		switch {
		case in[i]:
			l.mass[i] *= yes
		case l.mass[i] >= 0.5:
			l.mass[i] *= second
		default:
			l.mass[i] *= outside
		}
	}
	l.none *= no
	l.normalise()
}
