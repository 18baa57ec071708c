package bayes

import (
	_ "embed" // the weights
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// The prior is a log-linear model: what is known of a stretch is a handful of
// features, each with a weight, and the chance of a stretch to be drawn as a
// part is in proportion to the exponential of their sum. The weights are the
// likeliest ones for published rules in running text (conditional logit,
// McFadden 1974), with a penalty on their squares.

// weightsFile has one line a group of features: its name and its weights,
// first those for a search without a list of terms, then those with one.
//
//go:embed weights.txt
var weightsFile string

// group is a kind of feature; within it they are counted from zero.
type group int

// Groups of features.
const (
	ofSigns     group = iota // signs at the edges or within
	ofLength                 // characters, and whether the dictionary has it
	ofLevel                  // how common a word is
	ofClass                  // its part of speech
	ofEdges                  // whether it begins and ends where words do
	ofWords                  // of how many words, and single characters
	ofRarest                 // level of its rarest word
	ofCommonest              // and of its most common one
	ofFirst                  // part of speech of its first word
	ofLast                   // and of its last one
	ofMixture                // letters and blankless scripts together
	ofLetters                // words of letters
	ofCapitals               // a single word of letters
	ofDigits                 // nothing but digits
	ofRules                  // known rules that have it, by a list
	ofLists                  // lists that have it
	ofListed                 // length of a word in the list
	ofUnlisted               // length of one that is not
	ofMembers                // words within that known rules have
	groups
)

// Sizes of the dimensions of features.
const (
	lengths = 13
	levels  = 9  // zero: not in the dictionary
	classes = 15 // zero: not in the dictionary
)

// layout gives each group its name in the file and how many features it has.
func layout() [groups]struct {
	name string
	size int
} {
	return [groups]struct {
		name string
		size int
	}{
		ofSigns: {"signs", 7}, ofLength: {"length", lengths * 2}, ofLevel: {"level", 3 * levels}, ofClass: {"class", 4 * classes},
		ofEdges: {"edges", 4 * 2 * 3}, ofWords: {"words", 5 * 6}, ofRarest: {"rarest", levels}, ofCommonest: {"commonest", levels},
		ofFirst: {"first", classes}, ofLast: {"last", classes}, ofMixture: {"mixture", 3 * 5}, ofLetters: {"letters", 3 * 5 * 6},
		ofCapitals: {"capitals", 3}, ofDigits: {"digits", 3 * 4}, ofRules: {"rules", 8}, ofLists: {"lists", 7},
		ofListed: {"listed", 6 * 2}, ofUnlisted: {"unlisted", 6 * 2}, ofMembers: {"members", 5},
	}
}

// weights of all features, by group.
type weights [groups][]float64

// readWeights returns the weights without and with a list of terms.
func readWeights(file string) (plain, listed weights, err error) {
	shape := layout()
	at := map[string]group{}
	for g, l := range shape {
		at[l.name] = group(g)
	}
	for line := range strings.Lines(file) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		g, ok := at[fields[0]]
		if n := shape[g].size; !ok || len(fields) != 1+2*n {
			return plain, listed, fmt.Errorf("the shipped weights: %.20q has %d numbers", fields[0], len(fields)-1)
		}
		values := make([]float64, len(fields)-1)
		for i, f := range fields[1:] {
			if values[i], err = strconv.ParseFloat(f, 64); err != nil {
				return plain, listed, fmt.Errorf("the shipped weights: %w", err)
			}
		}
		plain[g], listed[g] = values[:len(values)/2], values[len(values)/2:]
	}
	return plain, listed, nil
}

// feature is one of a group.
type feature struct {
	group
	index int
}

// step is the number of bounds that x reaches.
func step(x float64, bounds ...float64) int {
	for i, b := range bounds {
		if x < b {
			return i
		}
	}
	return len(bounds)
}

// features of a stretch. units are words of letters and single characters of
// other scripts.
func (p *prior) features(s span, units, letters int, out []feature) []feature {
	flat := p.flat[s.lo:s.hi]
	if signs := p.signs(s); signs > 0 {
		flat = make([]rune, 0, s.hi-s.lo)
		for _, r := range p.flat[s.lo:s.hi] {
			if r != 0 {
				flat = append(flat, r)
			}
		}
		if p.flat[s.lo] == 0 || p.flat[s.hi-1] == 0 {
			out = append(out, feature{ofSigns, min(len(flat), 3)})
		} else {
			out = append(out, feature{ofSigns, 3 + min(signs, 3)})
		}
	}
	switch {
	case len(flat) == 0:
		return out
	case letters > 0:
		out = p.lettered(s, flat, units, letters, out)
	default:
		out = p.blankless(s, flat, out)
	}
	if len(p.d.term) >= comprehensive {
		out = p.listed(s, flat, letters > 0, out)
	}
	return out
}

// blankless are the features of scripts without blanks.
func (p *prior) blankless(s span, flat []rune, out []feature) []feature {
	n := len(flat)
	known := 0
	var w entry
	if n <= longest {
		if e, ok := p.d.word[string(flat)]; ok {
			w, known = e, 1
		}
	}
	out = append(out, feature{ofLength, 2*min(n, lengths-1) + known})
	if known > 0 {
		out = append(out, feature{ofLevel, levels*(min(n, 3)-1) + w.step()}, feature{ofClass, classes*(min(n, 4)-1) + int(w.class)})
	}
	edges := 0
	if p.edge[s.lo] {
		edges |= 1
	}
	if p.edge[s.hi] {
		edges |= 2
	}
	out = append(out, feature{ofEdges, 6*edges + 3*known + min(n, 3) - 1})
	if known == 0 && edges == 3 {
		out = p.compound(s, out)
	}
	return out
}

// compound are the features of a stretch made of whole words.
func (p *prior) compound(s span, out []feature) []feature {
	words, single := 0, 0
	rarest, commonest := levels, 0
	var first, last entry
	for _, w := range p.tokens[p.token[s.lo]:p.token[s.hi]] {
		words++
		if w.hi-w.lo == 1 {
			single++
		}
		if words == 1 {
			first = w.entry
		}
		last = w.entry
		rarest, commonest = min(rarest, w.step()), max(commonest, w.step())
	}
	rarest = min(rarest, levels-1)
	return append(out, feature{ofWords, 6*(min(words, 5)-1) + min(single, 5)}, feature{ofRarest, rarest}, feature{ofCommonest, commonest},
		feature{ofFirst, int(first.class)}, feature{ofLast, int(last.class)})
}

// lettered are the features of stretches with letters of scripts that use
// blanks.
func (p *prior) lettered(s span, flat []rune, units, letters int, out []feature) []feature {
	edges := 0
	if s.lo == 0 || p.flat[s.lo-1] == 0 || han(p.flat[s.lo-1]) != han(p.flat[s.lo]) {
		edges++
	}
	if s.hi == len(p.flat) || p.flat[s.hi] == 0 || han(p.flat[s.hi]) != han(p.flat[s.hi-1]) {
		edges++
	}
	digits, blankless := 0, 0
	for _, r := range flat {
		switch {
		case unicode.IsDigit(r):
			digits++
		case han(r):
			blankless++
		}
	}
	switch {
	case digits == len(flat):
		return append(out, feature{ofDigits, 4*edges + step(float64(digits), 2, 3, 5)})
	case blankless > 0:
		return append(out, feature{ofMixture, 5*edges + min(blankless, 4)})
	}
	out = append(out, feature{ofLetters, 30*edges + 6*(min(units, 5)-1) + step(float64(letters)/float64(units), 2, 3, 4, 6, 8)})
	if units > 1 || edges < 2 {
		return out
	}
	capitals := 0
	for _, r := range p.text[s.lo:s.hi] {
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	switch {
	case capitals == 0:
		return append(out, feature{ofCapitals, 0})
	case capitals < letters:
		return append(out, feature{ofCapitals, 1})
	}
	return append(out, feature{ofCapitals, 2})
}

// listed are the features by a list of terms.
func (p *prior) listed(s span, flat []rune, letters bool, out []feature) []feature {
	n := min(len(flat), 5)
	if t, ok := p.d.term[string(flat)]; ok {
		rules := 0
		if t.rules > 0 {
			rules = 1
		}
		return append(out, feature{ofRules, step(float64(t.rules), 1, 2, 3, 5, 9, 17, 40)}, feature{ofLists, step(float64(t.lists), 1, 10, 20, 50, 100, 200)},
			feature{ofListed, 2*n + rules})
	}
	if letters {
		return append(out, feature{ofUnlisted, 2*n + 1})
	}
	out = append(out, feature{ofUnlisted, 2 * n})
	if !p.edge[s.lo] || !p.edge[s.hi] {
		return out
	}
	best, words := 0, p.tokens[p.token[s.lo]:p.token[s.hi]]
	for _, w := range words {
		best = max(best, w.known)
	}
	if len(words) > 1 {
		out = append(out, feature{ofMembers, best})
	}
	return out
}
