package survey

import (
	"slices"
	"strings"
	"unicode"
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

// form is a way of writing the parts of a rule that may change whether it
// reacts.
type form struct {
	purpose string
	vary    func(string) string
	open    func(*knowledge, *rule) bool
	set     func(u *rule, reacts bool, key string, k *knowledge)
	told    func(*rule) (reacts, silent bool)
	rare    bool // few rules react to it
}

func boundaryForm() form {
	return form{
		purpose: "do the parts react inside longer words?", vary: embedded,
		open: func(_ *knowledge, u *rule) bool { return !u.bounded },
		set:  (*rule).setBoundary,
		told: func(u *rule) (bool, bool) { return u.boundary == No, u.boundary == Yes },
	}
}

func caseForm() form {
	return form{
		purpose: "do the parts react in other case?", vary: swapCase,
		open: func(k *knowledge, u *rule) bool { return !u.cased && !k.same(u, swapCase) },
		set: func(u *rule, reacts bool, key string, k *knowledge) {
			u.letters, u.cased = CaseExact, true
			if reacts {
				u.letters = CaseFolded
			}
			u.line("in other case", k.vary(u, swapCase), reacts, key)
		},
		told: func(u *rule) (bool, bool) { return u.letters == CaseFolded, u.letters == CaseExact },
	}
}

func titleForm() form {
	return form{
		purpose: "do the parts react with the first letter in other case?", vary: swapFirst, rare: true,
		open: func(k *knowledge, u *rule) bool {
			return u.letters == CaseExact && !u.titled && !k.same(u, swapFirst)
		},
		set: func(u *rule, reacts bool, key string, k *knowledge) {
			u.titled = true
			if reacts {
				u.letters = CaseFirst
				u.line("with the first letter in other case", k.vary(u, swapFirst), reacts, key)
			}
		},
		told: func(u *rule) (bool, bool) { return u.letters == CaseFirst, u.titled && u.letters == CaseExact },
	}
}

func (u *rule) setBoundary(reacts bool, key string, k *knowledge) {
	u.boundary, u.bounded = Yes, true
	if reacts {
		u.boundary = No
	}
	u.line("inside longer words", k.vary(u, embedded), reacts, key)
}

func (u *rule) line(claim string, parts []string, reacts bool, key string) {
	u.lines = append(u.lines, Line{Claim: claim, Parts: parts, Reacts: reacts, Keys: []string{key}})
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

func (k *knowledge) vary(u *rule, f func(string) string) []string { return k.varyBy(u, f) }

func (k *knowledge) varyBy(u *rule, f func(string) string) []string {
	out := k.words(u.parts)
	for i, w := range out {
		out[i] = f(w)
	}
	return out
}

// same says whether a form changes nothing.
func (k *knowledge) same(u *rule, f func(string) string) bool {
	return slices.Equal(k.words(u.parts), k.varyBy(u, f))
}

// embedded puts a word inside a longer one of the same writing.
func embedded(w string) string {
	runes := []rune(w)
	return neighbour(runes[0]) + w + neighbour(runes[len(runes)-1])
}

// neighbour is a letter to stand beside another.
func neighbour(r rune) string {
	switch {
	case unicode.Is(unicode.Cyrillic, r):
		return "ж"
	case unicode.Is(unicode.Han, r):
		return "的"
	case unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
		return "の"
	case unicode.Is(unicode.Hangul, r):
		return "가"
	case unicode.Is(unicode.Greek, r):
		return "ξ"
	case unicode.Is(unicode.Arabic, r):
		return "ت"
	}
	return "x"
}

func swapCase(w string) string {
	if u := strings.ToUpper(w); u != w {
		return u
	}
	return strings.ToLower(w)
}

func swapFirst(w string) string {
	runes := []rune(w)
	if u := unicode.ToUpper(runes[0]); u != runes[0] {
		runes[0] = u
	} else {
		runes[0] = unicode.ToLower(runes[0])
	}
	return string(runes)
}

// caseOf is what is known of case.
func (k *knowledge) caseOf(u *rule) Case {
	if k.same(u, swapCase) {
		return CaseNone
	}
	if !u.cased {
		return CaseUnknown
	}
	return u.letters
}
