package bayes

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the dictionary
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// words.txt.gz holds words of up to four characters by frequency: lines of the
// logarithm (base 2) and the words that have it. It is made from the
// dictionary of jieba (MIT, see words.LICENSE).
//
//go:embed words.txt.gz
var wordsFile []byte

// Dictionary knows how common words are. It is read once and shared.
type Dictionary struct {
	level map[string]int8
	// term is what a list given by the user says of a word: the chance that a
	// place where it stands is a part.
	term map[string]float64
	// simple maps traditional characters to simplified ones.
	simple map[rune]rune
}

// maxTerms bounds a list given by the user.
const maxTerms = 2_000_000

// Term is an entry of a list given by the user.
type Term struct {
	Word string
	// Lists that have it, as far as counted.
	Lists int
	// Rules known from earlier searches that have it as a part.
	Rules int
}

// NewDictionary reads the shipped dictionary and adds the user's terms.
func NewDictionary(terms []Term) (*Dictionary, error) {
	if len(terms) > maxTerms {
		return nil, fmt.Errorf("%d terms are more than %d: give fewer", len(terms), maxTerms)
	}
	d := &Dictionary{level: make(map[string]int8, 1<<17), term: make(map[string]float64, len(terms)), simple: pairs(traditional)}
	z, err := gzip.NewReader(bytes.NewReader(wordsFile))
	if err != nil {
		return nil, fmt.Errorf("the shipped dictionary: %w", err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		level, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, fmt.Errorf("the shipped dictionary: %w", err)
		}
		for _, w := range fields[1:] {
			d.level[w] = int8(level)
		}
	}
	for _, t := range terms {
		d.add(t)
	}
	return d, lines.Err()
}

// add learns a term. Words that were parts of rules before are the likelier
// the more rules had them; lists of others say a little.
func (d *Dictionary) add(t Term) {
	word := d.folded(t.Word)
	if word == "" || utf8.RuneCountInString(word) > maxLetters {
		return
	}
	p := 0.006 + 0.0022*float64(min(t.Rules, 50))
	if t.Lists > 30 {
		p *= 1.6
	}
	d.term[word] = max(p, d.term[word])
}
