package screen

import (
	"cmp"
	"fmt"
	"slices"
)

// Bounds of the choice of a group and of a lane.
const (
	lookahead   = 60    // candidates passed over before a group is closed
	sure        = 0.99  // chance at which a cause is believed
	sureNoisy   = 0.995 // the same where answers may be wrong: one more would cost a trigger each
	sureForNow  = 0.9   // the same if only other candidates are the doubt
	circle      = 12    // questions after which a lane is begun anew
	laneLimit   = 40    // questions of one lane
	missedPart  = 0.002 // chance that all silent answers were wrong, put up with
	firstChance = 0.15  // from here on the shorter of two goes first
	boosted     = 0.4   // least chance of what stands inside a trigger
)

func (s *Search) rates() rates {
	r := s.counts.rates(s.c.Noisy)
	if r.cost = s.c.TriggerCost; s.graph != nil {
		r.cost, r.pairs = pairCost(s.c.TriggerCost), true
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
// another open candidate waits for that one: a silent answer is worth two. But
// if it is likely to react, the other waits: it need not be sent then.
func (s *Search) free(i int, r rates) bool {
	if s.status[i] != open || s.busy[i] {
		return false
	}
	for _, j := range s.within.inside[i] {
		if s.status[j] == open && s.first(int(j), r) {
			return false
		}
	}
	if len(s.within.holders[i]) == 0 || s.first(i, r) {
		return true
	}
	for _, h := range s.within.holders[i] {
		if s.status[h] == open && s.clears[h] <= s.clears[i] {
			return false
		}
	}
	return true
}

// first says whether i is asked about before what it stands in.
func (s *Search) first(i int, r rates) bool { return s.boost[i] || s.chance(i, r) >= firstChance }

// pool picks the next group: what stands inside triggers first, then in the
// order of the shuffle, those that were cleared least often first.
func (s *Search) pool() []int {
	r := s.rates()
	var queue, first []int
	for _, i := range s.order {
		switch {
		case !s.free(i, r):
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
