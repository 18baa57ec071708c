package screen

import (
	"cmp"
	"slices"
)

// plan picks the candidates of the next question. Any set whose chance to
// hold the cause is right tells equally much; two ways of growing one are
// tried, from the heaviest candidate up and from all of them down, and the
// best moment to stop is taken.
func (l *pairLane) plan(r rates) []int {
	if c := l.best(); r.miss > 0 && c.mass >= likely {
		return l.against(c)
	}
	w := l.weights(r)
	up, gainUp := w.grow(r)
	down, gainDown := w.shrink(r)
	if gainDown > gainUp+1e-12 {
		return down
	}
	return up
}

// against picks the question that a likely cause has to pass: it is sent by
// itself, or, if the doubt is rather that one of two candidates is enough,
// that one is.
func (l *pairLane) against(best cause) []int {
	most, part := 0.0, -1
	for _, c := range l.causes {
		if c.a == c.b && best.a != best.b && (c.a == best.a || c.a == best.b) && c.mass > most {
			most, part = c.mass, c.a
		}
	}
	if most > (1-best.mass)/2 {
		return []int{part}
	}
	return best.items()
}

func (c cause) items() []int {
	if c.a == c.b {
		return []int{c.a}
	}
	return []int{c.a, c.b}
}

// weights is the mass of a lane as a matrix over the candidates it is about.
type weights struct {
	items []int
	mass  [][]float64 // symmetric; on the diagonal those alone
	sum   float64
	each  float64 // expected causes for each unit of the mass
	some  float64 // chance that there is a cause at all
}

func (l *pairLane) weights(r rates) *weights {
	w := &weights{each: 1, some: 1 - l.none}
	place := map[int]int{}
	at := func(i int) int {
		p, ok := place[i]
		if !ok {
			p = len(w.items)
			place[i] = p
			w.items = append(w.items, i)
		}
		return p
	}
	live := l.live(r)
	for _, c := range live {
		at(c.a)
		at(c.b)
	}
	w.mass = make([][]float64, len(w.items))
	for i := range w.mass {
		w.mass[i] = make([]float64, len(w.items))
	}
	for _, c := range live {
		a, b := at(c.a), at(c.b)
		w.mass[a][b], w.mass[b][a] = c.mass, c.mass
		w.sum += c.mass
	}
	if r.miss == 0 && w.some > 0 {
		w.each = l.expected() / w.some
	}
	return w
}

// live returns the causes that questions are about: with noise not the
// unlikely ones, see the constant faint.
func (l *pairLane) live(r rates) []cause {
	if r.miss == 0 {
		return l.causes
	}
	all := slices.Clone(l.causes)
	slices.SortStableFunc(all, func(x, y cause) int { return cmp.Compare(y.mass, x.mass) })
	rest, n := 1-l.none, 0
	for n < len(all) && rest > faint*(1-l.none) {
		rest -= all[n].mass
		n++
	}
	for n > 0 && n < len(all) && all[n].mass > 0.3*all[n-1].mass {
		n++
	}
	return all[:n]
}

// gain of a question that holds causes of a mass. Several causes may stand in
// the message: one of them in a part of it is likelier than the part's share.
func (w *weights) gain(mass float64, n int, r rates) float64 {
	if w.some <= 0 {
		return 0
	}
	in := min(mass/w.some, 1)
	if all := chanceOf(w.each * w.some); r.miss == 0 && all > 0 {
		in = chanceOf(w.each*mass) / all
	}
	return r.gain(in*w.some, n)
}

// grow adds the candidate with most mass towards those in.
func (w *weights) grow(r rates) (best []int, most float64) {
	n := len(w.items)
	into, total, used := make([]float64, n), make([]float64, n), make([]bool, n)
	for i := range n {
		into[i] = w.mass[i][i]
		for j := range n {
			total[i] += w.mass[i][j]
		}
	}
	var set []int
	in := 0.0
	most = -1
	for range n {
		next := -1
		for i := range n {
			if !used[i] && (next < 0 || into[i] > into[next] || into[i] == into[next] && total[i] > total[next]) {
				next = i
			}
		}
		used[next] = true
		in += into[next]
		set = append(set, w.items[next])
		for j := range n {
			if j != next {
				into[j] += w.mass[next][j]
			}
		}
		if g := w.gain(in, len(set), r); in > 0 && g > most+1e-12 {
			most, best = g, slices.Clone(set)
		}
	}
	return best, most
}

// shrink takes away the candidate with least mass towards the others.
func (w *weights) shrink(r rates) (best []int, most float64) {
	n := len(w.items)
	total, gone := make([]float64, n), make([]bool, n)
	for i := range n {
		for j := range n {
			total[i] += w.mass[i][j]
		}
	}
	in := w.sum
	most = -1
	for left := n; left > 0 && in > 0; left-- {
		if g := w.gain(in, left, r); g > most+1e-12 {
			most, best = g, best[:0]
			for i := range n {
				if !gone[i] {
					best = append(best, w.items[i])
				}
			}
		}
		least := -1
		for i := range n {
			if !gone[i] && (least < 0 || total[i] < total[least]) {
				least = i
			}
		}
		gone[least] = true
		in -= total[least]
		for j := range n {
			if j != least {
				total[j] -= w.mass[least][j]
			}
		}
	}
	return best, most
}
