package survey

import (
	"math/rand/v2"
	"slices"
)

// combine sends messages until every two words stood together, in both orders,
// in one that was clear.
func (s *Search) combine() job {
	k := s.k
	if m := k.planned(); len(m) > 1 {
		return s.combination(m, "every two words in both orders, by plan", nil)
	}
	if m := k.mirrored(k.bestBlock()); len(m) > 1 {
		return s.combination(m, "words that did not stand together yet, or in the other order", nil)
	}
	return nil
}

// mirrored adds the same words in reverse, as many as fit, if that is most of
// them: most orders of three words are in such a message.
func (k *knowledge) mirrored(terms []int) []int {
	room := k.limit - k.size(terms)
	out := slices.Clone(terms)
	for _, t := range slices.Backward(terms) {
		if room -= len(k.terms[t]) + len(k.c.Sep); room < 0 {
			break
		}
		out = append(out, t)
	}
	if 3*len(out) < 5*len(terms) {
		return terms
	}
	return out
}

// usableTerms lists the terms that messages are made of.
func (k *knowledge) usableTerms() []int {
	var out []int
	for _, t := range k.order {
		if k.usable[t] {
			out = append(out, t)
		}
	}
	return out
}

// bestBlock grows a message by the word that has most new pairs with those in
// it, each at its best place.
func (k *knowledge) bestBlock() []int {
	terms := k.usableTerms()
	b := &block{k: k, set: k.newSet(k.limit), gain: make([]int, len(k.terms))}
	if !b.begin(terms) {
		return nil
	}
	for {
		best := -1
		for _, t := range terms {
			if !b.set.in[t] && b.gain[t] > 0 && (best < 0 || b.gain[t] > b.gain[best]) && b.set.fits(t) {
				best = t
			}
		}
		if best < 0 {
			break
		}
		b.insert(terms, best)
	}
	return b.order
}

// block is a message under way that is to show new pairs.
type block struct {
	k     *knowledge
	set   *set
	order []int
	gain  []int // new pairs that a term would bring
}

// open says whether a before b was not shown yet.
func (k *knowledge) open(a, b int) bool { return a != b && !k.cover.pair[a*k.cover.n+b] }

// begin puts the two terms with most that is open into the block.
func (b *block) begin(terms []int) bool {
	best, first, second := 0, -1, -1
	for _, a := range terms {
		n, with := 0, -1
		for _, t := range terms {
			if b.k.open(a, t) {
				if with < 0 && !b.together(a, t) {
					continue
				}
				n++
				if with < 0 {
					with = t
				}
			}
		}
		if with >= 0 && n > best {
			best, first, second = n, a, with
		}
	}
	if first < 0 {
		return false
	}
	b.insert(terms, first)
	b.set.add(second)
	b.order = append(b.order, second)
	b.count(terms, second)
	return true
}

// together says whether two terms may stand in one message.
func (b *block) together(a, t int) bool {
	s := b.k.newSetOf(b.k.limit, a)
	return s.fits(t)
}

func (k *knowledge) newSetOf(limit int, t int) *set {
	s := k.newSet(limit)
	s.add(t)
	return s
}

// insert puts t where most of its pairs are new.
func (b *block) insert(terms []int, t int) {
	score := 0
	for _, o := range b.order {
		if b.k.open(t, o) {
			score++
		}
	}
	best, at := score, 0
	for i, o := range b.order {
		if b.k.open(t, o) {
			score--
		}
		if b.k.open(o, t) {
			score++
		}
		if score > best {
			best, at = score, i+1
		}
	}
	b.order = slices.Insert(b.order, at, t)
	b.set.add(t)
	b.count(terms, t)
}

// count adds the pairs with t to the gains.
func (b *block) count(terms []int, t int) {
	for _, o := range terms {
		if b.k.open(t, o) {
			b.gain[o]++
		}
		if b.k.open(o, t) {
			b.gain[o]++
		}
	}
}

// part sends messages until every word was clear without every other one: a
// word that reacts unless another is there shows then.
func (s *Search) part() job {
	if m := s.k.bestHalf(s.jobs); len(m) > 0 {
		return s.combination(m, "words without others that may have hidden them", nil)
	}
	return nil
}

// hidden says whether a was only seen together with b.
func (k *knowledge) hidden(a, b int) bool {
	return a != b && !k.cover.apart[a*k.cover.n+b] && !slices.Contains(k.inside[a], b)
}

func (k *knowledge) bestHalf(turn int) []int {
	terms := k.usableTerms()
	rng := rand.New(rand.NewPCG(k.c.Seed, uint64(turn)))
	rng.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	first, second := -1, -1
	for _, a := range terms {
		for _, b := range terms {
			if first < 0 && k.hidden(a, b) {
				first, second = a, b
			}
		}
	}
	if first < 0 {
		return nil
	}
	in := k.newSetOf(k.limit, first)
	out := []int{second}
	for _, t := range terms {
		if t == first || t == second {
			continue
		}
		score := len(out) - len(in.terms)
		for _, b := range out {
			if k.hidden(t, b) {
				score += len(terms)
			}
		}
		for _, a := range in.terms {
			if k.hidden(a, t) {
				score -= len(terms)
			}
		}
		if score >= 0 && in.fits(t) {
			in.add(t)
		} else {
			out = append(out, t)
		}
	}
	return in.terms
}

// mix sends random two thirds of the words in random order: rules of two words
// with an exception, and of three words, show there.
func (s *Search) mix() job {
	k := s.k
	terms := k.usableTerms()
	enough := mixes
	if s.messages < cheap*len(k.rules) {
		enough = mostMixes
	}
	if len(terms) < 2 || k.mixed >= enough || !k.roomy() {
		return nil
	}
	rng := rand.New(rand.NewPCG(k.c.Seed, uint64(0x313<<32+k.mixed)))
	rng.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	m := k.newSet(k.limit)
	m.fill(terms[:(2*len(terms)+2)/3])
	rng.Shuffle(len(m.terms), func(i, j int) { m.terms[i], m.terms[j] = m.terms[j], m.terms[i] })
	if len(m.terms) == 0 {
		return nil
	}
	clear := s.combination(k.mirrored(m.terms), "two thirds of the words in another order", nil)
	return func(r *run) func() {
		commit := clear(r)
		return func() {
			k.mixed++
			if commit != nil {
				commit()
			}
		}
	}
}

// mixes is how many random messages are sent in the end, mostMixes the same
// where fewer than cheap messages a rule were sent.
const (
	mixes     = 14
	mostMixes = 24
	cheap     = 22
)
