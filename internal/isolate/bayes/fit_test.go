package bayes

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Where every rule is a word of four characters that the dictionary has, the
// fitted weights say so, and the file that holds them reads back.
func TestFitLearnsWhatRulesAreMadeOf(t *testing.T) {
	t.Parallel()
	d, err := NewDictionary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for w := range d.word {
		if n := len([]rune(w)); n == 4 && len(w) == 12 {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	rng := rand.New(rand.NewPCG(6, 1))
	known := func(n int) []Known {
		var out []Known
		for range n {
			k := Known{Parts: []string{words[rng.IntN(len(words))]}}
			var text []string
			for range 6 {
				w := []rune(words[rng.IntN(len(words))])
				text = append(text, string(w[:1+rng.IntN(3)]))
			}
			text[rng.IntN(6)] = k.Parts[0]
			k.Text = strings.Join(text, "")
			out = append(out, k)
		}
		return out
	}
	file, err := Fit(t.Context(), known(40), []Term{{Word: words[0]}})
	if err != nil {
		t.Fatal(err)
	}
	fitted, listed, err := readWeights(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(listed[ofLength]) != len(fitted[ofLength]) {
		t.Fatal("the two modes differ in size")
	}
	if w := fitted[ofLength]; w[2*4+1] <= w[2*4] || w[2*4+1] <= w[2*2+1] {
		t.Errorf("weights of four characters: %v in the dictionary, %v not; of two: %v", w[2*4+1], w[2*4], w[2*2+1])
	}
	var before, after float64
	for _, c := range newCases(d, nil, known(20)) {
		before += share(c, weights{})
		after += share(c, fitted)
	}
	if after < 4*before {
		t.Errorf("the parts of other texts have a share of %.3f, with no weights %.3f", after/20, before/20)
	}
}

// share is how likely the first part is to be drawn.
func share(c fitCase, by weights) float64 {
	var flat []float64
	for g, l := range layout() {
		if by[g] == nil {
			by[g] = make([]float64, l.size)
		}
		flat = append(flat, by[g]...)
	}
	each, sum := c.chances(flat)
	own := 0.0
	for _, i := range c.parts[0] {
		own += each[i]
	}
	return own / sum
}

func TestFitNeedsRules(t *testing.T) {
	t.Parallel()
	if _, err := Fit(t.Context(), []Known{{Text: "nothing of it", Parts: []string{"elsewhere"}}}, nil); err == nil || !strings.Contains(err.Error(), "texts with their rules") {
		t.Errorf("texts without their parts: %v", err)
	}
}
