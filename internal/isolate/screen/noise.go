package screen

import "math"

// counts are what is known of wrong answers: each rate is the mean of a beta
// distribution with a weak prior.
type counts struct {
	missed, seen   float64 // answers to messages that held a trigger
	falsely, quiet float64 // answers to messages that held none
	joined, parted float64 // reactions that had a cause in no single candidate
}

// damping of the cost ratio: accounts are dear, but so is time. The square
// root lies half-way, on a scale of ratios, between counting messages alone
// and taking the ratio at its word.
func damped(cost float64) float64 { return math.Sqrt(cost) }

// rates gives the present estimates.
func (c counts) rates(noisy bool, cost float64) rates {
	r := rates{cost: damped(cost), join: (0.02 + c.joined) / (1 + c.joined + c.parted)}
	if noisy {
		r.miss = (1 + c.missed) / (40 + c.missed + c.seen)
		r.false = (0.5 + c.falsely) / (50 + c.falsely + c.quiet)
	}
	return r
}
