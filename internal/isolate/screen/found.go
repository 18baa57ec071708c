package screen

// found ends a lane with its cause.
func (s *Search) found(l *lane, at int) {
	s.release(l.items)
	i, mass := l.items[at], l.mass[at]
	direct := l.direct(i)
	switch {
	case s.c.Noisy && mass < sureNoisy:
		// If another item made the reaction, only the answer alone counts.
		r, p := s.rates(), min(max(l.prior[at], 1e-6), 0.99)
		s.doubts = append(s.doubts, doubt{set: []int{i}, among: l.items, odds: (1 - p) / p * r.false / (1 - r.miss)})
	case !s.c.Noisy && !direct:
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
