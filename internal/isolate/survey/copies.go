package survey

import "slices"

// copies sends rules that only copy together: another rule may want two of
// their words, and would not be seen otherwise.
func (s *Search) copies() job {
	k := s.k
	var soft []*rule
	for _, u := range k.rules {
		if isSoft(u.alone) {
			soft = append(soft, u)
		}
	}
	for i, u := range soft {
		for _, v := range soft[i+1:] {
			if !u.metAll(v) {
				return s.together(soft, u, v)
			}
		}
	}
	return nil
}

// metAll says whether two rules stood together already, or share what they are
// about.
func (u *rule) metAll(v *rule) bool {
	return slices.Contains(u.met, v) || sameTerms(u.parts, v.parts)
}

// together sends u and v, and as many others as known rules allow.
func (s *Search) together(soft []*rule, u, v *rule) job {
	k := s.k
	m := k.newSet(k.limit)
	var in []*rule
	join := func(w *rule) bool {
		m.free = w
		for _, p := range w.parts {
			if !m.in[p] && !m.fits(p) {
				return false
			}
		}
		for _, p := range w.parts {
			if !m.in[p] {
				m.add(p)
			}
		}
		in = append(in, w)
		return true
	}
	if !join(u) || !join(v) {
		return func(*run) func() { return func() { u.meet(v) } }
	}
	// What others are expected to do must not hide what these two do.
	expected := slices.Concat(u.alone, v.alone)
	for _, w := range soft {
		if w != u && w != v && has(expected, w.alone) {
			join(w)
		}
	}
	return func(r *run) func() {
		a := r.ask(m.terms, "words that are only copied, all at once: does more happen?")
		more := minus(a.effects, expected)
		if len(more) == 0 {
			return func() {
				for i, x := range in {
					for _, y := range in[i+1:] {
						if has(slices.Concat(x.alone, y.alone), expected) {
							x.meet(y)
						}
					}
				}
			}
		}
		c := r.minimal(quest{seq: a.terms, want: shows(more), what: "which of the copied words do more together", seen: a})
		return func() {
			if c.end != proven || k.isKnownWith(c.terms, more) {
				u.meet(v)
			}
			s.caught(c, more)
		}
	}
}

func (u *rule) meet(v *rule) {
	u.met = append(u.met, v)
	v.met = append(v.met, u)
}
