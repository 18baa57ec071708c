package screen

import "math"

// prior learns, while the search runs, which candidates are likely to react:
// a logistic regression on their writing, their length and their letters,
// with a Gaussian prior on the weights (MAP estimate). It starts out knowing
// nothing, so every filter teaches its own.
type prior struct {
	features [][]int32
	weight   []float64
	strength []float64 // inverse variance of a weight before anything is known
	bias     float64
	known    []int32   // settled candidates
	reacted  []float64 // of known: 1 or 0
	margins  []float64 // of known: scores at the last fit
	holds    [][]int32 // to each feature the places in known that have it
	hits     int
	fitted   int // len(known) at the last fit
	fitHits  int
}

const (
	weakStrength   = 1.0
	letterStrength = 2.0 // single letters tell less of the words
	startHits      = 0.5 // pseudo counts of the first guess at the prevalence
	startKnown     = 25
)

func newPrior(terms []string) *prior {
	p := &prior{features: make([][]int32, len(terms)), bias: logit(startHits / startKnown)}
	count := map[string]int{}
	for _, t := range terms {
		eachFeature(t, func(f string) { count[f]++ })
	}
	ids := map[string]int32{}
	for i, t := range terms {
		eachFeature(t, func(f string) {
			if count[f] < 2 {
				return
			}
			id, ok := ids[f]
			if !ok {
				id = int32(len(ids))
				ids[f] = id
				p.strength = append(p.strength, strengthOf(f))
			}
			p.features[i] = append(p.features[i], id)
		})
	}
	p.weight, p.holds = make([]float64, len(ids)), make([][]int32, len(ids))
	return p
}

func strengthOf(feature string) float64 {
	if feature[0] == kindLetter {
		return letterStrength
	}
	return weakStrength
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (p *prior) score(i int) float64 {
	s := p.bias
	for _, f := range p.features[i] {
		s += p.weight[f]
	}
	return s
}

// of is the chance that candidate i reacts.
func (p *prior) of(i int) float64 {
	return min(max(sigmoid(p.score(i)), 1e-7), 0.95)
}

// add notes a settled candidate and fits again when enough is new.
func (p *prior) add(i int, reacts bool) {
	for _, f := range p.features[i] {
		p.holds[f] = append(p.holds[f], int32(len(p.known)))
	}
	y := 0.0
	if reacts {
		y = 1
		p.hits++
	}
	p.known, p.reacted, p.margins = append(p.known, int32(i)), append(p.reacted, y), append(p.margins, 0)
	fresh := len(p.known) - p.fitted
	few := fresh*20 < len(p.known) && (p.hits-p.fitHits)*20 <= p.hits
	if !few && (fresh >= 20 || p.hits > p.fitHits) {
		p.fit()
	}
}
