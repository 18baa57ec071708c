package screen

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Bounds of the choice of a group and of a lane.
const (
	lookahead  = 60    // candidates passed over before a group is closed
	sure       = 0.99  // chance at which a cause is believed
	sureNoisy  = 0.992 // the same where answers may be wrong: one more would cost a trigger each
	laneLimit  = 40    // questions of one lane
	missedPart = 0.002 // chance that all silent answers were wrong, put up with
	boosted    = 0.4   // least chance of what stands inside a trigger
)

func (s *Search) rates() rates {
	r := s.counts.rates(s.c.Noisy)
	if r.cost = damped(s.c.TriggerCost); s.graph != nil {
		r.cost = dampedPairs(s.c.TriggerCost)
	}
	return r
}

// chance is the present chance that candidate i reacts.
func (s *Search) chance(i int, r rates) float64 {
	p := s.prior.of(i)
	if s.boost[i] {
		p = max(p, boosted)
	}
	for range s.clears[i] {
		p = p * r.miss / (p*r.miss + 1 - p)
	}
	return p
}

// free says whether candidate i may go into a new group. What stands inside
// another open candidate waits for that one.
func (s *Search) free(i int) bool {
	if s.status[i] != open || s.busy[i] {
		return false
	}
	if s.boost[i] {
		return true
	}
	for _, h := range s.within.holders[i] {
		if s.status[h] == open && s.clears[h] <= s.clears[i] {
			return false
		}
	}
	return true
}

// pool picks the next group: what stands inside triggers first, then in the
// order of the shuffle, those that were cleared least often first.
func (s *Search) pool() []int {
	r := s.rates()
	var queue, first []int
	for _, i := range s.order {
		switch {
		case !s.free(i):
		case s.boost[i]:
			first = append(first, i)
		default:
			queue = append(queue, i)
		}
	}
	if len(first) > 0 {
		return s.fill(first, r)
	}
	slices.SortStableFunc(queue, func(a, b int) int { return cmp.Compare(s.clears[a], s.clears[b]) })
	return s.fill(queue, r)
}

// fill takes candidates from the queue while the message tells more for its
// cost.
func (s *Search) fill(queue []int, r rates) []int {
	var group []int
	q, used, most, passed := 1.0, 0, -1.0, 0
	r.join = 0 // the same for all groups but the smallest
	for _, i := range queue {
		need := s.lens[i]
		if len(group) > 0 {
			need += s.gap()
		}
		next := q * (1 - s.chance(i, r))
		gain := r.gain(1-next, len(group)+1)
		if used+need > s.limit || gain < most {
			if passed++; passed > lookahead {
				break
			}
			continue
		}
		group, q, used, most = append(group, i), next, used+need, gain
	}
	return group
}

// screen sends a group from the pool.
func (s *Search) screen(group []int) {
	for _, i := range group {
		s.busy[i] = true
	}
	why := fmt.Sprintf("does any of %d candidates react?", len(group))
	s.ask(s.message(group), why, func(hit bool) {
		if !hit {
			s.silent(group)
			s.release(group)
			return
		}
		r := s.rates()
		p := make([]float64, len(group))
		for k, i := range group {
			p[k] = s.chance(i, r)
		}
		l := newLane(group, p, r)
		s.ready = append(s.ready, func() { s.narrow(l) })
	})
}

func (s *Search) sure() float64 {
	if s.c.Noisy {
		return sureNoisy
	}
	return sure
}

func (s *Search) release(items []int) {
	for _, i := range items {
		s.busy[i] = false
	}
}

// narrow asks the next question of a lane or ends it.
func (s *Search) narrow(l *lane) {
	for _, i := range l.items {
		if s.status[i] == holding {
			// Another lane found what stands in it: the reaction is explained.
			s.release(l.items)
			return
		}
	}
	r := s.rates()
	at, mass := l.best()
	switch {
	case at >= 0 && mass >= s.sure():
		s.found(l, l.items[at])
		return
	case at < 0 || l.none >= s.sure() || l.asked >= laneLimit:
		s.empty(l)
		return
	}
	places := l.plan(r)
	items := make([]int, len(places))
	for k, p := range places {
		items[k] = l.items[p]
	}
	l.asked++
	why := fmt.Sprintf("one of %d candidates reacts: is it among these %d?", len(l.items), len(items))
	s.ask(s.message(items), why, func(hit bool) {
		l.tests = append(l.tests, test{items, hit})
		if !hit {
			s.silent(l.fresh(items))
		}
		l.learn(places, hit, s.rates())
		s.ready = append(s.ready, func() { s.narrow(l) })
	})
}

// fresh returns those of items that were not yet silent in this lane.
func (l *lane) fresh(items []int) []int {
	var out []int
	for _, i := range items {
		if !l.cleared[i] {
			l.cleared[i] = true
			out = append(out, i)
		}
	}
	return out
}

// silent notes that a message with items was not seen to react. It held what
// stands inside them as well.
func (s *Search) silent(items []int) {
	r := s.rates()
	s.counts.quiet++
	if len(items) > 1 {
		s.counts.together++
	}
	for _, i := range items {
		s.cleared(i, r)
		for _, j := range s.within.inside[i] {
			s.cleared(int(j), r)
		}
	}
}

func (s *Search) cleared(i int, r rates) {
	if s.status[i] != open {
		return
	}
	s.clears[i]++
	if s.clears[i] == 1 {
		s.prior.add(i, false)
	}
	if s.enough(i, r) {
		s.status[i] = clean
	}
}

// enough says whether i was silent often enough. How likely it was before
// does not count: what the prior holds unlikely is not missed more often.
func (s *Search) enough(i int, r rates) bool {
	return r.miss == 0 || s.clears[i] > 0 && math.Pow(r.miss, float64(s.clears[i])) < missedPart
}

// found ends a lane with its cause.
func (s *Search) found(l *lane, i int) {
	s.release(l.items)
	direct := false
	for _, t := range l.tests {
		if len(t.items) == 1 && t.hit && t.items[0] == i {
			direct = true
		}
	}
	if at, mass := l.best(); !direct && !s.c.Noisy && l.items[at] == i {
		s.doubts = append(s.doubts, doubt{set: []int{i}, among: l.last(i), odds: l.none / mass / s.rates().other(2)})
	}
	s.tally(l, i)
	s.proofs = append(s.proofs, Proof{Trigger: []int{i}, Tests: laneProof(l.tests), Alone: direct})
	s.accept(i)
}

// accept notes a trigger and what follows from it.
func (s *Search) accept(i int) {
	s.status[i] = trigger
	s.prior.add(i, true)
	for _, h := range s.within.holders[i] {
		if s.status[h] == open || s.status[h] == trigger {
			s.status[h] = holding
		}
	}
	for _, j := range s.within.inside[i] {
		if s.status[j] == open {
			s.boost[j] = true
		}
	}
}

// tally counts what a finished lane tells about wrong answers.
func (s *Search) tally(l *lane, i int) {
	parts := 0
	for _, t := range l.tests {
		has := false
		for _, j := range t.items {
			has = has || j == i
		}
		switch {
		case has && t.hit:
			s.counts.seen++
		case has:
			s.counts.missed++
		}
		if has && t.hit && len(t.items) == 1 {
			parts++
		}
	}
	if parts > 0 && len(l.tests) > parts {
		s.counts.parted++
	}
}

// empty ends a lane whose reaction came from none of its items.
func (s *Search) empty(l *lane) {
	s.release(l.items)
	if s.c.Noisy {
		s.counts.falsely++
	} else {
		s.counts.joined++
		if !s.between && len(l.items) > 1 {
			s.between = true
		}
	}
	for _, i := range l.items {
		if s.status[i] == open && s.enough(i, s.rates()) && s.clears[i] > 0 {
			s.status[i] = clean
		}
	}
}
