package screen

import (
	"fmt"
	"math"
	"slices"
)

// narrowPairs asks the next question of a lane or ends it.
func (s *Search) narrowPairs(l *pairLane) {
	for _, i := range l.group {
		if s.status[i] == holding || s.status[i] == trigger {
			// Another lane found it: the reaction is explained.
			s.release(l.group)
			return
		}
	}
	best := l.best()
	switch {
	case best.mass >= s.sure() && s.shown(l, best):
		s.foundPair(l, best)
		return
	case best.mass == 0 || l.none >= s.sure() || l.asked >= laneLimit:
		s.emptyPairs(l)
		return
	}
	items := l.turned(l.plan(s.rates()))
	l.asked++
	why := fmt.Sprintf("a candidate or a pair of %d reacts: is it among these %d?", len(l.last()), len(items))
	s.askWhole(items, why, func(hit bool) {
		l.tests = append(l.tests, test{items, hit})
		if !hit {
			s.silentPairs(items, l.cleared)
		}
		l.learn(items, hit, s.rates())
		s.ready = append(s.ready, func() { s.narrowPairs(l) })
	}, func() { s.release(l.group) })
}

// turned changes the order of two items: neighbours that make a word in one
// order make none in the other.
func (l *pairLane) turned(items []int) []int {
	last := l.last()
	if len(items) == 2 && slices.Index(last, items[0]) < slices.Index(last, items[1]) {
		return []int{items[1], items[0]}
	}
	return items
}

// shown says whether a likely cause needs no further message in its lane. With
// noise it must have reacted alone, so often that this was no chance.
func (s *Search) shown(l *pairLane, c cause) bool {
	return !s.c.Noisy || math.Pow(s.rates().false, float64(l.direct(c.items()))) < falsePart
}

// falsePart is the chance, put up with, that a set was only ever seen to react
// by mistake.
const falsePart = 0.001

// direct says how often set was sent by itself and reacted.
func (l *pairLane) direct(set []int) int {
	n := 0
	for _, t := range l.tests {
		if t.hit && sameSet(t.items, set) {
			n++
		}
	}
	return n
}

// last is the smallest message of the lane that reacted.
func (l *pairLane) last() []int {
	var out []int
	for _, t := range l.tests {
		if t.hit && (out == nil || len(t.items) <= len(out)) {
			out = t.items
		}
	}
	return out
}

// silentPairs notes that a message with items was not seen to react. Pairs in
// counted were noted before in the same lane; new ones are added to it.
func (s *Search) silentPairs(items []int, counted map[edge]bool) {
	r := s.rates()
	s.counts.quiet++
	if len(items) > 1 {
		s.counts.together++
	}
	all := s.closure(items)
	if a := items[0]; len(items) == 1 && s.graph.alone[a] < never {
		s.graph.alone[a]++
	}
	for k, a := range all {
		if e := newEdge(a, a); counted == nil || !counted[e] {
			s.cleared(a, r)
			if counted != nil {
				counted[e] = true
			}
		}
		for _, b := range all[:k] {
			e := newEdge(a, b)
			if counted != nil && counted[e] {
				continue
			}
			s.graph.note(a, b)
			if counted != nil {
				counted[e] = true
			}
		}
	}
}

// closure is items and all that stands inside them.
func (s *Search) closure(items []int) []int {
	all := slices.Clone(items)
	for _, i := range items {
		for _, j := range s.within.inside[i] {
			all = append(all, int(j))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
