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
// logarithm (base 2), the part of speech and the words that have them. It is made from the
// dictionary of jieba (MIT, see words.LICENSE).
//
//go:embed words.txt.gz
var wordsFile []byte

// Dictionary knows how common words are. It is read once and shared.
type Dictionary struct {
	word map[string]entry
	// term is what a list given by the user says of a word.
	term map[string]counts
	// plain and listed weigh features without and with a list.
	plain, listed weights
	// simple maps traditional characters to simplified ones.
	simple map[rune]rune
}

// longest word of the dictionary, in characters.
const longest = 4

// entry is a word: the logarithm (base 2) of how common it is, and its part of
// speech by its place in partsOfSpeech, from 1.
type entry struct{ level, class int8 }

// partsOfSpeech are the classes of the dictionary: other, noun, name of a
// person, of a place, of an organisation or thing, short form, verb, verbal
// noun, adjective, idiom, number, single character, time or place, attribute.
const partsOfSpeech = "fnrsojvwaimgtb"

// step is the level in steps of two; zero for what is no word.
func (e entry) step() int {
	if e.class == 0 {
		return 0
	}
	return 1 + step(float64(e.level), 3, 5, 7, 9, 11, 13, 15)
}

// counts of a word in a list given by the user.
type counts struct{ lists, rules int32 }

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
	d := &Dictionary{word: make(map[string]entry, 1<<17), term: make(map[string]counts, len(terms)), simple: pairs(traditional)}
	if err := d.read(); err != nil {
		return nil, fmt.Errorf("the shipped dictionary: %w", err)
	}
	var err error
	if d.plain, d.listed, err = readWeights(weightsFile); err != nil {
		return nil, err
	}
	for _, t := range terms {
		d.add(t)
	}
	return d, nil
}

// read takes in the shipped words.
func (d *Dictionary) read() error {
	z, err := gzip.NewReader(bytes.NewReader(wordsFile))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		level, err := strconv.Atoi(fields[0])
		if err != nil {
			return err
		}
		class := strings.Index(partsOfSpeech, fields[1])
		if class < 0 {
			return fmt.Errorf("there is no part of speech %q", fields[1])
		}
		for _, w := range fields[2:] {
			d.word[w] = entry{int8(level), int8(class) + 1}
		}
	}
	return lines.Err()
}

// add learns a term. A word that is in no list and no rule by the counts is
// in this list, at least.
func (d *Dictionary) add(t Term) {
	word := d.folded(t.Word)
	if word == "" || utf8.RuneCountInString(word) > maxLetters {
		return
	}
	if t.Lists <= 0 && t.Rules <= 0 {
		t.Lists = 1
	}
	was := d.term[word]
	d.term[word] = counts{max(was.lists, clamp(t.Lists)), max(was.rules, clamp(t.Rules))}
}

// clamp keeps a count within bounds.
func clamp(n int) int32 { return int32(min(max(n, 0), 1<<20)) }
