package screen

// Bounds of a fit: it goes on from where the last one ended.
const (
	fitPasses = 3
	fitStep   = 1.0 // longest step of a weight
	fitLeast  = 1e-4
)

// fit runs a few passes of coordinate descent with Newton steps (as in Fan et
// al., LIBLINEAR, 2008), the bias first in each.
func (p *prior) fit() {
	p.fitted, p.fitHits = len(p.known), p.hits
	for k, i := range p.known {
		p.margins[k] = p.score(int(i))
	}
	for range fitPasses {
		for range 2 {
			p.fitBias()
		}
		for f, places := range p.holds {
			if len(places) > 0 {
				p.fitWeight(f, places)
			}
		}
	}
}

// fitBias steps towards the prevalence seen, pseudo counts included.
func (p *prior) fitBias() {
	q := sigmoid(p.bias)
	slope, bend := startKnown*q-startHits, startKnown*q*(1-q)
	for k := range p.known {
		q := sigmoid(p.margins[k])
		slope += q - p.reacted[k]
		bend += q * (1 - q)
	}
	step := min(max(-slope/(bend+1e-6), -fitStep), fitStep)
	p.bias += step
	for k := range p.margins {
		p.margins[k] += step
	}
}

// fitWeight takes a Newton step of one weight.
func (p *prior) fitWeight(f int, places []int32) {
	slope, bend := p.strength[f]*p.weight[f], p.strength[f]
	for _, k := range places {
		q := sigmoid(p.margins[k])
		slope += q - p.reacted[k]
		bend += q * (1 - q)
	}
	step := min(max(-slope/bend, -fitStep), fitStep)
	if step < fitLeast && step > -fitLeast {
		return
	}
	p.weight[f] += step
	for _, k := range places {
		p.margins[k] += step
	}
}
