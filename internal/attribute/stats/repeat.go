package stats

import "math/rand/v2"

// Labelled is a value with the label it was given by lot, such as the word
// typed. An empty label belongs to a control.
type Labelled struct {
	Label string
	Value int
}

// Consistency asks whether values stay high with the same labels from block
// to block, as they do if a few of many words set something off. Labels are
// exchangeable within a block. The statistic is the sum over labels of the
// squared excess over the block means, where there is an excess. It needs two
// blocks at least, and is always a Monte Carlo test.
func Consistency(blocks [][]Labelled, lot Lot) Tail {
	if len(blocks) < 2 {
		return Tail{P: 1}
	}
	c := newConsistency(blocks)
	seen := c.statistic()
	return lot.tail(func() bool {
		for _, values := range c.values {
			shuffle(values, lot.Rng)
		}
		// Equal sums may differ in their last bits, by order of addition.
		return c.statistic() >= seen*(1-1e-12)
	})
}

// consistency holds the blocks with labels as numbers, controls as -1, and
// values less their block's mean.
type consistency struct {
	labels [][]int
	values [][]float64
	excess []float64
}

func newConsistency(blocks [][]Labelled) *consistency {
	c := &consistency{}
	number := map[string]int{}
	for _, block := range blocks {
		labels, values := make([]int, len(block)), make([]float64, len(block))
		mean := 0.0
		for i, l := range block {
			labels[i] = -1
			if l.Label != "" {
				if _, known := number[l.Label]; !known {
					number[l.Label] = len(number)
				}
				labels[i] = number[l.Label]
			}
			values[i] = float64(l.Value)
			mean += values[i] / float64(len(block))
		}
		for i := range values {
			values[i] -= mean
		}
		c.labels, c.values = append(c.labels, labels), append(c.values, values)
	}
	c.excess = make([]float64, len(number))
	return c
}

func (c *consistency) statistic() float64 {
	clear(c.excess)
	for b, labels := range c.labels {
		for i, label := range labels {
			if label >= 0 {
				c.excess[label] += c.values[b][i]
			}
		}
	}
	total := 0.0
	for _, e := range c.excess {
		if e > 0 {
			total += e * e
		}
	}
	return total
}

func shuffle(values []float64, rng *rand.Rand) {
	rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
}

// Ranks replaces each value by twice its mid-rank among all of them, an
// integer, so that one huge value weighs no more than a large one.
func Ranks(values []int) []int {
	ranks := make([]int, len(values))
	for i, v := range values {
		for _, w := range values {
			switch {
			case w < v:
				ranks[i] += 2
			case w == v:
				ranks[i]++
			}
		}
	}
	return ranks
}
