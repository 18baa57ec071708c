package stats

import "math"

// Fisher is the exact test of two shares, k1 of n1 against k2 of n2, with all
// margins fixed. Greater is the chance of a first share at least as large as
// seen if the two do not differ; Two is the two-sided p-value (all tables
// that are no likelier than the one seen). An empty group gives 1 and 1.
func Fisher(k1, n1, k2, n2 int) (greater, two float64) {
	if n1 <= 0 || n2 <= 0 {
		return 1, 1
	}
	hits := k1 + k2
	seen := hypergeometric(k1, n1, hits, n1+n2)
	for k := max(0, hits-n2); k <= min(hits, n1); k++ {
		p := hypergeometric(k, n1, hits, n1+n2)
		if k >= k1 {
			greater += p
		}
		// Tables of equal chance differ in their last bits; R allows 1e-7 too.
		if p <= seen*(1+1e-7) {
			two += p
		}
	}
	return min(greater, 1), min(two, 1)
}

// hypergeometric is the chance of k hits among drawn of total, of which hits
// are hits.
func hypergeometric(k, drawn, hits, total int) float64 {
	return math.Exp(logChoose(hits, k) + logChoose(total-hits, drawn-k) - logChoose(total, drawn))
}

// logChoose is the logarithm of the binomial coefficient, -Inf where it is 0.
func logChoose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
