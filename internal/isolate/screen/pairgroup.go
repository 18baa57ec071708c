package screen

import "fmt"

// usable says whether candidate i can be in a message of pairs: it does not
// react by itself, as far as is known.
func (s *Search) usable(i int) bool {
	return !s.busy[i] && (s.status[i] == open || s.status[i] == clean)
}

// maxGroup bounds the candidates of a message of pairs: what is known of a
// lane grows with the square.
const maxGroup = 400

// grouping is a message of candidates that grows.
type grouping struct {
	s     *Search
	o     *odds
	alone []float64 // chance that the candidate reacts by itself
	into  []float64 // expected reactions with what is in the message
	rest  []float64 // expected reactions with all others
	out   []bool    // cannot be added
	group []int
	load  float64 // expected reactions of the message
	used  int     // characters
}

// pairGroup picks the next message: the candidates with most that is unknown
// between them, as long as the message tells more for its cost. Of a pair that
// was found, and of a set to be kept apart, never all are in it.
func (s *Search) pairGroup() []int {
	r := s.rates()
	o := s.odds(r)
	if e, ok := s.nextBoosted(o); ok {
		return e
	}
	g := &grouping{s: s, o: o, alone: make([]float64, len(s.status)), into: make([]float64, len(s.status)), rest: make([]float64, len(s.status)), out: make([]bool, len(s.status))}
	g.weigh(r)
	r.join = 0
	most, passed := -1.0, 0
	for passed <= lookahead && len(g.group) < maxGroup {
		i := g.next()
		if i < 0 {
			break
		}
		gain := r.gain(chanceOf(g.load+g.alone[i]+g.into[i]), len(g.group)+1)
		need := s.lens[i]
		if len(g.group) > 0 {
			need += s.gap()
		}
		if g.used+need > s.limit || gain < most {
			g.out[i] = true
			passed++
			continue
		}
		g.add(i, need)
		most = gain
	}
	return g.group
}

// nextBoosted returns a pair that is worth a message of its own.
func (s *Search) nextBoosted(o *odds) ([]int, bool) {
	for _, e := range s.graph.boosted {
		a, b := int(e.a), int(e.b)
		if s.usable(a) && s.usable(b) && o.of(a, b) > 0 && s.length(s.message([]int{a, b})) <= s.limit {
			return []int{a, b}, true
		}
	}
	return nil, false
}

// weigh sums up what is unknown of each candidate.
func (g *grouping) weigh(r rates) {
	n := len(g.out)
	for i := range n {
		g.out[i] = !g.s.usable(i)
		if !g.out[i] && g.s.status[i] == open {
			g.alone[i] = g.s.chance(i, r)
		}
	}
	for i := range n {
		if g.out[i] {
			continue
		}
		g.rest[i] += g.alone[i]
		row := g.o.g.silent[i*n:]
		for j := range i {
			if row[j] < g.o.enough && !g.out[j] {
				p := g.o.of(i, j)
				g.rest[i] += p
				g.rest[j] += p
			}
		}
	}
}

// next is the candidate with most that is unknown between it and the message;
// if there is none, that with most that is unknown at all, which begins
// another cluster in the same message.
func (g *grouping) next() int {
	best := -1
	var most, tie float64
	for _, i := range g.s.order {
		if g.out[i] || g.rest[i] <= 0 {
			continue
		}
		gain := g.alone[i] + g.into[i]
		if best < 0 || gain > most*(1+1e-9) || gain > most*(1-1e-9) && g.rest[i] > tie*(1+1e-9) {
			best, most, tie = i, gain, g.rest[i]
		}
	}
	return best
}

func (g *grouping) add(i, need int) {
	g.group, g.load, g.used = append(g.group, i), g.load+g.alone[i]+g.into[i], g.used+need
	g.out[i] = true
	for j := range g.out {
		if !g.out[j] {
			g.into[j] += g.o.of(i, j)
		}
	}
	for _, j := range g.o.g.links[i] {
		g.out[j] = true
	}
	for _, set := range g.o.g.apart {
		g.keepApart(set)
	}
}

// keepApart leaves out the last of a set of which all others are in.
func (g *grouping) keepApart(set []int) {
	missing := -1
	for _, i := range set {
		in := false
		for _, j := range g.group {
			in = in || i == j
		}
		if !in && missing >= 0 {
			return
		}
		if !in {
			missing = i
		}
	}
	if missing >= 0 {
		g.out[missing] = true
	}
}

// screenPairs sends a group.
func (s *Search) screenPairs(group []int) {
	for _, i := range group {
		s.busy[i] = true
	}
	why := fmt.Sprintf("do any of %d candidates react, alone or two together?", len(group))
	s.askWhole(group, why, func(hit bool) {
		if !hit {
			s.silentPairs(group, nil)
			s.release(group)
			return
		}
		l := s.newPairLane(group)
		s.ready = append(s.ready, func() { s.narrowPairs(l) })
	}, func() { s.release(group) })
}
