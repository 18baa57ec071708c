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

// pairCost is the cost ratio that questions are chosen by if pairs are asked
// for: there are few of them, most messages are silent anyway, and the ratio
// as it is would spend eight messages more for each triggering one spared.
func pairCost(cost float64) float64 { return math.Sqrt(cost) }

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
