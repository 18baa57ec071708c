package scenario

import (
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Match returns a harmless word that looks like word: the same scripts in the
// same places, the same length in characters, blanks and punctuation where
// word has them, capitals where it has them, and of the same class of
// frequency where there is one. It is taken from pool, or composed of words of
// pool; an empty pool stands for the built-in neutral words. It neither holds
// word nor is part of it, unless the pool leaves nothing else. The same state
// of rng gives the same answer.
func Match(word string, pool []string, rng *rand.Rand) string {
	return newMatcher([]string{word}, nil, pool).match(word, rng, nil)
}

// Gap is how far a control is from its word.
type Gap struct {
	// Length is the difference in characters.
	Length int
	// Shape is true if scripts, blanks or punctuation differ.
	Shape bool
	// Frequency is true if one is made of frequent signs or words and the
	// other is not.
	Frequency bool
	// Overlap is true if one is part of the other.
	Overlap bool
}

// Distance measures how well a control matches a word. The zero Gap is a
// perfect match.
func Distance(word, control string) Gap {
	a, b := strings.ToLower(word), strings.ToLower(control)
	length := utf8.RuneCountInString(word) - utf8.RuneCountInString(control)
	return Gap{
		Length:    max(length, -length),
		Shape:     shape(word) != shape(control),
		Frequency: frequent(word) != frequent(control),
		Overlap:   strings.Contains(a, b) || strings.Contains(b, a),
	}
}

// matcher finds controls for the words of a scenario.
type matcher struct {
	words   map[string]bool // tested and excluded words, in lower case
	lengths map[int]bool    // their lengths in bytes
	tested  string          // tested words one after the other
	own     []string        // the user's controls; empty: built-in words
	shelves map[shelf][]string
}

// shelf holds neutral words that can stand for one another.
type shelf struct {
	class    class
	frequent bool
	length   int // characters
}

func newMatcher(tested, exclude, pool []string) *matcher {
	m := &matcher{words: map[string]bool{}, lengths: map[int]bool{}, shelves: map[shelf][]string{}}
	for _, list := range [][]string{tested, exclude} {
		for _, w := range list {
			w = strings.ToLower(w)
			m.words[w], m.lengths[len(w)] = true, true
		}
	}
	m.tested = strings.ToLower(strings.Join(tested, "\x00"))
	if len(pool) > 0 {
		m.fill(pool)
		return m
	}
	for c := range other {
		for _, f := range []bool{true, false} {
			for _, w := range m.harmless(neutralWords(c, f)) {
				key := shelf{c, f, utf8.RuneCountInString(w)}
				m.shelves[key] = append(m.shelves[key], w)
			}
		}
	}
	return m
}

// fill takes the user's own controls instead of the built-in words.
func (m *matcher) fill(pool []string) {
	m.own = m.harmless(pool)
	if len(m.own) == 0 {
		m.own = pool
	}
	for _, w := range m.own {
		if rs := runs(w); len(rs) == 1 {
			key := shelf{rs[0].class, frequent(w), len(rs[0].text)}
			m.shelves[key] = append(m.shelves[key], w)
		}
	}
}

// harmless keeps the words that hold no tested word and are part of none.
func (m *matcher) harmless(words []string) (kept []string) {
	for _, w := range words {
		if !m.holds(w) && !m.partOf(w) {
			kept = append(kept, w)
		}
	}
	return kept
}

// holds reports whether text holds a tested or excluded word.
func (m *matcher) holds(text string) bool {
	text = strings.ToLower(text)
	for n := range m.lengths {
		for i := 0; i+n <= len(text); i++ {
			if m.words[text[i:i+n]] {
				return true
			}
		}
	}
	return false
}

// partOf reports whether text is part of a tested word.
func (m *matcher) partOf(text string) bool {
	return strings.Contains(m.tested, strings.ToLower(text))
}

// match draws a control. Those in used are avoided while others are left.
func (m *matcher) match(word string, rng *rand.Rand, used map[string]bool) string {
	const tries = 40
	var second, third string
	common := frequent(word)
	for i := range tries {
		// When the words of its own frequency are used up, others follow.
		c := m.draw(word, common != (i >= tries/2), rng)
		switch {
		case c == "" || strings.EqualFold(c, word) || m.holds(c):
			continue
		case !used[c] && !m.partOf(c):
			return c
		case !m.partOf(c):
			second = c
		default:
			third = c
		}
	}
	for _, c := range []string{second, third} {
		if c != "" {
			return c
		}
	}
	return m.last(word, rng)
}

// last is the way out for words that leave nothing: any draw that is not the
// word itself, and a run of plain signs if even that fails.
func (m *matcher) last(word string, rng *rand.Rand) string {
	for range 40 {
		if c := m.draw(word, true, rng); c != "" && !strings.EqualFold(c, word) {
			return c
		}
	}
	if len(m.own) > 0 {
		return m.own[rng.IntN(len(m.own))]
	}
	for _, sign := range []string{"o", "x", "e"} {
		if c := strings.Repeat(sign, utf8.RuneCountInString(word)); !m.holds(c) {
			return c
		}
	}
	return "…"
}

// draw makes one proposal; "" if the pool has nothing of the kind.
func (m *matcher) draw(word string, common bool, rng *rand.Rand) string {
	if c := m.whole(word, rng); c != "" {
		return c
	}
	parts := runs(word)
	var b strings.Builder
	for _, part := range parts {
		switch part.class {
		case space:
			b.WriteString(string(part.text))
		case punct:
			b.WriteString(punctuation(part, len(parts) == 1, rng))
		case digit:
			b.WriteString(digits(part, rng))
		default:
			text := m.compose(part, common, rng)
			if text == "" {
				return m.nearest(word, rng)
			}
			b.WriteString(text)
		}
	}
	return b.String()
}

// whole picks one of the user's controls that has the word's shape.
func (m *matcher) whole(word string, rng *rand.Rand) string {
	var same []string
	want := shape(word)
	for _, w := range m.own {
		if shape(w) == want {
			same = append(same, w)
		}
	}
	if len(same) == 0 {
		return ""
	}
	return same[rng.IntN(len(same))]
}

// nearest picks among the user's controls that are nearest in length.
func (m *matcher) nearest(word string, rng *rand.Rand) string {
	var near []string
	best := -1
	for _, w := range m.own {
		switch d := Distance(word, w).Length; {
		case best < 0 || d < best:
			best, near = d, []string{w}
		case d == best:
			near = append(near, w)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return near[rng.IntN(len(near))]
}

// compose makes a run of the same class and length out of neutral words.
func (m *matcher) compose(part run, common bool, rng *rand.Rand) string {
	c := part.class
	if c == other {
		c = latin
	}
	var out []rune
	for need := len(part.text); need > 0; need = len(part.text) - len(out) {
		word := m.piece(c, common, need, rng)
		if word == "" {
			return ""
		}
		out = append(out, []rune(word)...)
	}
	for i, r := range part.text {
		if unicode.IsUpper(r) {
			out[i] = unicode.ToUpper(out[i])
		}
	}
	return string(out)
}

// piece picks a word of at most need characters: of exactly need if there is
// one (for variety, not always if there is room for two), else of one of the
// longest lengths, so that few pieces are needed.
func (m *matcher) piece(c class, common bool, need int, rng *rand.Rand) string {
	for _, f := range []bool{common, !common} {
		if need >= 3 && rng.IntN(4) == 0 {
			break
		}
		if words := m.shelves[shelf{c, f, need}]; len(words) > 0 {
			return words[rng.IntN(len(words))]
		}
	}
	const longest = 10
	var found []string
	for n, kinds := min(need-1, longest), 0; n > 0 && kinds < 3; n-- {
		words := append(m.shelves[shelf{c, common, n}], m.shelves[shelf{c, !common, n}]...)
		if len(words) > 0 {
			kinds++
			found = append(found, words[rng.IntN(len(words))])
		}
	}
	if len(found) == 0 {
		return ""
	}
	return found[rng.IntN(len(found))]
}

// punctuation keeps the signs of a word; a word of nothing else gets others.
func punctuation(part run, alone bool, rng *rand.Rand) string {
	if !alone {
		return string(part.text)
	}
	signs := []rune(".,;:-…")
	out := make([]rune, len(part.text))
	for i := range out {
		out[i] = signs[rng.IntN(len(signs))]
	}
	return string(out)
}

// digits draws another number of as many digits.
func digits(part run, rng *rand.Rand) string {
	out := make([]byte, len(part.text))
	for i := range out {
		out[i] = byte('0' + rng.IntN(10))
	}
	if out[0] == '0' && len(out) > 1 {
		out[0] = byte('1' + rng.IntN(9))
	}
	return string(out)
}
