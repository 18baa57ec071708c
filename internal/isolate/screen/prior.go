package screen

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// prior learns, while the search runs, which candidates are likely to react:
// a logistic regression on their writing, their length and their letters,
// with a Gaussian prior on the weights (MAP estimate). It starts out knowing
// nothing, so every filter teaches its own.
type prior struct {
	features [][]int32
	weight   []float64
	square   []float64 // summed squares of the gradients (AdaGrad)
	seen     []float64 // settled candidates that have the feature
	bias     float64
	known    []int32 // settled candidates
	reacted  []bool  // of known
	hits     int
	fitted   int // len(known) at the last fit
	fitHits  int
}

const (
	priorStrength = 1.0 // inverse variance of a weight
	priorRate     = 0.3 // of a gradient step
	startHits     = 0.5 // pseudo counts of the first guess at the prevalence
	startKnown    = 25
)

func newPrior(terms []string) *prior {
	p := &prior{features: make([][]int32, len(terms))}
	ids := map[string]int32{}
	count := map[string]int{}
	for _, t := range terms {
		eachFeature(t, func(f string) { count[f]++ })
	}
	for i, t := range terms {
		eachFeature(t, func(f string) {
			if count[f] < 2 {
				return
			}
			id, ok := ids[f]
			if !ok {
				id = int32(len(ids))
				ids[f] = id
			}
			p.features[i] = append(p.features[i], id)
		})
	}
	p.weight, p.square, p.seen = make([]float64, len(ids)), make([]float64, len(ids)), make([]float64, len(ids))
	p.bias = logit(startHits / startKnown)
	return p
}

// maxFeatureRunes bounds how much of a term is looked at.
const maxFeatureRunes = 60

// eachFeature calls f with each feature of t, every one once.
func eachFeature(t string, f func(string)) {
	runes := []rune(t)
	if len(runes) > maxFeatureRunes {
		runes = runes[:maxFeatureRunes]
	}
	seen := map[string]bool{}
	add := func(s string) {
		if !seen[s] {
			seen[s] = true
			f(s)
		}
	}
	add("n" + string(rune('0'+lengthClass(utf8.RuneCountInString(t)))))
	for i, r := range runes {
		add("w" + writing(r))
		add("1" + string(r))
		if i > 0 {
			add("2" + string(runes[i-1:i+1]))
		}
	}
}

func lengthClass(n int) int {
	switch {
	case n <= 5:
		return n
	case n <= 7:
		return 6
	case n <= 10:
		return 7
	case n <= 15:
		return 8
	}
	return 9
}

func writing(r rune) string {
	switch {
	case unicode.Is(unicode.Han, r):
		return "h"
	case unicode.IsDigit(r):
		return "d"
	case r < utf8.RuneSelf && unicode.IsLetter(r):
		return "l"
	case unicode.IsLetter(r):
		return "o"
	case unicode.IsSpace(r):
		return "s"
	}
	return "p"
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

func (p *prior) score(i int) float64 {
	s := p.bias
	for _, f := range p.features[i] {
		s += p.weight[f]
	}
	return s
}

// of is the chance that candidate i reacts.
func (p *prior) of(i int) float64 {
	return min(max(1/(1+math.Exp(-p.score(i))), 1e-7), 0.95)
}

// add notes a settled candidate and fits again when enough is new. It says
// whether it did.
func (p *prior) add(i int, reacts bool) bool {
	p.known, p.reacted = append(p.known, int32(i)), append(p.reacted, reacts)
	if reacts {
		p.hits++
	}
	for _, f := range p.features[i] {
		p.seen[f]++
	}
	fresh := len(p.known) - p.fitted
	if fresh*20 < len(p.known) && (p.hits-p.fitHits)*20 <= p.hits {
		return false
	}
	if fresh < 20 && p.hits == p.fitHits {
		return false
	}
	p.fit()
	return true
}

// fit runs a few passes of gradient descent, from where the last fit ended.
func (p *prior) fit() {
	p.fitted, p.fitHits = len(p.known), p.hits
	clear(p.square)
	for range 5 {
		for k, i := range p.known {
			y := 0.0
			if p.reacted[k] {
				y = 1
			}
			g := 1/(1+math.Exp(-p.score(int(i)))) - y
			for _, f := range p.features[i] {
				gf := g + priorStrength*p.weight[f]/p.seen[f]
				p.square[f] += gf * gf
				p.weight[f] -= priorRate * gf / math.Sqrt(1+p.square[f])
			}
		}
		p.center()
	}
}

// center sets the bias so that the mean of the chances is the share seen.
func (p *prior) center() {
	want := startHits
	want += float64(p.hits)
	for range 8 {
		sum, slope := p.rate0(), 0.0
		for _, i := range p.known {
			q := 1 / (1 + math.Exp(-p.score(int(i))))
			sum += q
			slope += q * (1 - q)
		}
		if slope < 1e-9 {
			return
		}
		p.bias += min(max((want-sum)/slope, -1), 1)
	}
}

// rate0 is the pseudo candidates' share in the sum of chances.
func (p *prior) rate0() float64 {
	return startKnown / (1 + math.Exp(-p.bias))
}
