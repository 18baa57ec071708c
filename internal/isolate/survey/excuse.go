package survey

import (
	"fmt"
	"slices"
)

// excuse sends a rule in front of words that were not tried with it: what
// silences it is an exception, what adds an effect is another rule.
func (s *Search) excuse() job { return s.excuseRules(false) }

// excuseMore does the same for what was left out because messages are short, if
// not too many were sent.
func (s *Search) excuseMore() job {
	if !s.thrifty() {
		return nil
	}
	return s.excuseRules(true)
}

// perRule is how many messages for each rule may have been sent when more is
// done that seldom finds something.
const perRule = 30

func (s *Search) thrifty() bool { return s.messages < perRule*max(len(s.k.rules), 5) }

func (s *Search) excuseRules(all bool) job {
	k := s.k
	for i := range k.exceptions {
		e := &k.exceptions[i]
		for _, u := range k.rules {
			if u.like == nil && !u.triedAll(e.terms) && (e.wide || k.triedWith(e) < 3) && !slices.ContainsFunc(e.terms, func(t int) bool { return slices.Contains(u.parts, t) }) {
				return s.tryException(u, e.terms)
			}
		}
	}
	// What ends the session is costly: it comes last.
	for _, costly := range []bool{false, true} {
		for _, u := range k.rules {
			if u.like != nil || costly != slices.Contains(u.own, Ended) {
				continue
			}
			if j := s.tryMany(u, all); j != nil {
				return j
			}
		}
	}
	return nil
}

func (u *rule) triedAll(terms []int) bool {
	return !slices.ContainsFunc(terms, func(t int) bool { return !u.tried[t] })
}

// tryMany sends a rule with as many words as fit. They are from one message
// that was clear, so that what happens is due to the rule.
func (s *Search) tryMany(u *rule, all bool) job {
	k := s.k
	best, most := []int(nil), 0
	for _, at := range k.base {
		if m := k.log[at].terms; k.untried(u, m, all) > 0 && !k.isExcused(m) {
			others := k.beside(u, m)
			if n := k.untried(u, others, all); n > most {
				best, most = others, n
			}
		}
	}
	if most == 0 {
		best = k.holders(u)
	}
	if len(best) == 0 {
		return nil
	}
	return func(r *run) func() { return r.excuses(u, best) }
}

// holders lists words not yet tried that hold a part of the rule and would do
// for it: such a word may be an exception as well.
func (k *knowledge) holders(u *rule) []int {
	m := k.newSet(k.limit)
	m.free = u
	for _, p := range u.parts {
		m.add(p)
	}
	for i, p := range u.parts {
		for _, o := range k.around[p] {
			if u.option(k, i, o) && !u.tried[o] && !k.barred[o] && !k.stops(u, o) && m.fits(o) {
				m.add(o)
			}
		}
	}
	return m.terms[len(u.parts):]
}

// beside is what can stand beside the parts of a rule, of a message.
func (k *knowledge) beside(u *rule, terms []int) []int {
	m := k.newSet(k.limit)
	m.free = u
	for _, p := range u.parts {
		m.add(p)
	}
	for _, t := range terms {
		if k.usable[t] && !k.stops(u, t) && m.fits(t) {
			m.add(t)
		}
	}
	return m.terms[len(u.parts):]
}

// stops says whether t is or holds a known exception of a rule.
func (k *knowledge) stops(u *rule, t int) bool {
	return slices.ContainsFunc(u.stop, func(x int) bool { return x == t || slices.Contains(k.inside[t], x) })
}

// untried counts the terms that are to be tried with a rule: each with three
// rules at least, and with all where most go in one message.
func (k *knowledge) untried(u *rule, terms []int, all bool) int {
	n, few := 0, 0
	for _, t := range terms {
		if !u.tried[t] {
			n++
			if k.tries(t) < 3 {
				few++
			}
		}
	}
	if all || k.roomy() && 2*n > len(terms) {
		return n
	}
	return few
}

// roomy says whether all terms fit into one message.
func (k *knowledge) roomy() bool {
	n := 0
	for _, t := range k.terms {
		n += len(t) + len(k.c.Sep)
	}
	return n <= k.limit
}

// tries counts the rules that t was tried with.
func (k *knowledge) tries(t int) (n int) {
	for _, u := range k.rules {
		if u.tried[t] {
			n++
		}
	}
	return n
}

func (r *run) excuses(u *rule, others []int) func() {
	s, k := r.s, r.s.k
	name := k.quoted(u.parts)
	m := r.askOf(u, slices.Concat(u.parts, others), fmt.Sprintf("%q with all that is clear: does anything silence or change it?", name))
	more := minus(m.effects, u.alone)
	lost := !has(m.effects, u.own)
	switch {
	case len(more) > 0:
		if x := r.ask(others, "the same words without it: do they react?"); !x.clear() {
			commit := r.resolve(x, quest{seq: x.terms, want: anything, several: true, what: "which words react together", seen: x}, nil)
			return func() { s.changed(u, others); commit() }
		}
		q := quest{lead: u.parts, seq: others, want: shows(more), what: fmt.Sprintf("what changes the effect of %q", name), seen: m}
		c := r.minimalMore(q, u)
		return func() {
			s.changed(u, others)
			if c.end == proven {
				c.terms = append(slices.Clone(u.parts), c.terms...)
			}
			s.caughtWith(c, more, u, others)
		}
	case !lost:
		return func() { u.try(others) }
	}
	q := quest{lead: u.parts, seq: others, want: u.silenced, what: fmt.Sprintf("what silences %q", name), seen: m}
	c := r.minimal(q)
	if c.end != proven {
		return func() { k.chance++; s.giveUp(u, others) }
	}
	terms, last := r.innerException(u, c.terms, c.last)
	return r.exception(u, terms, last)
}

// minimalMore looks for what must join the parts of a rule.
func (r *run) minimalMore(q quest, u *rule) catch {
	most := max(1, r.s.c.Combine-len(u.parts))
	c := r.minimal(q)
	if c.end == proven && len(c.terms) > most {
		c.end = tooMany
	}
	return c
}

func (s *Search) caughtWith(c catch, own []string, u *rule, others []int) {
	if c.end == proven && !s.k.isKnownWith(c.terms, own) {
		s.caught(c, own)
		return
	}
	s.k.failed++
	s.giveUp(u, others)
}

// isKnownWith says whether a rule of these parts with these effects is known.
func (k *knowledge) isKnownWith(parts []int, own []string) bool {
	return slices.ContainsFunc(k.rules, func(r *rule) bool { return sameTerms(r.parts, parts) && has(r.own, own) })
}

// changed counts how often words changed the effect of a rule. Each time should
// lead to a rule; where it does not, that ends.
func (s *Search) changed(u *rule, others []int) {
	if u.changes++; u.changes > 12 {
		u.try(others)
	}
}

// giveUp notes words as tried after several failures, so that contradictions
// end.
func (s *Search) giveUp(u *rule, others []int) {
	if u.failed++; u.failed > 3 {
		u.try(others)
	}
}

func (u *rule) try(terms []int) {
	for _, t := range terms {
		u.tried[t] = true
	}
}
