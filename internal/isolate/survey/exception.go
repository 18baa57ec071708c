package survey

import (
	"fmt"
	"slices"
	"strings"
)

// triedWith counts the rules that an exception was tried with.
func (k *knowledge) triedWith(e *exception) (n int) {
	for _, u := range k.rules {
		if !u.twin && u.like == nil && u.triedAll(e.terms) {
			n++
		}
	}
	return n
}

// innerException tries what stands inside an exception in its place.
func (r *run) innerException(u *rule, terms []int, last reply) ([]int, reply) {
	k := r.s.k
	for _, one := range terms {
		if len(terms) == 1 {
			break
		}
		if m := r.askOf(u, slices.Concat(u.parts, []int{one}), "is one word of the exception enough?"); u.silenced(m) {
			return r.innerException(u, []int{one}, m)
		}
	}
	if len(terms) > 1 {
		return terms, last
	}
	for _, inner := range k.inside[terms[0]] {
		if k.barred[inner] || u.tried[inner] || slices.Contains(u.parts, inner) {
			continue
		}
		m := r.askOf(u, slices.Concat(u.parts, []int{inner}), "does what stands inside the exception do?")
		if u.silenced(m) {
			return r.innerException(u, []int{inner}, m)
		}
	}
	return terms, last
}

// silenced says whether a message with the parts lacks effects of the rule, and
// no other effect may be the reason.
func (u *rule) silenced(m reply) bool {
	return !has(m.effects, u.own) && len(minus(m.effects, u.alone)) == 0
}

// tryException tries a known exception with another rule.
func (s *Search) tryException(u *rule, terms []int) job {
	return func(r *run) func() {
		m := r.sure(u, slices.Concat(u.parts, terms), fmt.Sprintf("does %q silence %q too?", s.k.quoted(terms), s.k.quoted(u.parts)))
		if !u.silenced(m) {
			return func() { u.try(terms) }
		}
		return r.exception(u, terms, m)
	}
}

// exception proves that terms silence a rule, asks where they must stand, and
// notes it. What the rule still does then is another rule's effect.
func (r *run) exception(u *rule, terms []int, m reply) func() {
	k := r.s.k
	keys := []string{m.key}
	known := k.exceptionOf(terms)
	for known == nil && len(keys) < (r.s.c.Repeats+1)/2 {
		again := r.askOf(u, slices.Concat(u.parts, terms), "certificate: with the exception no reaction")
		if !u.silenced(again) {
			return func() { k.chance++; r.s.giveUp(u, terms) }
		}
		keys = append(keys, again.key)
	}
	if x := r.reactsItself(terms); x != nil {
		return func() { k.suspect(*x); r.s.giveUp(u, terms) }
	}
	place := Anywhere
	if known == nil || known.place == After {
		before := r.sure(u, slices.Concat(terms, u.parts), fmt.Sprintf("does %q silence it from in front as well?", k.quoted(terms)))
		if has(before.effects, u.own) {
			place = After
		}
	}
	return func() { k.excuseRule(u, terms, m.effects, place, keys) }
}

// reactsItself looks whether an exception found anew does something by itself:
// then it was not one, but hid the rule by its own effect.
func (r *run) reactsItself(terms []int) *suspect {
	k := r.s.k
	if k.exceptionOf(terms) != nil {
		return nil
	}
	m := r.ask(terms, "does what silences it react itself?")
	if m.clear() {
		return nil
	}
	return &suspect{parts: terms, own: m.effects, alone: m.effects, keys: []string{m.key}}
}

func (k *knowledge) exceptionOf(terms []int) *exception {
	for i := range k.exceptions {
		if sameTerms(k.exceptions[i].terms, terms) {
			return &k.exceptions[i]
		}
	}
	return nil
}

// excuseRule notes an exception of a rule.
func (k *knowledge) excuseRule(u *rule, terms []int, left []string, place Place, keys []string) {
	if rest := minus(u.own, minus(u.own, left)); len(rest) > 0 {
		k.rules = append(k.rules, u.split(rest, terms))
		u.own = minus(u.own, left)
	}
	word := strings.Join(k.words(terms), "+")
	u.try(terms)
	if len(terms) == 1 {
		u.stop = append(u.stop, terms[0])
	}
	u.unless = append(u.unless, Unless{Word: word, Place: place})
	u.lines = append(u.lines, Line{Claim: fmt.Sprintf("with %q no reaction", word), Parts: append(k.words(u.parts), k.words(terms)...), Keys: keys})
	e := k.exceptionOf(terms)
	if e == nil {
		k.exceptions = append(k.exceptions, exception{terms: terms, place: place})
		e = &k.exceptions[len(k.exceptions)-1]
	}
	e.rules++
}

// split makes a rule of the effects that an exception leaves.
func (u *rule) split(rest []string, except []int) *rule {
	v := *u
	v.own, v.twin, v.confirmed = rest, true, true
	v.unless = slices.Clone(u.unless)
	v.lines = slices.Clone(u.lines)
	v.tried = slices.Clone(u.tried)
	v.try(except)
	return &v
}
