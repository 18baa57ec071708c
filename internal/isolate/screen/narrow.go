package screen

import (
	"fmt"
	"math"
)

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
	case at >= 0 && (mass >= s.sure() || s.provisional(l, at)):
		s.found(l, at)
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
		next := l
		if hit && s.c.Noisy && l.asked%circle == 0 {
			next = s.restart(l, items)
		} else {
			l.learn(places, hit, s.rates())
		}
		s.ready = append(s.ready, func() { s.narrow(next) })
	})
}

// restart begins a lane anew, with the items of a message that reacted. A lane
// that takes so long holds two triggers, and what speaks for the one speaks
// against the other.
func (s *Search) restart(l *lane, items []int) *lane {
	s.release(l.items)
	r := s.rates()
	p := make([]float64, len(items))
	for k, i := range items {
		s.busy[i] = true
		p[k] = s.chance(i, r)
	}
	next := newLane(items, p, r)
	next.asked, next.cleared = l.asked, l.cleared
	return next
}

// provisional says whether a cause is believed for the time being: with noise,
// if it reacted alone and only other items may have made the reaction. They
// are asked about anyway; if one of them turns out to react, the cause is sent
// alone again.
func (s *Search) provisional(l *lane, at int) bool {
	return s.c.Noisy && l.mass[at] >= sureForNow && l.none < 1-sureNoisy && l.direct(l.items[at])
}

// direct says whether i was sent by itself and reacted.
func (l *lane) direct(i int) bool {
	for _, t := range l.tests {
		if len(t.items) == 1 && t.hit && t.items[0] == i {
			return true
		}
	}
	return false
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
