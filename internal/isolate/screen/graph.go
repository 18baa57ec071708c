package screen

import "math"

// graph is what is known of the candidates two by two, if pairs are asked for:
// the filter is a graph on the candidates, hidden from us, and a message
// reacts if it holds an edge (Angluin and Chen 2008).
type graph struct {
	n       int
	silent  []uint8   // silent messages that held both a and b, at a*n+b
	links   [][]int32 // the pairs found: to each candidate its partners
	boosted []edge    // pairs that stand inside one that reacts
	alone   []uint8   // silent messages of the candidate by itself
	apart   [][]int   // sets that react though no two of them do
	found   float64   // pairs found
	tried   float64   // pairs that were in a silent message
}

// edge is a pair of candidates, the smaller index first.
type edge struct{ a, b int32 }

func newEdge(a, b int) edge { return edge{int32(min(a, b)), int32(max(a, b))} }

// never marks pairs that need no message: one stands inside the other.
const never = math.MaxUint8

// The prevalence of pairs has a gamma prior: one pair for each so many
// candidates, worth one observation.
const (
	candidatesPerPair = 25
	boostedPair       = 0.4 // least chance of a pair inside one that reacts
)

func newGraph(n int, within containment) *graph {
	g := &graph{n: n, silent: make([]uint8, n*n), alone: make([]uint8, n), links: make([][]int32, n)}
	for i, inside := range within.inside {
		for _, j := range inside {
			g.silent[i*n+int(j)], g.silent[int(j)*n+i] = never, never
		}
	}
	return g
}

// rate is the mean chance that a pair of candidates reacts.
func (g *graph) rate() float64 {
	return (1 + g.found) / (candidatesPerPair*float64(g.n-1) + g.tried + 1)
}

// note counts one silent message that held a and b.
func (g *graph) note(a, b int) {
	c := g.silent[a*g.n+b]
	if c == 0 {
		g.tried++
	}
	if c < never-1 {
		g.silent[a*g.n+b]++
		g.silent[b*g.n+a]++
	}
}

// boost makes a pair likely, whatever was silent before.
func (g *graph) boost(a, b int) {
	c := g.silent[a*g.n+b]
	if c == never || g.linked(a, b) {
		return
	}
	if c > 0 {
		g.tried--
	}
	g.silent[a*g.n+b], g.silent[b*g.n+a] = 0, 0
	g.boosted = append(g.boosted, newEdge(a, b))
}

func (g *graph) linked(a, b int) bool {
	for _, j := range g.links[a] {
		if int(j) == b {
			return true
		}
	}
	return false
}

func (g *graph) link(a, b int) {
	g.links[a] = append(g.links[a], int32(b))
	g.links[b] = append(g.links[b], int32(a))
}

func (g *graph) unlink(a, b int) {
	for _, e := range [][2]int{{a, b}, {b, a}} {
		kept := g.links[e[0]][:0]
		for _, j := range g.links[e[0]] {
			if int(j) != e[1] {
				kept = append(kept, j)
			}
		}
		g.links[e[0]] = kept
	}
}

// odds gives the chances of pairs at one moment.
type odds struct {
	g      *graph
	rate   float64
	enough uint8
	miss   []float64 // chance that c silent answers were all wrong
	extra  map[edge]bool
	lens   []int
	room   int // characters of two that fit a message
}

func (s *Search) odds(r rates) *odds {
	o := &odds{g: s.graph, lens: s.lens, room: s.limit - s.gap(), rate: s.graph.rate(), enough: 1, miss: []float64{1}, extra: map[edge]bool{}}
	for p := r.miss; r.miss > 0 && p >= missedPart && o.enough < never-1; p *= r.miss {
		o.miss = append(o.miss, p)
		o.enough++
	}
	for _, e := range s.graph.boosted {
		if a, b := int(e.a), int(e.b); s.graph.silent[a*s.graph.n+b] < o.enough && !s.graph.linked(a, b) {
			o.extra[e] = true
		}
	}
	return o
}

// of is the chance that a and b react together; zero if that is settled, or if
// no message can hold both. A
// word that is in one pair is likelier to be in others.
func (o *odds) of(a, b int) float64 {
	c := o.g.silent[a*o.g.n+b]
	if c >= o.enough || o.lens[a]+o.lens[b] > o.room || o.g.linked(a, b) {
		return 0
	}
	if c == 0 && len(o.extra) == 0 && len(o.g.links[a])+len(o.g.links[b]) == 0 {
		return o.rate
	}
	p := o.rate * float64((1+len(o.g.links[a]))*(1+len(o.g.links[b])))
	if p = min(p, 0.3); len(o.extra) > 0 && o.extra[newEdge(a, b)] {
		p = max(p, boostedPair)
	}
	if c == 0 {
		return p
	}
	p *= o.miss[c]
	return p / (p + 1 - p/o.miss[c])
}
