package survey

import (
	"slices"
	"strings"
)

// rule is a rule under work.
type rule struct {
	parts    []int
	own      []string // its effects
	alone    []string // all effects of its parts alone, those of smaller rules too
	order    Order
	unless   []Unless
	boundary Trait
	letters  Case
	lines    []Line
	exact    bool

	copies    []string // more effects: copies that do not come twice in a row
	missed    int      // times it did not react when it was to be confirmed
	dumb      bool     // no copy was seen of it
	confirmed bool     // it reacted after others
	tried     []bool   // terms tried as exceptions
	stop      []int    // terms that disable it one by one
	doubted   bool     // does not react in other case inside longer words
	like      *rule    // the rule that this one differs from in one like word
	twin      bool     // it has the parts of another rule
	failed    int      // exceptions that could not be shown
	changes   int      // times that words changed its effect
	ordered   bool     // order was asked
	bounded   bool     // boundary was asked
	cased     bool     // case was asked
	titled    bool     // case of the first letter was asked
	met       []*rule  // rules that only copy and that it stood together with
}

// option says whether term t does for part i: it is the part, or holds it as a
// word of its own, or holds it and needs no boundary.
func (r *rule) option(k *knowledge, i, t int) bool {
	p := r.parts[i]
	return p == t || slices.Contains(k.around[p], t) && (r.boundary == No || k.standsIn(p, t))
}

// explains says whether v reacts only because the parts of r stand inside its
// own.
func (r *rule) explains(k *knowledge, v *rule) bool {
	if len(r.parts) != len(v.parts) || !has(r.own, v.own) || slices.Equal(r.parts, v.parts) || v.like != nil {
		return false
	}
	for i := range r.parts {
		if !slices.ContainsFunc(v.parts, func(t int) bool { return r.option(k, i, t) }) {
			return false
		}
	}
	return !sameTerms(r.parts, v.parts)
}

// set is a message that grows without making a known rule react.
type set struct {
	k     *knowledge
	in    []bool
	terms []int
	size  int
	limit int
	free  *rule // a rule that may react
}

func (k *knowledge) newSet(limit int) *set {
	return &set{k: k, in: make([]bool, len(k.terms)), limit: limit}
}

// fits says whether t can join.
func (s *set) fits(t int) bool {
	more := len(s.k.terms[t])
	if len(s.terms) > 0 {
		more += len(s.k.c.Sep)
	}
	if s.in[t] || s.size+more > s.limit {
		return false
	}
	s.in[t] = true
	bad := s.completes(t)
	s.in[t] = false
	return !bad
}

// completes says whether t, which is in, makes some known set whole.
func (s *set) completes(t int) bool {
	for _, r := range s.k.rules {
		if r != s.free && len(r.parts) > 1 && s.whole(r, t) {
			return true
		}
	}
	for _, a := range s.k.suspects {
		if slices.Contains(a.parts, t) && s.all(a.parts) {
			return true
		}
	}
	for i := range s.k.exceptions {
		if e := &s.k.exceptions[i]; len(e.terms) > 1 && e.wide && slices.Contains(e.terms, t) && s.all(e.terms) {
			return true
		}
	}
	return slices.ContainsFunc(s.k.aside, func(a []int) bool { return slices.Contains(a, t) && s.all(a) })
}

func (s *set) all(terms []int) bool {
	return !slices.ContainsFunc(terms, func(t int) bool { return !s.in[t] })
}

// whole says whether all parts of r are in, t being for one of them.
func (s *set) whole(r *rule, t int) bool {
	member := false
	for i, p := range r.parts {
		member = member || r.option(s.k, i, t)
		if !s.in[p] && !slices.ContainsFunc(s.k.around[p], func(o int) bool { return s.in[o] && r.option(s.k, i, o) }) {
			return false
		}
	}
	return member
}

// add puts t into the message.
func (s *set) add(t int) {
	if len(s.terms) > 0 {
		s.size += len(s.k.c.Sep)
	}
	s.in[t] = true
	s.terms = append(s.terms, t)
	s.size += len(s.k.terms[t])
}

// fill adds what fits of terms, in order.
func (s *set) fill(terms []int) {
	for _, t := range terms {
		if s.fits(t) {
			s.add(t)
		}
	}
}

// has says whether all of want are among effects.
func has(effects, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(effects, w) })
}

// minus is a without b.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(e string) bool { return slices.Contains(b, e) })
}

// isSoft says whether effects hide nothing: copies alone.
func isSoft(effects []string) bool {
	return !slices.ContainsFunc(effects, func(e string) bool { return !strings.HasPrefix(e, CopyPrefix) })
}
