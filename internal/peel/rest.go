package peel

import (
	"cmp"
	"slices"
)

// Rest is a layer that looks like ciphertext and that nothing at hand opened:
// what stays when the search is over.
type Rest struct {
	// Path of the coats that came off, outermost first.
	Path []string
	// Offset in Job.Bytes of the outermost part that it came from.
	Offset int
	// Score in 0..1: how sure the path is.
	Score float64
	// Steps[i] are the bytes before Path[i] was taken off.
	Steps [][]byte
	// Bytes that could not be opened.
	Bytes []byte
}

// restLimit bounds the rests of one job; leastRest is the length in bytes from
// which on noise can be told from text; leastSure is the score from which on a
// reading is told: most text may be a coding that nothing marks.
const (
	restLimit = 8
	leastRest = 24
	leastSure = 0.5
)

// rests lists the layers that stayed shut: of several readings of one place
// the likeliest, and none where a copy was found.
func (s *search) rests() []Rest {
	nodes := slices.DeleteFunc(slices.Clone(s.sealed), func(n *node) bool {
		told := n.salted() || len(n.bytes) >= leastRest && (noise(n.bytes) || codebook(n.bytes, ShapeOf(n.bytes)) != "")
		return !told || n.score < leastSure || n.derived() || n.key != nil
	})
	slices.SortStableFunc(nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.bytes), len(a.bytes)), cmp.Compare(a.order, b.order))
	})
	var taken []claim
	for _, claims := range s.found.claims {
		taken = append(taken, claims...)
	}
	var out []Rest
	for _, n := range nodes {
		place := claim{n.from, n.from + n.length}
		if len(out) == restLimit || slices.ContainsFunc(taken, func(c claim) bool { return c.from < place.until && place.from < c.until }) {
			continue
		}
		taken = append(taken, place)
		out = append(out, Rest{Path: n.path, Offset: n.offset, Score: n.score, Steps: n.steps, Bytes: n.bytes})
	}
	return out
}
