package screen

import (
	"cmp"
	"math"
	"slices"
)

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
	return bits / (1 + (r.cost-1)*in)
}

// entropy of a coin in bits.
func entropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log2(p) - (1-p)*math.Log2(1-p)
}
