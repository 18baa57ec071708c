package survey

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Result returns what is known so far; it is final when Next has nothing more.
func (s *Search) Result() Result {
	k := s.k
	out := Result{
		Why: s.why, Messages: s.messages, Triggering: s.triggering, Voids: s.voids, Chance: k.chance,
		Length: k.length, Always: k.always, Rules: k.reported(), Coverage: k.coverage(s.c),
	}
	for _, e := range k.exceptions {
		if e.rules > 1 {
			out.Exceptions = append(out.Exceptions, strings.Join(k.words(e.terms), "+"))
		}
	}
	for t, word := range k.terms {
		if k.isRedundant(t) {
			out.Redundant = append(out.Redundant, word)
		}
	}
	for _, a := range k.aside {
		if !k.isKnown(a) {
			out.Unexplained = append(out.Unexplained, k.words(a))
		}
	}
	for _, a := range k.suspects {
		out.Unexplained = append(out.Unexplained, k.words(a.parts))
	}
	return out
}

// isRedundant says whether t reacts only for what stands inside it.
func (k *knowledge) isRedundant(t int) bool {
	return slices.ContainsFunc(k.rules, func(u *rule) bool {
		for i, p := range u.parts {
			if p != t && u.option(k, i, t) && !k.stops(u, t) {
				return true
			}
		}
		return false
	})
}

// reported lists the rules, those that differ in one like word as one.
func (k *knowledge) reported() []Rule {
	var out []choice
	for _, v := range k.rules {
		u := v
		if v.like != nil {
			u = v.like
		}
		parts := slices.Clone(v.parts)
		if u.order == OrderAny {
			slices.Sort(parts)
		}
		r := Rule{
			Parts: k.words(parts), Order: u.order, Unless: slices.Clone(u.unless), Effects: sorted(append(slices.Clone(u.own), u.copies...)),
			Boundary: u.boundary, Case: k.caseOf(u), Exact: v.exact, Certificate: slices.Clone(v.lines),
		}
		if len(u.parts) > 1 && !u.ordered {
			r.Order = OrderUnknown
		}
		c := choice{Rule: r}
		for _, p := range r.Parts {
			c.words = append(c.words, []string{p})
		}
		out = append(out, c)
	}
	return merged(out)
}

// choice is a rule with the words that do for each part.
type choice struct {
	Rule
	words [][]string
}

// merged joins rules as long as two differ in one part only, by words that are
// alike.
func merged(rules []choice) []Rule {
	for i := 0; i < len(rules); i++ {
		for j := i + 1; j < len(rules); j++ {
			if rules[i].join(rules[j]) {
				rules = slices.Delete(rules, j, j+1)
				i, j = -1, len(rules)
			}
		}
	}
	var out []Rule
	for _, c := range rules {
		r := c.Rule
		for i, words := range c.words {
			if len(words) > 1 && r.Alternatives == nil {
				r.Alternatives = make([][]string, len(c.words))
			}
			if len(words) > 1 {
				r.Parts[i], r.Alternatives[i] = words[0], words[1:]
			}
		}
		out = append(out, r)
	}
	return out
}

// join takes the words of a rule that is the same but for one part.
func (c *choice) join(o choice) bool {
	if len(c.words) < 2 || len(c.words) != len(o.words) || c.Order != o.Order ||
		!slices.Equal(c.Effects, o.Effects) || !slices.Equal(c.Unless, o.Unless) {
		return false
	}
	mine, theirs := c.differ(o), o.differ(*c)
	if len(mine) != 1 || len(theirs) != 1 || c.Order == OrderListed && mine[0] != theirs[0] {
		return false
	}
	here, there := mine[0], theirs[0]
	if !alike(c.words[here][0], o.words[there][0]) {
		return false
	}
	for _, w := range o.words[there] {
		if !slices.Contains(c.words[here], w) {
			c.words[here] = append(c.words[here], w)
		}
	}
	c.Certificate = append(c.Certificate, o.Certificate...)
	c.Exact = c.Exact && o.Exact
	return true
}

// differ lists the parts of c that o has not.
func (c choice) differ(o choice) []int {
	var out []int
	for i, words := range c.words {
		if !slices.ContainsFunc(o.words, func(w []string) bool { return sameWords(w, words) }) {
			out = append(out, i)
		}
	}
	return out
}

func sameWords(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(w string) bool { return !slices.Contains(b, w) })
}

// alike says whether two words are forms of one: they begin alike, and all but
// two letters at most are the same from both ends.
func alike(a, b string) bool {
	x, y := []rune(a), []rune(b)
	front := 0
	for front < len(x) && front < len(y) && x[front] == y[front] {
		front++
	}
	back := 0
	for back < len(x)-front && back < len(y)-front && x[len(x)-1-back] == y[len(y)-1-back] {
		back++
	}
	longer := max(len(x), len(y))
	return 2*front >= longer && longer-front-back <= 2
}

// sampled is how many triples are looked at where there are more.
const sampled = 4000

// coverage counts what clear messages have shown.
func (k *knowledge) coverage(c Config) Coverage {
	k.measure()
	terms := k.usableTerms()
	var out Coverage
	for t, word := range k.terms {
		if k.barred[t] || len(word) > k.limit {
			out.Unput = append(out.Unput, word)
		}
	}
	n := k.cover.n
	for i, a := range terms {
		out.Singles.count(k.cover.single[a])
		for j, b := range terms {
			if i == j {
				continue
			}
			if !slices.Contains(k.inside[a], b) {
				out.Apart.count(k.cover.apart[a*n+b])
			}
			if k.isPair(a, b) {
				continue
			}
			out.Orders.count(k.cover.pair[a*n+b])
			if i < j {
				out.Pairs.count(k.cover.pair[a*n+b] || k.cover.pair[b*n+a])
			}
		}
		for _, u := range k.rules {
			if u.like == nil && !slices.Contains(u.parts, a) {
				out.Excused.count(u.tried[a])
			}
		}
	}
	out.Triples = k.triples(terms, c.Seed)
	return out
}

func (s *Share) count(done bool) {
	s.Of++
	if done {
		s.Done++
	}
}

// isPair says whether two words are a known rule.
func (k *knowledge) isPair(a, b int) bool {
	s := k.newSetOf(1<<30, a)
	return !s.fits(b)
}

// triples estimates how many sets of three words stood in one clear message.
func (k *knowledge) triples(terms []int, seed uint64) Share {
	var out Share
	n := len(terms)
	if n < 3 || k.c.Combine < 3 {
		return out
	}
	messages := k.clearSets()
	one := func(a, b, c int) {
		out.count(slices.ContainsFunc(messages, func(in []bool) bool { return in[a] && in[b] && in[c] }))
	}
	if n*(n-1)*(n-2)/6 > sampled {
		rng := rand.New(rand.NewPCG(seed, 3))
		for range sampled {
			p := rng.Perm(n)[:3]
			one(terms[p[0]], terms[p[1]], terms[p[2]])
		}
		return out
	}
	for i := range n {
		for j := range i {
			for l := range j {
				one(terms[i], terms[j], terms[l])
			}
		}
	}
	return out
}

// clearSets are the terms of the clear messages that prove something.
func (k *knowledge) clearSets() [][]bool {
	var out [][]bool
	for _, m := range k.log {
		if !m.clear() || k.isExcused(m.terms) {
			continue
		}
		in := make([]bool, len(k.terms))
		for _, t := range m.terms {
			in[t] = true
		}
		out = append(out, in)
	}
	return out
}
