package stats

import "math"

// ClopperPearson bounds the share behind k hits in n trials with at least the
// given confidence, by inverting the binomial tails. Without trials nothing
// is known: 0 and 1.
func ClopperPearson(k, n int, confidence float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	tail := (1 - confidence) / 2
	low, high = 0, 1
	if k > 0 {
		low = bisect(func(p float64) bool { return BinomialUpper(k, n, p) < tail })
	}
	if k < n {
		high = bisect(func(p float64) bool { return 1-BinomialUpper(k+1, n, p) >= tail })
	}
	return low, high
}

// BinomialUpper is the chance of k or more hits in n trials of chance p.
func BinomialUpper(k, n int, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	sum := 0.0
	for i := k; i <= n; i++ {
		sum += math.Exp(logChoose(n, i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(sum, 1)
}

// bisect finds where below turns from true to false on 0..1.
func bisect(below func(p float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		middle := (low + high) / 2
		if below(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// Newcombe bounds the difference of two shares, k1/n1 - k2/n2, by Newcombe's
// method 10 (Wilson's score intervals, joined). Unlike exact intervals of a
// difference it is closed form, and it behaves well at 0 and 1. An empty
// group gives -1 and 1.
func Newcombe(k1, n1, k2, n2 int, confidence float64) (low, high float64) {
	if n1 <= 0 || n2 <= 0 {
		return -1, 1
	}
	l1, u1 := wilson(k1, n1, confidence)
	l2, u2 := wilson(k2, n2, confidence)
	p1, p2 := share(k1, n1), share(k2, n2)
	low = p1 - p2 - math.Hypot(p1-l1, u2-p2)
	high = p1 - p2 + math.Hypot(u1-p1, p2-l2)
	return max(low, -1), min(high, 1)
}

// wilson is the score interval of a share, without continuity correction.
func wilson(k, n int, confidence float64) (low, high float64) {
	z := math.Sqrt2 * math.Erfinv(confidence)
	p, m := share(k, n), float64(n)
	centre := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	scale := 1 + z*z/m
	return max((centre-half)/scale, 0), min((centre+half)/scale, 1)
}

func share(k, n int) float64 { return float64(k) / float64(n) }
