package bayes

// numbers are the chances of rules of 1, 2, ... parts.
type numbers [maxParts]float64

// usual numbers, if nothing is known.
func usual() numbers { return numbers{0.2, 0.2, 0.19, 0.17, 0.14, 0.05, 0.02, 0.01, 0.01, 0.01} }

// like gives the numbers if rules of so many parts are known: those of one
// filter are often alike.
func like(known []int) numbers {
	q := usual()
	if len(known) == 0 {
		return q
	}
	const same, near = 0.5, 0.15 // the rest is as usual
	for k := range q {
		q[k] *= 1 - same - 2*near
		for _, n := range known {
			switch k + 1 - n {
			case 0:
				q[k] += same / float64(len(known))
			case 1, -1:
				q[k] += near / float64(len(known))
			}
		}
	}
	return q
}

// polynomial by powers from zero on.
type polynomial [maxParts + 1]float64

// drawn gives the chance that all parts are among stretches, by their weight;
// or its derivative of an order: the same with so many of the parts given.
func (n *numbers) drawn(order int) (g polynomial) {
	for k, q := range n {
		if k++; k >= order {
			for j := range order {
				q *= float64(k - j)
			}
			g[k-order] = q
		}
	}
	return g
}

func (g *polynomial) at(x float64) (y float64) {
	for k := len(g) - 1; k >= 0; k-- {
		y = y*x + g[k]
	}
	return y
}

// from develops the polynomial in how much the weight falls short of x.
func (g *polynomial) from(x float64) (out polynomial) {
	for k, c := range g { // c·(x-l)^k
		binomial, power := 1.0, 1.0
		for j := k; j >= 0; j-- { // l^j
			out[j] += c * binomial * power
			binomial *= float64(j) / float64(k-j+1)
			power *= x
		}
	}
	for j := 1; j < len(out); j += 2 {
		out[j] = -out[j]
	}
	return out
}
