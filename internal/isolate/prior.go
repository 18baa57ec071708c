package isolate

import "unicode"

// The prior says where a part is likely to begin and end. It decides which
// question comes next, never what the answer is: every position keeps some
// weight.

// Weights of a border between two characters.
const (
	borderSure   = 4.0 // at blanks, punctuation, the text's ends
	borderScript = 3.0 // between scripts
	borderHan    = 1.0 // within scripts that write without blanks
	borderSpoilt = 0.2 // the part would have punctuation at its edge
	borderInside = 0.1 // within a word of letters or digits
)

// ends lists where in the region a part may end, with weights.
func (a *attempt) ends(region span) (at []int, weights []float64) {
	for i := region.lo + 1; i <= region.hi; i++ {
		if !unicode.IsSpace(a.text[i-1]) {
			at, weights = append(at, i), append(weights, a.ending(i))
		}
	}
	a.favour(at, weights, func(k span) (int, bool) { return k.hi, k.lo >= region.lo && k.hi <= region.hi })
	return at, weights
}

// starts lists where a part with this end may begin, the shortest first.
func (a *attempt) starts(region span, end int) (at []int, weights []float64) {
	units := 1
	for i := end - 1; i >= region.lo; i-- {
		if i < end-1 && a.beginning(i+1) >= borderHan {
			units++
		}
		if unicode.IsSpace(a.text[i]) {
			units--
			continue
		}
		at = append(at, i)
		weights = append(weights, a.beginning(i)*a.length(units, end))
	}
	a.favour(at, weights, func(k span) (int, bool) { return k.lo, k.hi == end && k.lo >= region.lo })
	return at, weights
}

// length weighs a part of so many units: characters of Han and its like, words
// of letters. Published lists have most parts at two to four characters. The
// tail is long, so that odd parts cost a few questions and not a hundred.
func (a *attempt) length(units, end int) float64 {
	table := [...]float64{0.06, 0.34, 0.24, 0.20}
	if spaced(a.text[end-1]) {
		table = [...]float64{0.55, 0.22, 0.10, 0.05}
	}
	if units >= 1 && units <= len(table) {
		return table[units-1]
	}
	return 0.8 / float64(units*units)
}

// favour gives the known words together as much weight as all the rest.
func (a *attempt) favour(at []int, weights []float64, where func(span) (int, bool)) {
	hits := map[int]bool{}
	for _, k := range a.s.known {
		if a.flip {
			k = span{len(a.text) - k.hi, len(a.text) - k.lo}
		}
		if i, ok := where(k); ok {
			hits[i] = true
		}
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	for i, pos := range at {
		if hits[pos] {
			weights[i] += total / float64(len(hits))
		}
	}
}

// borders holds for every border of the text how well a part ends there
// (left of it) and begins there (right of it).
type borders struct{ ends, begins []float64 }

func newBorders(text []rune) borders {
	b := borders{make([]float64, len(text)+1), make([]float64, len(text)+1)}
	for i := range len(text) + 1 {
		if i > 0 {
			b.ends[i] = border(text, i-1, i)
		}
		if i < len(text) {
			b.begins[i] = border(text, i, i-1)
		}
	}
	return b
}

// border weighs the border between a part's character and its neighbour.
func border(text []rune, in, out int) float64 {
	switch {
	case apart(text[in]):
		return borderSpoilt
	case out < 0 || out >= len(text) || apart(text[out]):
		return borderSure
	case spaced(text[in]) != spaced(text[out]), unicode.IsDigit(text[in]) != unicode.IsDigit(text[out]):
		return borderScript
	case spaced(text[in]):
		return borderInside
	}
	return borderHan
}

// ending weighs border i for a part that ends there, in the direction of the
// search.
func (a *attempt) ending(i int) float64 {
	if a.flip {
		return a.s.borders.begins[len(a.text)-i]
	}
	return a.s.borders.ends[i]
}

// beginning weighs border i for a part that begins there.
func (a *attempt) beginning(i int) float64 {
	if a.flip {
		return a.s.borders.ends[len(a.text)-i]
	}
	return a.s.borders.begins[i]
}

// apart reports characters that stand between words.
func apart(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }

// spaced reports characters of scripts that put blanks between words.
func spaced(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// severalParts bends the weights of ends for rules of several parts: what is
// looked for is the last of them. If a part ends before x with chance F(x),
// the last of k does with F(x)^k; k is mostly one, and less so once a first
// part was found not to be enough.
func severalParts(weights []float64, more bool) []float64 {
	chance := [...]float64{0.55, 0.20, 0.12, 0.08, 0.05}
	if more {
		chance = [...]float64{0.50, 0.25, 0.15, 0.10, 0}
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	out := make([]float64, len(weights))
	sum, before := 0.0, 0.0
	for i, w := range weights {
		sum += w
		x, now := sum/total, 0.0
		for k := len(chance) - 1; k >= 0; k-- {
			now = (now + chance[k]) * x
		}
		out[i], before = now-before, now
	}
	return out
}
