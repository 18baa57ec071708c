package survey

import "slices"

// Some servers do not tell the same thing twice: a copy or a notice that equals
// the one before is not sent until another came. So a copy that is missing
// proves nothing if the last message that had an effect may have had it for the
// same rule. Where that is suspected, another rule is put in between.

// fresh puts another rule in between if the last message that was copied shares
// a word with the next one.
func (r *run) fresh(terms []int) {
	k := r.s.k
	if !k.mute || !r.last.shares(terms) {
		return
	}
	r.change(terms)
}

// change puts another rule in between: the first of three that is copied.
func (r *run) change(terms []int) {
	k := r.s.k
	for _, u := range k.between(slices.Concat(terms, r.last.terms)) {
		m := r.put(k.words(u.parts), u.parts, "another rule in between, since the same notice may not come twice")
		if m.copied() {
			return
		}
		r.dumb = append(r.dumb, u)
	}
}

// askIf asks whether terms have effects; if these are copies alone, they must
// not be those of the message before.
func (r *run) askIf(own []string, terms []int, purpose string) reply {
	if isSoft(own) {
		r.fresh(terms)
	}
	return r.ask(terms, purpose)
}

// shares says whether the message may have had its effect for a rule in terms.
func (m reply) shares(terms []int) bool {
	return m.body != "" && (m.terms == nil || slices.ContainsFunc(m.terms, func(t int) bool { return slices.Contains(terms, t) }))
}

// between lists up to three rules that share nothing with terms (those of the
// next message and of the last that was copied), those first
// that are known to be copied, and none that was seen not to be.
func (k *knowledge) between(terms []int) []*rule {
	var telling, others []*rule
	for _, u := range k.rules {
		switch {
		case u.dumb || slices.ContainsFunc(u.parts, func(p int) bool { return k.holds(terms, p) }):
		case k.tells(u):
			telling = append(telling, u)
		default:
			others = append(others, u)
		}
	}
	all := append(telling, others...)
	return all[:min(3, len(all))]
}

// tells says whether a copy of a rule alone was seen.
func (k *knowledge) tells(u *rule) bool {
	return slices.ContainsFunc(k.log, func(m reply) bool { return m.copied() && slices.Equal(m.terms, u.parts) })
}

// confirm sends the parts of each rule once more, when others were sent before:
// copies that were kept back show.
func (s *Search) confirm() job {
	k := s.k
	var next *rule
	for _, u := range k.rules {
		if !u.confirmed && (next == nil || k.last.shares(next.parts) && !k.last.shares(u.parts)) {
			next = u
		}
	}
	if next == nil {
		return nil
	}
	return func(r *run) func() { return r.confirms(next) }
}

func (r *run) confirms(u *rule) func() {
	k := r.s.k
	if r.last.shares(u.parts) && !k.steady {
		r.change(u.parts)
	}
	m := r.ask(u.parts, "certificate: the parts alone react, after other rules")
	if !has(m.effects, u.own) {
		return func() {
			// It was chance: what reacts is looked for anew.
			if u.missed++; u.missed > 2 {
				k.rules = slices.DeleteFunc(k.rules, func(o *rule) bool { return o == u || o.like == u })
				k.chance++
			}
		}
	}
	more := slices.DeleteFunc(minus(m.effects, u.alone), func(e string) bool { return !isSoft([]string{e}) })
	if len(more) > 0 {
		r.change(u.parts)
		again := r.ask(u.parts, "certificate: a copy that was not seen before comes again")
		more = slices.DeleteFunc(more, func(e string) bool { return !slices.Contains(again.effects, e) })
	}
	return func() {
		u.confirmed = true
		u.lines[0].Keys = append(u.lines[0].Keys, m.key)
		if len(more) > 0 {
			k.mute = true
			u.copies = append(u.copies, more...)
			u.alone = sorted(append(u.alone, more...))
		}
	}
}
