package stats

import "math"

// Counts are the trials of two arms and those of them that reacted.
type Counts struct {
	K1, N1 int // treated
	K2, N2 int // control
}

// Needed is the number of further trials, both arms together, after which the
// one-sided exact test would reach alpha if the shares stay as they are now.
// It is 0 if alpha is reached already, and limit if the first share is not
// the larger one or limit trials are not enough.
func Needed(c Counts, alpha float64, limit int) int {
	if p, _ := Fisher(c.K1, c.N1, c.K2, c.N2); p <= alpha {
		return 0
	}
	if c.N1 == 0 || c.N2 == 0 || share(c.K1, c.N1) <= share(c.K2, c.N2) {
		return limit
	}
	// The exact p-value is not quite monotone in the number of trials, so
	// the smallest number is searched for upwards, in growing steps.
	for extra := 1; 2*extra <= limit; extra += 1 + extra/16 {
		n1, n2 := c.N1+extra, c.N2+extra
		p, _ := Fisher(grown(c.K1, c.N1, n1), n1, grown(c.K2, c.N2, n2), n2)
		if p <= alpha {
			return 2 * extra
		}
	}
	return limit
}

// grown is how many of n trials would react at the share k/of.
func grown(k, of, n int) int { return int(math.Round(share(k, of) * float64(n))) }

// Repeats is how many trials of something that reacts with chance rate are
// needed for all of them to stay silent with chance at most miss: 1 if the
// rate is 1, limit if it is 0 or limit trials are not enough.
func Repeats(rate, miss float64, limit int) int {
	switch {
	case rate >= 1 || miss >= 1:
		return 1
	case rate <= 0 || miss <= 0:
		return limit
	}
	n := math.Ceil(math.Log(miss)/math.Log1p(-rate) - 1e-9)
	return int(max(1, min(n, float64(limit))))
}
