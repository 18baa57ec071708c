package survey

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Config is the problem. Only Terms is required.
type Config struct {
	// Terms are the candidate words and phrases. Equal ones are asked once.
	Terms []string `json:"terms"`
	// MaxLen is the longest body in bytes, without what the caller adds
	// (canaries); zero means DefaultMaxLen.
	MaxLen int `json:"max_len,omitempty"`
	// Sep joins the words of a body; empty means one blank.
	Sep string `json:"sep,omitempty"`
	// Combine is the largest number of parts of a rule; zero means
	// DefaultCombine.
	Combine int `json:"combine,omitempty"`
	// Repeats is how often the parts of a rule must have reacted alone; zero
	// means DefaultRepeats. Messages that prove that something is needed are
	// sent half as often, rounded up.
	Repeats int `json:"repeats,omitempty"`
	// Seed makes the order of the words. The same seed and the same answers
	// make the same questions.
	Seed uint64 `json:"seed,omitempty"`
	// Budget is the largest number of messages, void ones included; zero means
	// DefaultBudget. A survey that spends it ends with what it knows.
	Budget int `json:"budget,omitempty"`
}

// Defaults and bounds of a problem.
const (
	DefaultMaxLen  = 4000
	DefaultCombine = 3
	DefaultRepeats = 3
	DefaultBudget  = 2000

	maxTerms   = 2000
	maxCombine = 6
	maxRepeats = 50
	maxLength  = 1 << 20
	maxBudget  = 100_000
)

func (c Config) check() error {
	switch {
	case len(c.Terms) == 0:
		return errors.New("there are no candidates: give at least one term")
	case len(c.Terms) > maxTerms:
		return fmt.Errorf("%d candidates are more than %d: survey them in parts", len(c.Terms), maxTerms)
	case c.MaxLen < 0 || c.MaxLen > maxLength:
		return fmt.Errorf("a longest body of %d bytes cannot be: give 1 to %d, or 0 for %d", c.MaxLen, maxLength, DefaultMaxLen)
	case c.Combine < 0 || c.Combine > maxCombine:
		return fmt.Errorf("rules of %d parts cannot be looked for: give 1 to %d, or 0 for %d", c.Combine, maxCombine, DefaultCombine)
	case c.Repeats < 0 || c.Repeats > maxRepeats:
		return fmt.Errorf("%d repeats cannot be: give 1 to %d, or 0 for %d", c.Repeats, maxRepeats, DefaultRepeats)
	case c.Budget < 0 || c.Budget > maxBudget:
		return fmt.Errorf("a budget of %d messages cannot be: give 1 to %d, or 0 for %d", c.Budget, maxBudget, DefaultBudget)
	case !utf8.ValidString(c.Sep):
		return errors.New("the separator is not UTF-8")
	}
	for i, t := range c.Terms {
		if t == "" || !utf8.ValidString(t) {
			return fmt.Errorf("term %d is empty or not UTF-8: leave it out", i+1)
		}
	}
	return nil
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value    *int
		standard int
	}{{&c.MaxLen, DefaultMaxLen}, {&c.Combine, DefaultCombine}, {&c.Repeats, DefaultRepeats}, {&c.Budget, DefaultBudget}} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Sep == "" {
		c.Sep = " "
	}
	return c
}
