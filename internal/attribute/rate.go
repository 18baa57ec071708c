package attribute

import (
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// rateConfidence is the confidence of ReactionRate's bounds.
const rateConfidence = 0.95

// maxRepeats bounds RepeatsFor.
const maxRepeats = 1000

// ReactionRate bounds the share of messages that the app copies among those
// that it has reason to copy, with 95 % confidence (Clopper, Pearson). It is
// 1 for most apps and less for one that samples. Only trials that came after
// the first copy of the same text in the same direction count: the first one
// is how the text was found, and counting it would bias the share upwards.
// Before any such trial the bounds are 0 and 1.
func ReactionRate(rec *telltale.Record) (low, high float64) {
	y := reactionTally(newTrials(rec))
	return stats.ClopperPearson(y.k, y.n, rateConfidence)
}

// RepeatsFor is how often a text must stay without reaction before that is
// taken for an answer, if a text that deserves one gets it with chance rate,
// and one in 1/miss may be missed. It is between 1 and 1000.
func RepeatsFor(rate, miss float64) int { return stats.Repeats(rate, miss, maxRepeats) }

func reactionTally(t *trials) tally {
	r := copying()
	suspects := r.counting(t.where(func(one *trial) bool { return !one.harmless() }))
	slices.SortStableFunc(suspects, func(a, b *trial) int { return a.sent.Compare(b.sent) })
	type text struct {
		d            telltale.Direction
		place, typed string
	}
	var y tally
	found := map[text]bool{}
	for _, one := range suspects {
		key := text{one.Direction, one.Place, plainText(one)}
		if found[key] {
			y.add(one.copied())
		}
		found[key] = found[key] || one.copied()
	}
	return y
}
