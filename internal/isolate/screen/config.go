package screen

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Config is the problem. Only Terms is required.
type Config struct {
	// Terms are the candidates. Equal ones are asked once.
	Terms []string `json:"terms"`
	// Sep joins the pieces of a message.
	Sep string `json:"sep"`
	// MaxLen is the longest message in characters (code points); zero means
	// DefaultMaxLen.
	MaxLen int `json:"max_len,omitempty"`
	// MaxSize is how many candidates may be needed together: 1 (or 0) screens
	// for single terms, 2 for pairs as well.
	MaxSize int `json:"max_size,omitempty"`
	// Noisy says that answers may be wrong. How often is estimated.
	Noisy bool `json:"noisy,omitempty"`
	// TriggerCost is how many silent messages one triggering message is worth.
	// Zero means DefaultCost.
	TriggerCost float64 `json:"trigger_cost,omitempty"`
	// Parallel is how many questions are asked at once. Zero means one.
	Parallel int `json:"parallel,omitempty"`
	// Budget ends the search early. Zero values mean no limit of that sort.
	Budget Budget `json:"budget,omitzero"`
}

// Budget bounds what a search may cost.
type Budget struct {
	// Messages asked in all.
	Messages int `json:"messages,omitempty"`
	// Triggering messages: those that reacted.
	Triggering int `json:"triggering,omitempty"`
}

// Defaults and bounds of a problem.
const (
	DefaultMaxLen = 500
	DefaultCost   = 10

	maxTerms    = 200_000
	maxTermLen  = 100_000
	maxChars    = 50_000_000 // of all terms
	maxPaired   = 3_000      // terms, if pairs are asked for
	maxParallel = 1_000
	maxCost     = 1_000
)

// check refuses what cannot be searched.
func (c Config) check() error {
	switch {
	case len(c.Terms) == 0:
		return errors.New("there are no candidates: give at least one term")
	case len(c.Terms) > maxTerms:
		return fmt.Errorf("%d candidates are more than %d: screen them in parts", len(c.Terms), maxTerms)
	case c.MaxSize < 0 || c.MaxSize > 2:
		return fmt.Errorf("triggers of %d terms cannot be screened for: give max_k 1 or 2", c.MaxSize)
	case c.MaxSize == 2 && len(c.Terms) > maxPaired:
		return fmt.Errorf("pairs among %d candidates cannot be screened for, more than %d: screen them in parts, or with max_k 1", len(c.Terms), maxPaired)
	case c.MaxLen < 0:
		return fmt.Errorf("a longest message of %d characters cannot be: give 1 or more, or 0 for %d", c.MaxLen, DefaultMaxLen)
	case !(c.TriggerCost >= 0 && c.TriggerCost <= maxCost):
		return fmt.Errorf("a trigger cost of %v cannot be used: give 1 to %d", c.TriggerCost, maxCost)
	case c.Parallel < 0 || c.Parallel > maxParallel:
		return fmt.Errorf("%d questions at once cannot be asked: give 1 to %d", c.Parallel, maxParallel)
	case c.Budget.Messages < 0 || c.Budget.Triggering < 0:
		return errors.New("the budget is negative: give 0 for no limit")
	case !utf8.ValidString(c.Sep):
		return errors.New("the separator is not UTF-8")
	}
	return c.checkTerms()
}

func (c Config) checkTerms() error {
	chars := 0
	for i, t := range c.Terms {
		switch {
		case t == "":
			return fmt.Errorf("term %d is empty: leave it out", i)
		case !utf8.ValidString(t):
			return fmt.Errorf("term %d is not UTF-8", i)
		case len(t) > maxTermLen:
			return fmt.Errorf("term %d has %d bytes, more than %d", i, len(t), maxTermLen)
		}
		chars += len(t)
	}
	if chars > maxChars {
		return fmt.Errorf("the terms have %d bytes in all, more than %d: screen them in parts", chars, maxChars)
	}
	return nil
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.MaxLen == 0 {
		c.MaxLen = DefaultMaxLen
	}
	if c.TriggerCost == 0 {
		c.TriggerCost = DefaultCost
	}
	c.TriggerCost = max(c.TriggerCost, 1)
	c.MaxSize = max(c.MaxSize, 1)
	c.Parallel = max(c.Parallel, 1)
	return c
}
