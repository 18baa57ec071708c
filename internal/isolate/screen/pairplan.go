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
