package survey

// cover is what clear messages without a known exception have shown.
type cover struct {
	n      int
	single []bool
	pair   []bool // [a*n+b]: a stood before b
	apart  []bool // [a*n+b]: a stood without b
	wide   []int  // the exceptions it was counted with
}

func newCover(n int) *cover {
	return &cover{n: n, single: make([]bool, n), pair: make([]bool, n*n), apart: make([]bool, n*n)}
}

// add takes a clear message.
func (c *cover) add(k *knowledge, terms []int) {
	if k.isExcused(terms) {
		return
	}
	in := make([]bool, c.n)
	for _, t := range terms {
		in[t] = true
		for _, i := range k.inside[t] {
			in[i] = true
		}
	}
	for i, a := range terms {
		c.single[a] = true
		for _, b := range terms[i+1:] {
			c.pair[a*c.n+b] = true
		}
		for b := range c.n {
			if !in[b] {
				c.apart[a*c.n+b] = true
			}
		}
	}
}
