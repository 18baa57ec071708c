package stats

import (
	"math/rand/v2"
	"slices"
)

// Block holds the values of one randomisation block. Which of them are
// treated was decided by lot, so within a block, and only there, the values
// are exchangeable if the treatment does nothing.
type Block struct {
	Treated, Control []int
}

// Lot is how a Monte Carlo test draws.
type Lot struct {
	Rng *rand.Rand
	// Draws at most; the least p-value is 1/(1+Draws).
	Draws int
	// Stop after so many draws that were as extreme as the data: p is large
	// then, and more draws would not change what is said (Besag, Clifford).
	Stop int
}

// Tail is a p-value, and how it was found.
type Tail struct {
	P float64
	// Exact is false if the permutations were sampled.
	Exact bool
}

// exactWork bounds the additions spent on one exact distribution.
const exactWork = 1 << 22

// Upper is the permutation test within blocks: the chance of a treated sum at
// least as large as seen. As block totals are fixed, that is also the test
// for the difference between treated and control.
func Upper(blocks []Block, lot Lot) Tail {
	seen := 0
	for _, b := range blocks {
		seen += sum(b.Treated)
	}
	if exactCost(blocks) <= exactWork {
		return Tail{P: exactUpper(blocks, seen), Exact: true}
	}
	pool := make([]int, 0, 64)
	return lot.tail(func() bool {
		total := 0
		for _, b := range blocks {
			pool = append(append(pool[:0], b.Treated...), b.Control...)
			total += drawSum(pool, len(b.Treated), lot.Rng)
		}
		return total >= seen
	})
}

// tail repeats a draw and turns the number of extreme ones into a p-value.
func (l Lot) tail(extreme func() bool) Tail {
	hits := 0
	for n := 1; n <= l.Draws; n++ {
		if extreme() {
			hits++
		}
		if hits == l.Stop && l.Stop > 0 {
			return Tail{P: float64(hits) / float64(n)}
		}
	}
	return Tail{P: float64(1+hits) / float64(1+l.Draws)}
}

// drawSum is the sum of k values drawn from pool, which is shuffled on the way.
func drawSum(pool []int, k int, rng *rand.Rand) int {
	total := 0
	for i := range k {
		j := i + rng.IntN(len(pool)-i)
		pool[i], pool[j] = pool[j], pool[i]
		total += pool[i]
	}
	return total
}

// exactUpper convolves the blocks' distributions of the treated sum.
func exactUpper(blocks []Block, seen int) float64 {
	dist, least := []float64{1}, 0
	for _, b := range blocks {
		next, base := b.distribution()
		dist, least = convolve(dist, next), least+base
	}
	p := 0.0
	for s := max(0, seen-least); s < len(dist); s++ {
		p += dist[s]
	}
	return min(p, 1)
}

// distribution gives the chance of each treated sum, the least possible sum
// first, and that sum.
func (b Block) distribution() (dist []float64, least int) {
	values, low := b.shifted()
	k := len(b.Treated)
	width := topSum(values, k) + 1
	// ways[j][s]: chance that j of the values seen so far are chosen with sum
	// s, built up element by element so that no count overflows.
	ways := make([][]float64, k+1)
	for j := range ways {
		ways[j] = make([]float64, width)
	}
	ways[0][0] = 1
	for i, v := range values {
		for j := min(i+1, k); j >= 0; j-- {
			addValue(ways, j, v, chance{left: k, of: len(values), seen: i})
		}
	}
	return ways[k], low * k
}

// chance says how likely the next of the values is chosen: by the urn, of the
// values not yet seen as many are chosen as are still missing.
type chance struct{ left, of, seen int }

// take is the chance that the next value is chosen if j were chosen before.
func (c chance) take(j int) float64 {
	return max(0, float64(c.left-j)/float64(c.of-c.seen))
}

// addValue updates row j for one more value v: chosen from row j-1, or not.
func addValue(ways [][]float64, j, v int, c chance) {
	row, stay := ways[j], 1-c.take(j)
	for s := range row {
		row[s] *= stay
	}
	if j == 0 {
		return
	}
	take := c.take(j - 1)
	for s := v; s < len(row); s++ {
		row[s] += take * ways[j-1][s-v]
	}
}

// shifted returns all values less the smallest, and the smallest.
func (b Block) shifted() (values []int, low int) {
	values = slices.Concat(b.Treated, b.Control)
	if len(values) == 0 {
		return nil, 0
	}
	low = slices.Min(values)
	for i := range values {
		values[i] -= low
	}
	return values, low
}

// exactCost estimates the additions that exactUpper needs, and gives up
// counting once they are too many.
func exactCost(blocks []Block) int {
	cost, joined := 0, 1
	for _, b := range blocks {
		values, _ := b.shifted()
		width := topSum(values, len(b.Treated)) + 1
		if width > exactWork {
			return width
		}
		cost += len(values)*(len(b.Treated)+1)*width + joined*width
		joined += width
		if cost > exactWork {
			break
		}
	}
	return cost
}

// topSum is the sum of the k largest values.
func topSum(values []int, k int) int {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sum(sorted[len(sorted)-k:])
}

func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		if x == 0 {
			continue
		}
		for j, y := range b {
			out[i+j] += x * y
		}
	}
	return out
}

func sum(values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	return total
}
