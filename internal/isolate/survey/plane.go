package survey

import (
	"math/rand/v2"
	"slices"
)

// Where messages are short, all pairs are covered by a projective plane: its
// q²+q+1 points are groups of words, its as many lines are messages of q+1
// groups, and any two groups stand in one of them. Another plane with other
// groups gives the other order.

// greedyCost is about how many messages for both orders the greedy cover takes,
// in squares of the words' length in messages.
const greedyCost = 3.8

// planned returns the next message of the plan, nil if there is none.
func (k *knowledge) planned() []int {
	if !k.hasPlan {
		k.hasPlan = true
		k.plan = k.newPlan()
	}
	for len(k.plan) > 0 {
		m := k.newSet(k.limit)
		m.fill(k.plan[0].terms)
		terms := k.sortByOrder(m.terms)
		if k.plan[0].back {
			slices.Reverse(terms)
		}
		if 3*k.news(terms) > len(terms)*(len(terms)-1)/2 {
			return terms
		}
		k.plan = k.plan[1:]
	}
	return nil
}

// news counts the pairs of a message that were not shown in this order.
func (k *knowledge) news(terms []int) (n int) {
	for i, a := range terms {
		for _, b := range terms[i+1:] {
			if k.open(a, b) {
				n++
			}
		}
	}
	return n
}

// newPlan lays the words out on the smallest plane whose lines fit into
// messages, if that is cheaper than to go on step by step.
func (k *knowledge) newPlan() []line {
	terms := k.usableTerms()
	total := k.size(terms) + len(k.c.Sep)
	if total <= k.limit {
		return nil
	}
	ratio := float64(total) / float64(k.limit)
	for _, f := range fields() {
		q := f.size()
		if 2*float64(q*q+q+1) > greedyCost*ratio*ratio {
			return nil
		}
		forth, back := k.lines(terms, f, false), k.lines(terms, f, true)
		if forth != nil && back != nil {
			return append(forth, back...)
		}
	}
	return nil
}

// line is a message of the plan: its words in the order in which they are put
// in, as long as they fit, and whether the message is backwards.
type line struct {
	terms []int
	back  bool
}

// overlong is how much longer than a message a line may be. What does not fit
// is left to the greedy cover.
const overlong = 1.05

// lines are the messages of the plane over a field, nil if one is too long.
func (k *knowledge) lines(terms []int, f field, back bool) []line {
	points := f.points()
	terms = slices.Clone(terms)
	turn := uint64(0)
	if back {
		turn = 1
	}
	rng := rand.New(rand.NewPCG(k.c.Seed, turn))
	mix := func(terms []int) {
		rng.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	}
	mix(terms)
	groups := k.balanced(terms, len(points))
	var out []line
	for _, l := range points {
		var m []int
		for i, p := range points {
			if f.on(p, l) {
				m = append(m, groups[i]...)
			}
		}
		if float64(k.size(m)) > overlong*float64(k.limit) {
			return nil
		}
		mix(m)
		out = append(out, line{m, back})
	}
	return out
}

// points are the points of the projective plane: triples of which the first
// that is not zero is one. The lines are the same triples.
func (f field) points() [][3]int {
	out := [][3]int{{0, 0, 1}}
	for z := range f.size() {
		out = append(out, [3]int{0, 1, z})
	}
	for y := range f.size() {
		for z := range f.size() {
			out = append(out, [3]int{1, y, z})
		}
	}
	return out
}

// on says whether a point is on a line.
func (f field) on(p, l [3]int) bool {
	return f.add(f.add(f.mul(p[0], l[0]), f.mul(p[1], l[1])), f.mul(p[2], l[2])) == 0
}

// balanced parts terms into n groups of about the same length: the longest
// first, each to the shortest group.
func (k *knowledge) balanced(terms []int, n int) [][]int {
	terms = slices.Clone(terms)
	slices.SortStableFunc(terms, func(a, b int) int { return len(k.terms[b]) - len(k.terms[a]) })
	groups, sizes := make([][]int, n), make([]int, n)
	for _, t := range terms {
		least := 0
		for i := range sizes {
			if sizes[i] < sizes[least] {
				least = i
			}
		}
		groups[least] = append(groups[least], t)
		sizes[least] += len(k.terms[t]) + len(k.c.Sep)
	}
	return groups
}
