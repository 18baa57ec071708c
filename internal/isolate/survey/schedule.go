package survey

import "slices"

// schedule chooses what to do next, nil if nothing is left.
func (s *Search) schedule() job {
	k := s.k
	k.refresh()
	if len(k.suspects) > 0 {
		return s.certify(k.suspects[0])
	}
	k.measure()
	for _, plan := range []func() job{s.screen, s.gather, s.confirm, s.excuse, s.orient, s.copies, s.combine, s.mix, s.part, s.excuseMore, s.trait} {
		if j := plan(); j != nil {
			return j
		}
	}
	return nil
}

// measure counts anew what follows from the log, if it must be.
func (k *knowledge) measure() {
	var wide []int
	for i := range k.exceptions {
		if e := &k.exceptions[i]; e.wide {
			wide = append(append(wide, e.terms...), -1)
		}
	}
	if k.cover != nil && slices.Equal(wide, k.cover.wide) {
		return
	}
	k.cover = newCover(len(k.terms))
	k.cover.wide = wide
	for _, m := range k.log {
		if m.clear() {
			k.cover.add(k, m.terms)
		}
	}
}

// suspect notes terms that reacted alone.
func (k *knowledge) suspect(s suspect) {
	if slices.Contains(s.own, labelVoid) {
		k.voided = true
		if len(s.parts) == 1 {
			k.barred[s.parts[0]] = true
		} else {
			k.aside = append(k.aside, s.parts)
		}
		return
	}
	for _, r := range k.rules {
		if sameTerms(r.parts, s.parts) && has(r.own, s.own) && (r.order != OrderListed || slices.Equal(r.parts, s.parts)) {
			k.aside = append(k.aside, s.parts)
			return
		}
	}
	for _, r := range k.rules {
		if sameTerms(r.parts, s.parts) {
			s.own = minus(s.own, r.own)
		}
	}
	k.suspects = append(k.suspects, s)
}

func sameTerms(a, b []int) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(t int) bool { return !slices.Contains(b, t) })
}

// caught takes what a quest found; own are the effects it was about, nil for all.
func (s *Search) caught(c catch, own []string) {
	k := s.k
	switch c.end {
	case proven:
		if own == nil {
			own = c.last.effects
		}
		k.suspect(suspect{parts: c.terms, own: own, alone: c.last.effects, keys: []string{c.last.key}})
		return
	case chance:
		k.chance++
	case tooMany:
		k.aside = append(k.aside, c.terms)
	}
	k.failed++
}

// screen sends a group of terms that no message has cleared yet.
func (s *Search) screen() job {
	k := s.k
	var todo []int
	for _, t := range k.order {
		if k.usable[t] && !k.cover.single[t] && !k.later[t] {
			todo = append(todo, t)
		}
	}
	if len(todo) == 0 {
		return s.resume()
	}
	group := k.newSet(k.limit)
	group.fill(todo[:min(len(todo), k.groupSize())])
	return func(r *run) func() {
		r.fresh(group.terms)
		m := r.ask(group.terms, "a group of words: does any of them, or do some together, react?")
		return r.resolve(m, quest{seq: m.terms, want: anything, what: "which words of the group react", seen: m}, nil)
	}
}

// groupSize is such that about half of the groups react, as far as the share
// of words that do is known.
func (k *knowledge) groupSize() int {
	found, tested := 0, 0
	for t := range k.terms {
		if k.reacts(t) {
			found++
		}
		if k.cover.single[t] {
			tested++
		}
	}
	p := (1 + float64(found)) / (22 + float64(found+tested))
	return max(1, int(0.6/p+0.5))
}

// gather sends all that is clear in as few messages as it goes: words that
// react together show here.
func (s *Search) gather() job {
	k := s.k
	covered := make([]bool, len(k.terms))
	for _, at := range k.base {
		if m := k.log[at].terms; !k.isExcused(m) {
			for _, t := range m {
				covered[t] = true
			}
		}
	}
	var todo, rest []int
	for _, t := range k.order {
		switch {
		case !k.usable[t]:
		case covered[t]:
			rest = append(rest, t)
		default:
			todo = append(todo, t)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	m := k.newSet(k.limit - k.reserve())
	m.fill(todo)
	m.fill(rest)
	if len(m.terms) == 0 {
		k.barred[todo[0]] = true
		return func(*run) func() { return nil }
	}
	whole := k.sortByOrder(m.terms)
	return s.combination(whole, "all that is clear at once: do words react together?", func(at int) { k.base = append(k.base, at) })
}

// reserve is the room that a rule needs in front of a large message.
func (k *knowledge) reserve() int {
	most := 0
	for _, r := range k.rules {
		most = max(most, k.size(r.parts)+len(k.c.Sep))
	}
	return min(most, k.limit/4)
}

func (k *knowledge) sortByOrder(terms []int) []int {
	in := make([]bool, len(k.terms))
	for _, t := range terms {
		in[t] = true
	}
	var out []int
	for _, t := range k.order {
		if in[t] {
			out = append(out, t)
		}
	}
	return out
}

// combination sends a message of words that are clear one by one.
func (s *Search) combination(terms []int, purpose string, clear func(at int)) job {
	return func(r *run) func() {
		r.fresh(terms)
		m := r.ask(terms, purpose)
		return r.resolve(m, quest{seq: m.terms, want: anything, several: true, what: "which words react together", seen: m}, clear)
	}
}

// resolve finds what made a message react. If it did not, clear is told where
// in the log it is.
func (r *run) resolve(m reply, q quest, clear func(at int)) func() {
	s := r.s
	if m.clear() {
		return func() {
			if clear != nil {
				clear(len(s.k.log) - 1)
			}
		}
	}
	if commit := r.named(m); commit != nil {
		return commit
	}
	if commit := r.tooLong(m); commit != nil {
		return commit
	}
	c := r.minimal(q)
	if c.end == byLength || c.end == tooMany {
		if commit := r.filler(m); commit != nil {
			return commit
		}
	}
	if c.end == byLength {
		q.patient = true
		c = r.minimal(q)
	}
	r.doubt = c.end == chance && isSoft(m.effects)
	return func() {
		s.caught(c, nil)
		if c.end != proven {
			s.k.inVain(m)
		}
		if r.doubt {
			s.k.putOff(m)
		}
	}
}

// putOff leaves a message for later, when a rule is known that can be put in
// between: a copy came, and did not come again.
func (k *knowledge) putOff(m reply) {
	k.mute = true
	for _, t := range m.terms {
		k.later[t] = true
	}
}

// resume takes up what was put off.
func (s *Search) resume() job {
	k := s.k
	if !slices.Contains(k.later, true) {
		return nil
	}
	return func(*run) func() { return func() { clear(k.later) } }
}

// inVain counts messages that led nowhere; one that did so often is not sent
// again.
func (k *knowledge) inVain(m reply) {
	if k.vain == nil {
		k.vain = map[string]int{}
	}
	if k.vain[m.body]++; k.vain[m.body] > 2 {
		set := slices.Clone(m.terms)
		slices.Sort(set)
		k.aside = append(k.aside, slices.Compact(set))
	}
}
