package survey

import (
	"fmt"
	"slices"
	"strings"
)

// certify proves a suspect: its parts alone react every time, and without any
// one of them they do not.
func (s *Search) certify(x suspect) job {
	k, first := s.k, x // x may turn out to do something else
	return func(r *run) func() {
		x := first
		if base := r.everything(x); base != nil {
			return base
		}
		alone, ok := r.repeated(&x)
		if !ok {
			return func() { s.drop(first); k.chance++ }
		}
		lines := []Line{alone}
		exact := true
		for i := range x.parts {
			line, smaller, ok := r.lacking(x, i)
			if smaller != nil {
				return func() { s.drop(first); k.suspect(*smaller) }
			}
			exact = exact && ok
			if line.Keys != nil {
				lines = append(lines, line)
			}
		}
		if x.like != nil {
			return func() { s.drop(first); k.rules = append(k.rules, variant(x, lines)) }
		}
		if inner := r.innermost(x); inner != nil {
			return func() { s.drop(first); k.suspect(*inner) }
		}
		u := &rule{parts: x.parts, own: x.own, alone: x.alone, lines: lines, exact: exact, boundary: Unknown, letters: CaseUnknown, tried: make([]bool, len(k.terms))}
		r.early(u)
		var others []suspect
		if u.boundary != No {
			others = r.likely(x, u)
		}
		return func() {
			s.drop(first)
			k.rules = append(k.rules, u)
			for _, o := range others {
				k.suspect(o)
			}
		}
	}
}

// variant is a rule that is another one but for a like word: what else is asked
// of that one is not asked again.
func variant(x suspect, lines []Line) *rule {
	v := *x.like
	v.parts, v.lines, v.like = x.parts, lines, x.like
	v.tried, v.unless, v.stop, v.met = slices.Clone(v.tried), nil, nil, nil
	v.ordered, v.bounded, v.cased, v.titled = true, true, true, true
	return &v
}

func (s *Search) drop(x suspect) {
	s.k.suspects = slices.DeleteFunc(s.k.suspects, func(o suspect) bool {
		return slices.Equal(o.parts, x.parts) && slices.Equal(o.own, x.own)
	})
}

// repeated sends the parts alone as often as wanted. If they do something else
// every time, that is the effect.
func (r *run) repeated(x *suspect) (Line, bool) {
	want := max(1, r.s.c.Repeats-1) // once more when others were sent
	line := Line{Claim: fmt.Sprintf("%q reacts", r.s.k.quoted(x.parts)), Parts: r.s.k.words(x.parts), Reacts: true, Keys: slices.Clone(x.keys)}
	other := map[string][]string{} // by effects, the messages
	for range 2*want + 1 {
		if len(line.Keys) >= want {
			return line, true
		}
		m := r.askIf(x.own, x.parts, "certificate: the parts alone react")
		if has(m.effects, x.own) {
			line.Keys = append(line.Keys, m.key)
			continue
		}
		if m.clear() || has(m.effects, x.alone) {
			continue
		}
		name := strings.Join(m.effects, " ")
		if other[name] = append(other[name], m.key); len(other[name]) >= want {
			x.own, x.alone, line.Keys = m.effects, m.effects, other[name]
			return line, true
		}
	}
	return line, len(line.Keys) >= want
}

// lacking sends the parts without part i: they must not react. If they do,
// they are a smaller suspect.
func (r *run) lacking(x suspect, i int) (Line, *suspect, bool) {
	k := r.s.k
	rest := slices.Delete(slices.Clone(x.parts), i, i+1)
	line := Line{Claim: fmt.Sprintf("without %q no reaction", k.terms[x.parts[i]]), Parts: k.words(rest)}
	if len(rest) == 0 {
		m, ok := k.anyClear(x.parts[0])
		if ok {
			line.Parts, line.Keys = k.words(m.terms), []string{m.key}
		}
		return line, nil, ok
	}
	if m, ok := k.clearWith(rest, x.parts[i]); ok {
		if line.Keys = append(line.Keys, m.key); x.like != nil {
			return line, nil, true
		}
	}
	// A clear message of many words may have been silenced by one of them: what
	// the rest does alone decides.
	n, quiet, reacted := (r.s.c.Repeats+1)/2, 0, 0
	for len(line.Keys) < n || quiet <= reacted {
		m := r.askIf(x.own, rest, "certificate: without one part no reaction")
		if !has(m.effects, x.own) {
			quiet++
			line.Keys = append(line.Keys, m.key)
			continue
		}
		if reacted++; reacted > n {
			return line, &suspect{parts: rest, own: m.effects, alone: m.effects, keys: []string{m.key}}, false
		}
	}
	return line, nil, true
}

// anyClear returns the last clear message without t.
func (k *knowledge) anyClear(t int) (reply, bool) {
	for _, m := range slices.Backward(k.log) {
		if m.clear() && !slices.Contains(m.terms, t) && !k.isExcused(m.terms) {
			return m, true
		}
	}
	return reply{}, false
}

// clearWith returns the first clear message with some terms and without t.
func (k *knowledge) clearWith(terms []int, t int) (reply, bool) {
	for _, m := range k.log {
		if m.clear() && !k.holds(m.terms, t) && !k.isExcused(m.terms) && !slices.ContainsFunc(terms, func(o int) bool { return !slices.Contains(m.terms, o) }) {
			return m, true
		}
	}
	return reply{}, false
}

// innermost tries the terms that stand inside a part in its place: the part may
// have reacted for what stands inside it.
func (r *run) innermost(x suspect) *suspect {
	k := r.s.k
	for i, p := range x.parts {
		for _, inner := range k.inside[p] {
			parts := slices.Clone(x.parts)
			parts[i] = inner
			if k.barred[inner] || slices.Contains(x.parts, inner) || k.isKnown(parts) {
				continue
			}
			if len(parts) == 1 && k.cover != nil && k.cover.single[inner] {
				continue
			}
			m := r.askIf(x.own, parts, fmt.Sprintf("does %q react for what stands inside it?", k.terms[p]))
			if has(m.effects, x.own) {
				return &suspect{parts: parts, own: x.own, alone: m.effects, keys: []string{m.key}}
			}
		}
	}
	return nil
}

// likely tries words that are like a part in its place: a rule may want one or
// the other.
func (r *run) likely(x suspect, u *rule) []suspect {
	k := r.s.k
	var out []suspect
	for i, p := range x.parts {
		for o := range k.terms {
			parts := slices.Clone(x.parts)
			parts[i] = o
			if len(parts) < 2 || !alike(k.terms[p], k.terms[o]) || slices.Contains(x.parts, o) || slices.Contains(k.inside[p], o) || !k.usable[o] || k.isKnown(parts) {
				continue
			}
			m := r.askIf(x.own, parts, fmt.Sprintf("does %q do in place of %q?", k.terms[o], k.terms[p]))
			if has(m.effects, x.own) {
				out = append(out, suspect{parts: parts, own: x.own, alone: m.effects, keys: []string{m.key}, like: u})
			}
		}
	}
	return out
}

// isKnown says whether the parts are those of a rule.
func (k *knowledge) isKnown(parts []int) bool {
	return slices.ContainsFunc(k.rules, func(r *rule) bool { return sameTerms(r.parts, parts) })
}

// everything looks for effects that every message has, once, when something
// reacted and nothing was clear yet.
func (r *run) everything(x suspect) func() {
	k := r.s.k
	if slices.ContainsFunc(k.log, func(m reply) bool { return m.clear() }) || len(k.rules) > 0 {
		return nil
	}
	common := x.alone
	tried := 0
	for _, t := range k.order {
		if tried == 3 || len(common) == 0 {
			break
		}
		if slices.Contains(x.parts, t) || k.barred[t] {
			continue
		}
		tried++
		m := r.ask([]int{t}, "does every message have this effect?")
		common = slices.DeleteFunc(slices.Clone(common), func(e string) bool { return !slices.Contains(m.effects, e) })
	}
	if tried < 3 || len(common) == 0 {
		return nil
	}
	return func() {
		k.always = append(k.always, common...)
		k.suspects = nil
		for i := range k.log {
			k.log[i].effects = k.without(k.log[i].effects)
		}
		k.cover = nil
	}
}
