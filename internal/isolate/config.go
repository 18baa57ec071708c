package isolate

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Config is the problem. Only Text is required.
type Config struct {
	// Text that reacts as a whole. With Invert: that does not react although
	// it holds Fixed.
	Text string
	// Words that may well be parts: other candidates, entries of a list that
	// was found. They make the search shorter and never change its result.
	Words []string
	// Fixed are sent along with every question, after the pieces of Text.
	Fixed []string
	// Invert asks the dual question: which part of Text stops the reaction
	// that Fixed alone would have?
	Invert bool
	// Sep stands between pieces. It must not complete or break a word. Empty:
	// a letter-like sign that is in none of the texts, with blanks around.
	Sep string
	// Parallel is how many cuts are tried at once, for tests that can be made
	// side by side. Zero means one.
	Parallel int
	// TriggerCost is how many silent messages one triggering message is worth.
	// Zero means 3; 1 asks for the fewest messages.
	TriggerCost float64
	// Budget ends the search. Zero values mean no limit of that sort; the
	// search ends by itself anyway.
	Budget Budget
}

// Budget bounds the questions of a search.
type Budget struct {
	// Questions asked in all, void ones included.
	Questions int
	// Triggering questions: those that reacted.
	Triggering int
	// Rounds of questions asked side by side.
	Rounds int
}

// Bounds of a problem.
const (
	maxRunes    = 100_000
	maxParts    = 10 // of one rule
	maxVoids    = 3  // of one question
	maxKnown    = 10_000
	guessLen    = 12 // texts up to here are first taken to be one part
	knownLen    = 40 // and up to here, if they are among Words
	maxParallel = 64 // cuts at once
	defaultCost = 3
	maxCost     = 100
)

// check refuses what cannot be searched.
func (c Config) check() error {
	n := utf8.RuneCountInString(c.Text)
	switch {
	case strings.TrimFunc(c.Text, unicode.IsSpace) == "":
		return errors.New("there is no text to search: give the message that reacted")
	case !utf8.ValidString(c.Text):
		return errors.New("the text is not UTF-8: give what was typed")
	case n > maxRunes:
		return fmt.Errorf("the text has %d characters, more than %d: give a shorter one that reacts", n, maxRunes)
	case c.Invert && len(c.Fixed) == 0:
		return errors.New("the dual search needs words that react: give them as Fixed")
	case c.TriggerCost < 0 || c.TriggerCost > maxCost || c.TriggerCost != c.TriggerCost:
		return fmt.Errorf("a trigger cost of %v cannot be used: give 1 to %d", c.TriggerCost, maxCost)
	case c.Parallel < 0 || c.Parallel > maxParallel:
		return fmt.Errorf("%d questions at once cannot be asked: give 1 to %d", c.Parallel, maxParallel)
	case c.Budget.Questions < 0 || c.Budget.Triggering < 0 || c.Budget.Rounds < 0:
		return errors.New("the budget is negative: give 0 for no limit")
	}
	return nil
}

// separator picks a sign that is in none of the texts. The candidates are
// taken for letters by filters that strip blanks and punctuation, and begin
// or end no word. Blanks around keep Latin words whole.
func (c Config) separator() string {
	if c.Sep != "" {
		return c.Sep
	}
	texts := strings.Join(append([]string{c.Text}, c.Fixed...), "\x00")
	for _, sign := range []string{"〇", "〆", "々", "ゝ", "ヽ"} {
		if !strings.Contains(texts, sign) && !inAny(c.Words, sign) {
			return " " + sign + " "
		}
	}
	return " 〇〆 "
}

func inAny(words []string, sign string) bool {
	for _, w := range words {
		if strings.Contains(w, sign) {
			return true
		}
	}
	return false
}

// target is the chance that a question should have to trigger: 1 - x where
// x + x^c = 1. At that point a bit of knowledge costs least if a triggering
// message is worth c silent ones.
func (c Config) target() float64 {
	cost := c.TriggerCost
	if cost == 0 {
		cost = defaultCost
	}
	lo, hi := 0.0, 1.0
	for range 60 {
		mid := (lo + hi) / 2
		if mid+math.Pow(mid, cost) < 1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return 1 - lo
}
