package survey

import (
	"slices"
)

// orient asks whether a rule of several parts wants them as listed.
func (s *Search) orient() job {
	for _, u := range s.k.rules {
		if len(u.parts) > 1 && !u.ordered {
			return func(r *run) func() { return r.order(u) }
		}
	}
	return nil
}

func (r *run) order(u *rule) func() {
	k := r.s.k
	back := slices.Clone(u.parts)
	slices.Reverse(back)
	m := r.askOf(u, back, "do the parts react in the reverse order?")
	line := Line{Claim: "in the reverse order", Parts: k.words(back), Reacts: has(m.effects, u.own), Keys: []string{m.key}}
	if line.Reacts {
		return func() { u.setOrder(OrderAny, line) }
	}
	again := r.askOf(u, back, "certificate: no reaction in the reverse order")
	if has(again.effects, u.own) {
		return func() { k.chance++; u.setOrder(OrderAny, line) }
	}
	line.Keys = append(line.Keys, again.key)
	order := OrderListed
	for i := 0; len(back) > 2 && i+1 < len(back); i++ {
		swapped := slices.Clone(u.parts)
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
		if has(r.askOf(u, swapped, "do the parts react with two of them exchanged?").effects, u.own) {
			order = OrderUnknown
		}
	}
	return func() {
		u.setOrder(order, line)
		if !m.clear() && !k.isKnownWith(back, m.effects) {
			k.suspect(suspect{parts: back, own: m.effects, alone: m.effects, keys: []string{m.key}})
		}
	}
}

func (u *rule) setOrder(o Order, l Line) {
	u.order, u.ordered = o, true
	u.lines = append(u.lines, l)
}

// early asks for the word boundary at once where other terms hold a part: they
// react for it, or they do not.
func (r *run) early(u *rule) {
	k := r.s.k
	if slices.ContainsFunc(u.parts, func(p int) bool { return len(k.around[p]) > 0 }) {
		m := r.putOf([]*rule{u}, k.vary(u, embedded), "do the parts react inside longer words?")
		u.setBoundary(has(m.effects, u.own), m.key, k)
	}
}

// trait asks what is left about boundaries and case. Where few rules are
// expected to react, several are asked in one message.
func (s *Search) trait() job {
	k := s.k
	bound, letters := boundaryForm(), caseForm()
	if u := k.easy(bound, letters); u != nil {
		return func(r *run) func() { return r.both(bound, letters, u) }
	}
	forms := []form{bound, letters, titleForm()}
	if told(k.tell(letters)) < told(k.tell(bound)) {
		forms[0], forms[1] = letters, bound
	}
	for _, f := range forms {
		var todo []*rule
		for _, u := range k.rules {
			if f.open(k, u) {
				todo = append(todo, u)
			}
		}
		if len(todo) > 0 {
			return func(r *run) func() { return r.varied(f, todo) }
		}
	}
	return nil
}

func told(reacting, silent int) int { return reacting + silent }

// easy returns a rule that may well react inside longer words in other case, as
// most do.
func (k *knowledge) easy(f, g form) *rule {
	for _, h := range []form{f, g} {
		if reacting, silent := k.tell(h); reacting < 1+2*silent {
			return nil
		}
	}
	for _, u := range k.rules {
		if !u.doubted && f.open(k, u) && g.open(k, u) {
			return u
		}
	}
	return nil
}

// both asks two forms in one message: if it reacts, each of them would.
func (r *run) both(f, g form, u *rule) func() {
	k := r.s.k
	m := r.putOf([]*rule{u}, k.varyBy(u, func(w string) string { return g.vary(f.vary(w)) }), "do the parts react in other case inside longer words?")
	if !has(m.effects, u.own) {
		return func() { u.doubted = true }
	}
	return func() {
		f.set(u, true, m.key, k)
		g.set(u, true, m.key, k)
	}
}

// tell counts the rules that react in a form and those that do not.
func (k *knowledge) tell(f form) (reacting, silent int) {
	for _, u := range k.rules {
		yes, no := f.told(u)
		if yes {
			reacting++
		}
		if no {
			silent++
		}
	}
	return reacting, silent
}

// varied asks a form of one rule, or of several that are expected not to react.
func (r *run) varied(f form, todo []*rule) func() {
	k := r.s.k
	reacting, silent := k.tell(f)
	n := 1
	if f.rare || silent > 2*reacting {
		n = min(len(todo), (1+silent)/(1+reacting)*3)
	}
	return r.variedGroup(f, k.fitting(f, todo[:n]))
}

// fitting is as many rules as one message holds.
func (k *knowledge) fitting(f form, todo []*rule) []*rule {
	size := 0
	for i, u := range todo {
		for _, w := range k.varyBy(u, f.vary) {
			size += len(w) + len(k.c.Sep)
		}
		if i > 0 && size > k.limit {
			return todo[:i]
		}
	}
	return todo
}

func (r *run) variedGroup(f form, group []*rule) func() {
	k := r.s.k
	var words []string
	for _, u := range group {
		words = append(words, k.varyBy(u, f.vary)...)
	}
	m := r.putOf(group, words, f.purpose)
	if len(group) == 1 {
		u := group[0]
		reacts := has(m.effects, u.own)
		return func() { f.set(u, reacts, m.key, k) }
	}
	if m.clear() {
		return func() {
			for _, u := range group {
				f.set(u, false, m.key, k)
			}
		}
	}
	first := r.variedGroup(f, group[:len(group)/2])
	second := r.variedGroup(f, group[len(group)/2:])
	return func() { first(); second() }
}
