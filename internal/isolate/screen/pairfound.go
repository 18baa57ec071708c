package screen

import "slices"

// foundPair ends a lane with its cause.
func (s *Search) foundPair(l *pairLane, c cause) {
	s.release(l.group)
	set := c.items()
	if c.a != c.b && s.graph.linked(c.a, c.b) {
		return // found by another lane in the meantime, or inferred
	}
	direct := l.direct(set) > 0
	if !direct && !s.c.Noisy {
		s.doubts = append(s.doubts, doubt{set: set, among: l.last(), odds: l.none / c.mass})
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
