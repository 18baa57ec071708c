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
	if n > 1 {
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

// plan picks the items of the next question: of all beginnings of two orders
// the one that tells most for its cost.
func (l *lane) plan(r rates) []int {
	if at, mass := l.best(); r.miss > 0 && mass >= likely {
		return []int{at}
	}
	live := l.live(r)
	slices.SortStableFunc(live, func(a, b int) int { return cmp.Compare(l.mass[a], l.mass[b]) })
	up, gainUp := l.cut(live, r)
	down := slices.Clone(live)
	slices.Reverse(down)
	n, gain := l.cut(down, r)
	if gain > gainUp+1e-12 {
		return down[:n]
	}
	return live[:up]
}

// likely is the chance at which a noisy lane asks for one item alone: a
// reaction of all others would say nothing against it.
const likely = 0.85

// faint is the share of the mass that is left out of questions. What lay
// outside a message that reacted is there: asked about again, a second
// trigger among it would lead the lane in a circle.
const faint = 0.1

// live returns the places of the items that questions are about, in order.
func (l *lane) live(r rates) []int {
	faint := faint
	if r.miss == 0 {
		faint = 0
	}
	var all []int
	sum := 0.0
	for i, m := range l.mass {
		if m > 0 {
			all = append(all, i)
			sum += m
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(l.mass[b], l.mass[a]) })
	rest, n := sum, 0
	for n < len(all) && rest > faint*sum {
		rest -= l.mass[all[n]]
		n++
	}
	for n > 0 && n < len(all) && l.mass[all[n]] > 0.3*l.mass[all[n-1]] {
		n++
	}
	all = all[:n]
	slices.Sort(all)
	return all
}

// cut finds the best beginning of order.
func (l *lane) cut(order []int, r rates) (best int, most float64) {
	in := 0.0
	most = -1
	for k, i := range order {
		in += l.mass[i]
		if g := r.gain(in, k+1); g > most+1e-12 {
			best, most = k+1, g
		}
	}
	return best, most
}

// gain is the knowledge in bits for each unit of cost, of a question with n
// items that holds the cause with chance in.
func (r rates) gain(in float64, n int) float64 {
	in = min(max(in, 0), 1)
	wrong := r.other(n)
	hit := in*(1-r.miss) + (1-in)*wrong
	bits := entropy(hit) - in*entropy(r.miss) - (1-in)*entropy(wrong)
	return bits / (1 + (r.cost-1)*hit)
}

// entropy of a coin in bits.
func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
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
