package bayes

import (
	"math"
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
	lengthOnly    = 0.08 // share of the prior that knows the length alone
	inShortList   = 8    // how much likelier a word of a shorter list is
)

// token is a word of the likeliest division of the text.
type token struct {
	span
	entry
	known int // rules of the list that have it, in steps
}

// prior holds what is needed to weigh the stretches of one text.
type prior struct {
	d      *Dictionary
	text   []rune
	flat   []rune // the text folded, character by character; 0: ignored
	edge   []bool // where words begin and end
	tokens []token
	token  []int32 // tokens that begin before each place
	sign   []int32 // signs before each place
}

func newPrior(d *Dictionary, text []rune) *prior {
	p := &prior{d: d, text: text, flat: make([]rune, len(text)), sign: make([]int32, len(text)+1)}
	for i, r := range text {
		p.flat[i] = d.foldRune(r)
		p.sign[i+1] = p.sign[i]
		if p.flat[i] == 0 {
			p.sign[i+1]++
		}
	}
	p.segment()
	return p
}

// signs counts the characters of a stretch that are not of words.
func (p *prior) signs(s span) int { return int(p.sign[s.hi] - p.sign[s.lo]) }

// foldRune brings a character to its plainest form; 0 if it stands between
// words.
func (d *Dictionary) foldRune(r rune) rune {
	if r > unicode.MaxASCII {
		if s := []rune(norm.NFKC.String(string(r))); len(s) == 1 {
			r = s[0]
		}
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
	out := make([]rune, 0, len(word))
	for _, r := range word {
		if r = d.foldRune(r); r != 0 {
			out = append(out, r)
		}
	}
	return string(out)
}

// han reports scripts that write without blanks.
func han(r rune) bool {
	return r > 0x2ff && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// segment finds the likeliest division of the text into words, each word with
// its own frequency.
func (p *prior) segment() {
	n := len(p.flat)
	best, from := make([]float64, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		best[i], from[i] = best[i-1]-20, i-1
		for j := i - 1; j >= max(0, i-longest); j-- {
			if w, ok := p.d.word[string(p.flat[j:i])]; ok {
				if s := best[j] + (float64(w.level)+0.5-26)*math.Ln2; s > best[i] {
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
		switch a, b := p.flat[i-1], p.flat[i]; {
		case a == 0 || b == 0 || han(a) != han(b):
			p.edge[i] = true
		case !han(a):
			p.edge[i] = false // within a word of letters
		}
	}
	p.tokenize()
}

// tokenize lists the words of the division.
func (p *prior) tokenize() {
	p.token = make([]int32, len(p.edge))
	at := 0
	for i := 1; i < len(p.edge); i++ {
		p.token[i] = int32(len(p.tokens))
		if !p.edge[i] {
			continue
		}
		if t := (token{span: span{at, i}}); p.flat[at] != 0 {
			w := string(p.flat[at:i])
			t.entry = p.d.word[w]
			if i-at > 1 {
				t.known = step(float64(p.d.term[w].rules), 1, 3, 9, 30)
			}
			p.tokens = append(p.tokens, t)
			p.token[i]++
		}
		at = i
	}
}

// candidates lists all stretches with their chances to be drawn as a part,
// which add up to 1.
func (p *prior) candidates() *candidates {
	c := &candidates{}
	var plain []float64
	p.stretches(func(s span, units, letters int) {
		c.lo, c.hi = append(c.lo, int32(s.lo)), append(c.hi, int32(s.hi))
		c.weight = append(c.weight, p.weigh(s, units, letters))
		plain = append(plain, byLength(s.hi-s.lo, letters))
	})
	p.share(c)
	informed, blind := sum(c.weight), sum(plain)
	for i := range c.weight {
		c.weight[i] = (1-lengthOnly)*c.weight[i]/informed + lengthOnly*plain[i]/blind
	}
	return c
}

// stretches goes through all stretches that may be parts.
func (p *prior) stretches(visit func(s span, units, letters int)) {
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
			if !unicode.IsSpace(p.text[hi-1]) {
				visit(span{lo, hi}, units, letters)
			}
		}
	}
}

// share makes a word that stands more than once less likely at each of its
// places: it is one word, and as long as it stands elsewhere no single place
// is needed.
func (p *prior) share(c *candidates) {
	times := make(map[string]float64, len(c.lo))
	name := func(i int) string { return string(p.flat[c.lo[i]:c.hi[i]]) }
	for i := range c.lo {
		times[name(i)]++
	}
	for i := range c.lo {
		n := times[name(i)]
		c.weight[i] /= n * n
	}
}

// weigh gives the weight of one stretch by its features.
func (p *prior) weigh(s span, units, letters int) float64 {
	var room [12]feature
	table := &p.d.plain
	if len(p.d.term) >= comprehensive {
		table = &p.d.listed
	}
	w := 0.0
	for _, f := range p.features(s, units, letters, room[:0]) {
		w += table[f.group][f.index]
	}
	w = math.Exp(w)
	if len(p.d.term) > 0 && len(p.d.term) < comprehensive {
		if _, ok := p.d.term[string(p.flat[s.lo:s.hi])]; ok {
			w *= inShortList
		}
	}
	return w
}

// byLength is the chance of a stretch if nothing but its length is known, up
// to a factor.
func byLength(n, letters int) float64 {
	if letters > 0 {
		return 0.0006 / (1 + 0.1*float64(letters*letters))
	}
	every := [...]float64{0, 0.0014, 0.0028, 0.0015, 0.0014, 0.0004, 0.0002, 0.0001, 0.00005}
	return every[min(n, len(every)-1)] * math.Pow(0.7, float64(max(0, n-8)))
}
