package bayes

import (
	"slices"
	"strings"
)

// Word is an entry of the shipped dictionary.
type Word struct {
	Text string
	// Level is the logarithm (base 2) of how common it is.
	Level int
}

// Words returns the words of the shipped dictionary in the order of their
// spelling.
func (d *Dictionary) Words() []Word {
	out := make([]Word, 0, len(d.word))
	for w, e := range d.word {
		out = append(out, Word{Text: w, Level: int(e.level)})
	}
	slices.SortFunc(out, func(a, b Word) int { return strings.Compare(a.Text, b.Text) })
	return out
}
