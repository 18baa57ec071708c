package survey

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// knowledge is what is known of the filter. Terms are meant by their index.
type knowledge struct {
	c      Config
	terms  []string
	order  []int   // a random order of all terms
	around [][]int // around[t] are the other terms that t stands inside, case aside
	inside [][]int // inside[t] are the other terms that stand inside t
	phrase []int   // terms that hold the separator
	opens  [][]string

	limit  int    // longest body in bytes
	barred []bool // cannot be put
	always []string
	voided bool

	suspects   []suspect // to be proven
	rules      []*rule
	exceptions []exception
	aside      [][]int // reacted together without a rule: never together again
	length     *Length
	chance     int // reactions that did not come again

	log    []reply // messages made of plain terms
	base   []int   // places in log: large messages, clear
	usable []bool  // may stand in a message that is to be clear
	cover  *cover  // of what follows from log; nil if it must be counted anew

	mute    bool           // the same notice may not come twice
	steady  bool           // it does
	last    reply          // the last message of which a copy was seen
	later   []bool         // terms that are put off
	failed  int            // messages that reacted and led nowhere
	vain    map[string]int // the same by message
	plan    []line         // messages that are to cover all pairs
	hasPlan bool
	mixed   int // random large messages sent for what is left
}

// suspect is a set of terms that reacted alone.
type suspect struct {
	parts []int
	own   []string // the effects it is about
	alone []string // all effects it had
	keys  []string // messages with the parts alone, reacting
	like  *rule    // the rule from which it differs in one like word
}

// exception is a set of terms that together disable rules.
type exception struct {
	terms []int
	rules int // how many it disables
	place Place
	wide  bool // it disables several rules, or all: so maybe those not found yet
}

func newKnowledge(c Config) *knowledge {
	k := &knowledge{c: c, limit: c.MaxLen}
	seen := map[string]bool{}
	for _, t := range c.Terms {
		if !seen[t] {
			seen[t] = true
			k.terms = append(k.terms, t)
		}
	}
	n := len(k.terms)
	k.order = rand.New(rand.NewPCG(c.Seed, 0x5a17)).Perm(n)
	k.barred, k.later = make([]bool, n), make([]bool, n)
	k.around, k.inside = make([][]int, n), make([][]int, n)
	low := make([]string, n)
	for i, t := range k.terms {
		low[i] = strings.ToLower(t)
		k.barred[i] = len(t) > c.MaxLen
		if strings.Contains(t, c.Sep) {
			k.phrase = append(k.phrase, i)
		}
	}
	for i := range n {
		for j := range n {
			if i != j && strings.Contains(low[j], low[i]) {
				k.around[i] = append(k.around[i], j)
				k.inside[j] = append(k.inside[j], i)
			}
		}
	}
	k.opens = k.opened()
	k.refresh()
	return k
}

func (k *knowledge) words(terms []int) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = k.terms[t]
	}
	return out
}

// size of a body in bytes.
func (k *knowledge) size(terms []int) int {
	n := max(0, len(terms)-1) * len(k.c.Sep)
	for _, t := range terms {
		n += len(k.terms[t])
	}
	return n
}

// quoted joins words for people.
func (k *knowledge) quoted(terms []int) string { return strings.Join(k.words(terms), " + ") }

// without leaves out what every message has.
func (k *knowledge) without(effects []string) []string {
	return slices.DeleteFunc(slices.Clone(effects), func(e string) bool { return slices.Contains(k.always, e) })
}

// record takes what a job was told. If there is doubt, nothing counts as clear.
func (k *knowledge) record(replies []reply, doubt bool) {
	for _, m := range replies {
		if m.copied() {
			k.last = m
		}
		if m.terms == nil || doubt && m.clear() {
			continue
		}
		m.set = k.bits(m.terms)
		k.log = append(k.log, m)
		if k.cover != nil && m.clear() {
			k.cover.add(k, m.terms)
		}
	}
}

// bits is a message as a set of terms.
func (k *knowledge) bits(terms []int) []uint64 {
	out := make([]uint64, (len(k.terms)+63)/64)
	for _, t := range terms {
		out[t/64] |= 1 << (t % 64)
	}
	return out
}

// trusts says whether parts of a clear message are believed to be clear: some
// rule was tried with most words, so that an exception of all rules would be
// known, and nothing has contradicted it.
func (k *knowledge) trusts() bool {
	return k.failed == 0 && slices.ContainsFunc(k.rules, func(u *rule) bool {
		tried := 0
		for _, t := range u.tried {
			if t {
				tried++
			}
		}
		return 10*tried > 8*len(u.tried)
	})
}

// isClear says whether a message is known to be clear: all of it stands in one
// that was, in this order.
func (k *knowledge) isClear(terms []int) bool {
	set := k.bits(terms)
	return slices.ContainsFunc(k.log, func(m reply) bool {
		if !m.clear() || len(m.terms) < len(terms) {
			return false
		}
		for i, b := range set {
			if b&^m.set[i] != 0 {
				return false
			}
		}
		return inOrder(terms, m.terms) && !k.isExcused(m.terms)
	})
}

// inOrder says whether a stands in b in its order.
func inOrder(a, b []int) bool {
	for _, t := range b {
		if len(a) > 0 && a[0] == t {
			a = a[1:]
		}
	}
	return len(a) == 0
}

// copied says whether a copy was seen.
func (m reply) copied() bool {
	return slices.ContainsFunc(m.effects, func(e string) bool { return strings.HasPrefix(e, CopyPrefix) })
}

func (m reply) clear() bool { return len(m.effects) == 0 }

// arrange keeps two neighbours from making a phrase that is a term of its own.
func (k *knowledge) arrange(terms []int) []int {
	if len(k.phrase) == 0 {
		return terms
	}
	out := slices.Clone(terms)
	for i := 0; i+2 < len(out); i++ {
		if k.makesPhrase(out[i], out[i+1]) {
			out[i+1], out[i+2] = out[i+2], out[i+1]
		}
	}
	return out
}

func (k *knowledge) makesPhrase(a, b int) bool {
	return slices.ContainsFunc(k.opens[a], func(rest string) bool { return strings.HasPrefix(k.terms[b], rest) })
}

// opened lists for each term what, at the beginning of the next, makes a phrase
// with its end.
func (k *knowledge) opened() [][]string {
	out := make([][]string, len(k.terms))
	for _, p := range k.phrase {
		words := strings.Split(k.terms[p], k.c.Sep)
		for cut := 1; cut < len(words); cut++ {
			end, rest := strings.Join(words[:cut], k.c.Sep), strings.Join(words[cut:], k.c.Sep)
			for t, w := range k.terms {
				if t != p && strings.HasSuffix(w, end) {
					out[t] = append(out[t], rest)
				}
			}
		}
	}
	return out
}

// refresh reckons what follows from rules and exceptions, for the next job.
func (k *knowledge) refresh() {
	all := slices.Clone(k.rules)
	k.rules = slices.DeleteFunc(k.rules, func(v *rule) bool {
		return slices.ContainsFunc(all, func(u *rule) bool { return u != v && u.explains(k, v) })
	})
	for i := range k.exceptions {
		e := &k.exceptions[i]
		e.wide = e.rules > 1 || k.triedWith(e) == e.rules
	}
	if k.usable == nil {
		k.usable = make([]bool, len(k.terms))
	}
	for t := range k.terms {
		k.usable[t] = !k.barred[t] && len(k.terms[t]) <= k.limit && !k.isWide(t) && !k.reacts(t)
	}
}

// isWide says whether an exception is left out of messages that are to prove
// something: it disables several rules, so it may disable those not found yet.
func (k *knowledge) isWide(t int) bool {
	return slices.ContainsFunc(k.exceptions, func(e exception) bool {
		return e.wide && len(e.terms) == 1 && (e.terms[0] == t || slices.Contains(k.inside[t], e.terms[0]))
	})
}

// isExcused says whether a message holds a known wide exception, so that it
// proves nothing.
func (k *knowledge) isExcused(terms []int) bool {
	for _, e := range k.exceptions {
		if e.wide && !slices.ContainsFunc(e.terms, func(t int) bool { return !k.holds(terms, t) }) {
			return true
		}
	}
	return false
}

// holds says whether t stands in a message, maybe inside another term.
func (k *knowledge) holds(terms []int, t int) bool {
	return slices.Contains(terms, t) || slices.ContainsFunc(k.around[t], func(o int) bool { return slices.Contains(terms, o) })
}

// reacts says whether t alone makes a known rule react, or is kept aside.
func (k *knowledge) reacts(t int) bool {
	for _, r := range k.rules {
		if len(r.parts) == 1 && r.option(k, 0, t) {
			return true
		}
	}
	for _, s := range k.suspects {
		if len(s.parts) == 1 && s.parts[0] == t {
			return true
		}
	}
	return slices.ContainsFunc(k.aside, func(a []int) bool { return len(a) == 1 && a[0] == t })
}

// standsIn says whether p is in t between words, as in a phrase.
func (k *knowledge) standsIn(p, t int) bool {
	return slices.Contains(k.phrase, t) &&
		strings.Contains(k.c.Sep+k.terms[t]+k.c.Sep, k.c.Sep+k.terms[p]+k.c.Sep)
}
