package screen

import (
	"fmt"
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
	items := l.plan(s.rates())
	l.asked++
	why := fmt.Sprintf("a candidate or a pair of %d reacts: is it among these %d?", len(l.last()), len(items))
	s.ask(s.message(items), why, func(hit bool) {
		l.tests = append(l.tests, test{items, hit})
		if !hit {
			s.silentPairs(items, l.cleared)
		}
		l.learn(items, hit, s.rates())
		s.ready = append(s.ready, func() { s.narrowPairs(l) })
	})
}

// shown says whether a likely cause needs no further message in its lane. With
// noise it must have been sent alone.
func (s *Search) shown(l *pairLane, c cause) bool { return !s.c.Noisy || l.direct(c.items()) }

// direct says whether set was sent by itself and reacted.
func (l *pairLane) direct(set []int) bool {
	return slices.ContainsFunc(l.tests, func(t test) bool { return t.hit && sameSet(t.items, set) })
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

// foundPair ends a lane with its cause.
func (s *Search) foundPair(l *pairLane, c cause) {
	s.release(l.group)
	set := c.items()
	if c.a != c.b && s.graph.linked(c.a, c.b) {
		return // found by another lane in the meantime, or inferred
	}
	direct := l.direct(set)
	if !direct && !s.c.Noisy {
		s.doubts = append(s.doubts, doubt{set: set, among: l.last(), odds: l.none / c.mass / s.rates().other(2)})
	}
	s.tallyPairs(l, set, direct)
	s.proofs = append(s.proofs, Proof{Trigger: set, Tests: laneProof(l.tests), Alone: direct})
	if c.a == c.b {
		s.accept(c.a)
		return
	}
	s.join(c.a, c.b)
}

// sameSet says whether items are those of set, in any order.
func sameSet(items, set []int) bool {
	if len(items) != len(set) {
		return false
	}
	for _, i := range set {
		if !slices.Contains(items, i) {
			return false
		}
	}
	return true
}

// join notes a pair that reacts. Candidates in which its parts stand react
// together as well; candidates inside the parts may.
func (s *Search) join(a, b int) {
	s.graph.found++
	s.graph.link(a, b)
	for _, x := range append([]int32{int32(a)}, s.within.inside[a]...) {
		for _, y := range append([]int32{int32(b)}, s.within.inside[b]...) {
			if x != y && (s.c.Noisy || s.graph.silent[int(x)*s.graph.n+int(y)] == 0) {
				s.graph.boost(int(x), int(y))
			}
		}
	}
	for _, x := range append([]int32{int32(a)}, s.within.holders[a]...) {
		for _, y := range append([]int32{int32(b)}, s.within.holders[b]...) {
			s.infer(int(x), int(y))
		}
	}
}

// infer notes a pair that holds one that reacts.
func (s *Search) infer(x, y int) {
	if x == y {
		s.boost[x] = true
		return
	}
	if s.graph.linked(x, y) || s.graph.silent[x*s.graph.n+y] == never {
		return
	}
	s.graph.link(x, y)
	s.proofs = append(s.proofs, Proof{Trigger: []int{x, y}, Inferred: true})
}

// tallyPairs counts what a finished lane tells about wrong answers.
func (s *Search) tallyPairs(l *pairLane, set []int, direct bool) {
	for _, t := range l.tests {
		holds := !slices.ContainsFunc(set, func(i int) bool { return !slices.Contains(t.items, i) })
		switch {
		case holds && t.hit:
			s.counts.seen++
		case holds:
			s.counts.missed++
		}
	}
	if direct && len(l.tests) > 1 {
		s.counts.parted++
	}
}

// emptyPairs ends a lane whose reaction came from no candidate and no pair:
// a wrong answer, or a rule of more than two words, which is kept apart.
func (s *Search) emptyPairs(l *pairLane) {
	s.release(l.group)
	if s.c.Noisy {
		s.counts.falsely++
		return
	}
	s.counts.joined++
	if !s.between {
		s.between = true
		return
	}
	s.graph.apart = append(s.graph.apart, l.last())
}
