package bayes

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The prior says how likely a stretch of the text is to be a part: by length,
// by what a dictionary and lists say of it, and by whether it begins and ends
// where words do. It decides which question comes next, never what the answer
// is, so every stretch keeps some chance.

// Bounds of candidates, in characters.
const (
	maxHan     = 16 // of scripts without blanks
	maxLetters = 40
	// comprehensive is the size from which a list says something of what is
	// not in it.
	comprehensive = 5000
	lengthOnly    = 0.12 // share of the prior that knows the length alone
)

// prior holds what is needed to weigh the stretches of one text.
type prior struct {
	d    *Dictionary
	text []rune
	flat []rune // the text folded, character by character; 0: ignored
	edge []bool // where words begin and end
}

func newPrior(d *Dictionary, text []rune) *prior {
	p := &prior{d: d, text: text, flat: make([]rune, len(text))}
	for i, r := range text {
		p.flat[i] = d.foldRune(r)
	}
	p.segment()
	return p
}

// foldRune brings a character to its plainest form; 0 if it stands between
// words.
func (d *Dictionary) foldRune(r rune) rune {
	if s := []rune(norm.NFKC.String(string(r))); len(s) == 1 {
		r = s[0]
	}
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return 0
	}
	r = unicode.ToLower(r)
	if s, ok := d.simple[r]; ok {
		return s
	}
	return r
}

// folded writes a word as the prior compares it.
func (d *Dictionary) folded(word string) string {
	return strings.Map(func(r rune) rune {
		if r = d.foldRune(r); r == 0 {
			return -1
		}
		return r
	}, word)
}

// han reports scripts that write without blanks.
func han(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// segment finds the likeliest division of the text into words, each word with
// its own frequency.
func (p *prior) segment() {
	n := len(p.flat)
	best, from := make([]float64, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		best[i], from[i] = best[i-1]-20, i-1
		for j := i - 1; j >= max(0, i-4); j-- {
			if level, ok := p.d.level[string(p.flat[j:i])]; ok {
				if s := best[j] + (float64(level)+0.5-26)*math.Ln2; s > best[i] {
					best[i], from[i] = s, j
				}
			}
		}
	}
	p.edge = make([]bool, n+1)
	for i := n; i > 0; i = from[i] {
		p.edge[i] = true
	}
	p.edge[0] = true
	for i := 1; i < n; i++ {
		if a, b := p.flat[i-1], p.flat[i]; a != 0 && b != 0 && !han(a) && !han(b) {
			p.edge[i] = false // within a word of letters
		}
	}
}

// candidates lists all stretches with their weights.
func (p *prior) candidates() *candidates {
	c := &candidates{}
	for lo := range p.text {
		if unicode.IsSpace(p.text[lo]) {
			continue
		}
		units, letters := 0, 0
		for hi := lo + 1; hi <= len(p.text) && hi-lo <= maxLetters; hi++ {
			switch r := p.flat[hi-1]; {
			case r == 0:
			case han(r):
				units++
			case hi-1 == lo || p.flat[hi-2] == 0 || han(p.flat[hi-2]):
				units++
				letters++
			default:
				letters++
			}
			if hi-lo-letters > maxHan+8 || units > maxHan {
				break
			}
			if unicode.IsSpace(p.text[hi-1]) {
				continue
			}
			c.lo, c.hi = append(c.lo, int32(lo)), append(c.hi, int32(hi))
			c.weight = append(c.weight, -math.Log1p(-p.chance(span{lo, hi}, units, letters)))
		}
	}
	return c
}

// chance of one stretch to be a part.
func (p *prior) chance(s span, units, letters int) float64 {
	spoilt := 1.0 // signs at the edges, or within, are rarely part of a word
	if p.flat[s.lo] == 0 {
		spoilt *= 0.05
	}
	if p.flat[s.hi-1] == 0 {
		spoilt *= 0.05
	}
	flat := slices.DeleteFunc(slices.Clone(p.flat[s.lo:s.hi]), func(r rune) bool { return r == 0 })
	if inner := s.hi - s.lo - len(flat); inner > 0 && spoilt == 1 {
		spoilt = 0.3 / float64(inner)
	}
	var plain, informed float64
	if letters > 0 {
		plain, informed = p.latin(s, units, letters)
	} else {
		plain, informed = p.blankless(s, flat)
	}
	informed = p.listed(s, flat, informed)
	return max(1e-8, spoilt*(lengthOnly*plain+(1-lengthOnly)*informed))
}

// listed brings in the user's list: what stands in it is likelier, above all
// longer words, and what does not is less likely.
func (p *prior) listed(s span, flat []rune, chance float64) float64 {
	t, ok := p.d.term[string(flat)]
	switch n := len(flat); {
	case len(p.d.term) == 0:
		return chance
	case !ok && len(p.d.term) < comprehensive:
		return 0.8 * chance
	case !ok && n <= 3:
		return 0.3 * chance
	case !ok:
		return 0.6 * chance
	case n == 1:
		t *= 0.3
	case n > 2:
		t *= 2
		if _, known := p.d.level[string(flat)]; !known {
			t *= 1.5
		}
	}
	if !p.edge[s.lo] || !p.edge[s.hi] {
		t *= 0.25
	}
	return max(min(t, 0.4), chance)
}

// byLength gives the chances of stretches without blanks by their length in
// characters: of any stretch, and of those that begin and end where words do,
// for words of the dictionary and for others.
func byLength(n int) (plain, word, unknown float64) {
	every := [...]float64{0, 0.0014, 0.0028, 0.0015, 0.0014, 0.0004, 0.0002, 0.0001, 0.00005}
	known := [...]float64{0, 0.003, 0.0095, 0.014, 0.010}
	other := [...]float64{0, 0.0005, 0.002, 0.0027, 0.0029, 0.0012, 0.0008, 0.0003, 0.0002}
	far := math.Pow(0.7, float64(max(0, n-8)))
	if n < len(known) {
		word = known[n]
	}
	n = min(n, len(every)-1)
	return every[n] * far, word, other[n] * far
}

// blankless weighs stretches of scripts without blanks.
func (p *prior) blankless(s span, flat []rune) (plain, informed float64) {
	n := len(flat)
	if n == 0 {
		return 1e-5, 1e-5
	}
	var word float64
	plain, word, informed = byLength(n)
	level, ok := p.d.level[string(flat)]
	if ok && word > 0 {
		informed = word
	}
	if n == 1 && level > 15 {
		informed *= 0.3
	}
	switch {
	case p.edge[s.lo] && p.edge[s.hi]:
	case ok:
		informed *= 0.25
	default:
		informed *= 0.02
	}
	return plain, informed
}

// latin weighs stretches with letters of scripts that use blanks.
func (p *prior) latin(s span, units, letters int) (plain, informed float64) {
	chance := [...]float64{0, 0.012, 0.004, 0.0015, 0.0006}
	x := 0.0003
	if units < len(chance) {
		x = chance[units]
	}
	begins := s.lo == 0 || p.flat[s.lo-1] == 0 || han(p.flat[s.lo-1]) != han(p.flat[s.lo])
	ends := s.hi == len(p.flat) || p.flat[s.hi] == 0 || han(p.flat[s.hi]) != han(p.flat[s.hi-1])
	switch {
	case begins && ends:
	case begins || ends:
		x *= 0.03
	default:
		x *= 0.01
	}
	return 0.0006 / (1 + 0.1*float64(letters*letters)), x
}
