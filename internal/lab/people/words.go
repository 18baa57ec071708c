package people

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// MaxWord is the length of the longest entry of a word list, in characters.
const MaxWord = 46

// Words draws filter words. No word that comes out of one Words holds
// another, so that each is its own smallest trigger.
type Words struct {
	rng   *rand.Rand
	runes []rune
	given []string
}

// NewWords draws from rng.
func NewWords(rng *rand.Rand) *Words {
	return &Words{rng: rng, runes: []rune(rare)}
}

// Han is a new word of n rare characters.
func (w *Words) Han(n int) string { return w.fresh(func() string { return w.han(n) }) }

// Latin is a new pseudo-word of 7 to 9 letters a-z.
func (w *Words) Latin() string { return w.fresh(w.latin) }

// Phrase is a new entry of two words with a space between.
func (w *Words) Phrase() string {
	return w.fresh(func() string {
		if w.rng.IntN(3) == 0 {
			return w.latin() + " " + w.latin()
		}
		return w.han(2+w.rng.IntN(2)) + " " + w.han(2+w.rng.IntN(2))
	})
}

// Long is a new entry of n characters, in groups with spaces between; n is at
// least 4.
func (w *Words) Long(n int) string {
	return w.fresh(func() string {
		runes := []rune(w.han(n))
		for at := 6; at < n-2; at += 7 {
			runes[at] = ' '
		}
		return string(runes)
	})
}

// Entry is a new entry with a shape drawn as in the published lists: mostly
// two to four Chinese characters, 7 % ASCII, 8 % with a space, some long.
func (w *Words) Entry() string {
	switch n := w.rng.IntN(100); {
	case n < 5:
		return w.Latin()
	case n < 13:
		return w.Phrase()
	case n < 40:
		return w.Han(2)
	case n < 62:
		return w.Han(3)
	case n < 82:
		return w.Han(4)
	case n < 95:
		return w.Han(5 + w.rng.IntN(4))
	}
	return w.Han(9 + w.rng.IntN(12))
}

// List completes words to a list of n lines: new entries, one of MaxWord
// characters, and about one line in sixty twice. The order is drawn. n counts
// the given words and must leave room for two lines more.
func (w *Words) List(n int, words []string) []string {
	lines := append([]string(nil), words...)
	lines = append(lines, w.Long(MaxWord))
	twice := max(1, n/60)
	for len(lines) < n-twice {
		lines = append(lines, w.Entry())
	}
	for len(lines) < n {
		lines = append(lines, lines[w.rng.IntN(len(lines))])
	}
	w.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return lines
}

// fresh draws until a word comes that holds none given before and stands in
// none. With 200 characters nearly every first draw will do.
func (w *Words) fresh(draw func() string) string {
	for {
		word := draw()
		if w.free(word) {
			w.given = append(w.given, word)
			return word
		}
	}
}

func (w *Words) free(word string) bool {
	for _, given := range w.given {
		if strings.Contains(word, given) || strings.Contains(given, word) {
			return false
		}
	}
	return true
}

// han never puts two characters together that are neighbours in the table:
// many of those are real words, which somebody might type in all innocence.
func (w *Words) han(n int) string {
	var b strings.Builder
	last := -2
	for range n {
		next := w.rng.IntN(len(w.runes))
		for next == last || next == last+1 || next == last-1 {
			next = w.rng.IntN(len(w.runes))
		}
		b.WriteRune(w.runes[next])
		last = next
	}
	return b.String()
}

func (w *Words) latin() string {
	for {
		word := pick(w.rng, onsets) + pick(w.rng, vowels) + pick(w.rng, onsets) + pick(w.rng, vowels) + pick(w.rng, codas)
		if n := utf8.RuneCountInString(word); n >= 7 && n <= 9 {
			return word
		}
	}
}
