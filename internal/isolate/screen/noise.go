package screen

import "math"

// counts are what is known of wrong answers: each rate is the mean of a beta
// distribution with a weak prior.
type counts struct {
	missed, seen   float64 // answers to messages that held a trigger
	falsely, quiet float64 // answers to messages that held none
	joined, parted float64 // reactions that had a cause in no single candidate
	together       float64 // silent messages of several candidates
}

// damped is the cost ratio that questions are chosen by. Accounts are dear,
// but so is time: a little below the ratio, the last triggering messages that
// could be spared would cost more than ten silent ones each.
func damped(cost float64) float64 { return math.Pow(cost, 0.9) }

// dampedPairs is the same for pairs: of them there are few, and most messages
// are silent anyway.
func dampedPairs(cost float64) float64 { return math.Sqrt(cost) }

// rates gives the present estimates.
func (c counts) rates(noisy bool) rates {
	r := rates{join: (0.02 + c.joined) / (1 + c.joined + c.parted + c.together)}
	if noisy {
		// A silent message says less of joins then, and a little distrust of
		// every reaction is right: the rates are not known.
		r.join = (0.02 + c.joined) / (1 + c.joined + c.parted)
		r.miss = (1 + c.missed) / (40 + c.missed + c.seen)
		r.false = (0.5 + c.falsely) / (50 + c.falsely + c.quiet)
	}
	return r
}
