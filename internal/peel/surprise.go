package peel

import "math"

// surprise tells random keys from the code, tables and texts around them: it
// is the negative logarithm of how frequent the bytes of a window are in the
// file. The bytes of a random key are even, so their surprise is known up to
// chance; what stays below by four standard deviations is no such key. In
// compressed parts of a file every window passes.
type surprise struct {
	cost           [256]int // in 1/64 bit
	mean, variance float64
}

func newSurprise(file []byte) *surprise {
	var counts [256]int
	for _, c := range file {
		counts[c]++
	}
	s := &surprise{}
	for c, n := range counts {
		bits := -math.Log2((float64(n) + 1) / float64(len(file)+256))
		s.cost[c] = int(64 * bits)
		s.mean += 64 * bits / 256
	}
	for _, cost := range s.cost {
		d := float64(cost) - s.mean
		s.variance += d * d / 256
	}
	return s
}

// least is the surprise that n bytes of a random key have nearly always.
func (s *surprise) least(n int) int {
	return int(float64(n)*s.mean - 4*math.Sqrt(float64(n)*s.variance) - 1)
}

// distinctLeast is how many different bytes n random ones have nearly always.
func distinctLeast(n int) int { return n - 1 - n/6 }

// each yields the places of a piece at which n bytes may be a random key.
// Windows of text alone are left out: texts are tried as such.
func (s *surprise) each(piece []byte, n int, yield func(from int)) {
	var counts [256]uint16
	distinct, sum, other := 0, 0, 0
	least, need := s.least(n), distinctLeast(n)
	for i, c := range piece {
		if counts[c]++; counts[c] == 1 {
			distinct++
		}
		sum += s.cost[c]
		if c < 0x20 || c >= 0x7f {
			other++
		}
		from := i + 1 - n
		if from < 0 {
			continue
		}
		if distinct >= need && sum >= least && (other > 0 || n < 8) && from < scanPiece {
			yield(from)
		}
		old := piece[from]
		if counts[old]--; counts[old] == 0 {
			distinct--
		}
		sum -= s.cost[old]
		if old < 0x20 || old >= 0x7f {
			other--
		}
	}
}

// count is how many places of a file each yields.
func (s *surprise) count(file []byte, n int) int64 {
	var total int64
	for from := 0; from < len(file); from += scanPiece {
		s.each(file[from:min(len(file), from+scanPiece+n-1)], n, func(int) { total++ })
	}
	return total
}
