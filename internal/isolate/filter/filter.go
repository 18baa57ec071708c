package filter

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Rule reacts to a message that holds all its parts.
type Rule struct {
	Parts []string
	// Except are combinations that disable the rule. One that is complete in
	// the message is enough.
	Except [][]string
}

// Config describes a filter. Only Rules is required.
type Config struct {
	Rules []Rule
	// Ordered wants the parts of each rule one behind the other, as listed.
	Ordered bool
	// Folds are done to messages and rules before they are compared.
	Folds []Fold
	// Simple maps traditional to simplified characters, for Simplify.
	Simple map[rune]rune
	// Sep joins the pieces of a message.
	Sep string
	// MaxLen is the longest message in characters (code points); zero means
	// any.
	MaxLen int
	Noise  Noise
	// Limit is how many messages are answered; zero means any number.
	Limit int
}

// Noise is how often answers are wrong.
type Noise struct {
	// Miss is the chance that a reaction is not seen.
	Miss float64
	// False is the chance that a reaction is seen where there was none.
	False float64
	Seed  int64
}

// Answer is what came of one message.
type Answer struct {
	// Hit is true if a reaction was seen.
	Hit bool
	// TooLong is true if the message was refused.
	TooLong bool
}

// Count is what a search has cost.
type Count struct {
	// Messages put, refused ones included.
	Messages int
	// Triggering are messages that the filter reacted to, seen or not.
	Triggering int
	// Rounds of messages that were put side by side.
	Rounds int
	// Refused messages were too long.
	Refused int
}

// ErrLimit is returned once Config.Limit messages were put.
var ErrLimit = errors.New("the filter takes no more messages: its limit is reached")

// Filter answers messages.
type Filter struct {
	c     Config
	rules []Rule
	words words
	count Count
}

// New makes a filter. The error names the rule that cannot be used.
func New(c Config) (*Filter, error) {
	for _, fold := range c.Folds {
		if !fold.known() {
			return nil, fmt.Errorf("there is no folding %q", fold)
		}
	}
	for _, p := range []float64{c.Noise.Miss, c.Noise.False} {
		if !(p >= 0 && p < 1) {
			return nil, fmt.Errorf("answers cannot be wrong with chance %v: give 0 to 1", p)
		}
	}
	f := &Filter{c: c, words: words{}}
	for i, r := range c.Rules {
		r = Rule{Parts: f.folded(r.Parts), Except: foldedSets(f, r.Except)}
		switch {
		case len(r.Parts) == 0:
			return nil, fmt.Errorf("rule %d has no parts", i)
		case hasEmpty(r.Parts):
			return nil, fmt.Errorf("rule %d has a part of which nothing is left when folded: %q", i, c.Rules[i].Parts)
		case len(r.Parts) == 1 && len(r.Except) == 0:
			f.words.add(r.Parts[0])
		default:
			f.rules = append(f.rules, r)
		}
	}
	return f, nil
}

func hasEmpty(parts []string) bool {
	for _, p := range parts {
		if p == "" {
			return true
		}
	}
	return false
}

func foldedSets(f *Filter, sets [][]string) [][]string {
	out := make([][]string, len(sets))
	for i, s := range sets {
		out[i] = f.folded(s)
	}
	return out
}

// Reacts tells the truth about a message, without cost.
func (f *Filter) Reacts(message string) bool {
	text := f.Fold(message)
	if f.words.in(text) {
		return true
	}
	for _, r := range f.rules {
		if f.holds(text, r.Parts) && !disabled(text, r) {
			return true
		}
	}
	return false
}

// holds reports whether folded text holds folded parts.
func (f *Filter) holds(text string, parts []string) bool {
	for _, p := range parts {
		at := strings.Index(text, p)
		if at < 0 {
			return false
		}
		if f.c.Ordered {
			text = text[at+len(p):]
		}
	}
	return true
}

func disabled(text string, r Rule) bool {
	for _, set := range r.Except {
		complete := true
		for _, e := range set {
			complete = complete && strings.Contains(text, e)
		}
		if complete {
			return true
		}
	}
	return false
}

// Send puts one message made of pieces.
func (f *Filter) Send(pieces ...string) (Answer, error) {
	answers, err := f.Round([]string{strings.Join(pieces, f.c.Sep)})
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// Round puts messages side by side.
func (f *Filter) Round(messages []string) ([]Answer, error) {
	f.count.Rounds++
	out := make([]Answer, len(messages))
	for i, m := range messages {
		if f.c.Limit > 0 && f.count.Messages >= f.c.Limit {
			return nil, ErrLimit
		}
		out[i] = f.answer(m)
	}
	return out, nil
}

func (f *Filter) answer(message string) Answer {
	f.count.Messages++
	if f.c.MaxLen > 0 && utf8.RuneCountInString(message) > f.c.MaxLen {
		f.count.Refused++
		return Answer{TooLong: true}
	}
	hit := f.Reacts(message)
	if hit {
		f.count.Triggering++
	}
	return Answer{Hit: f.c.Noise.see(hit, f.count.Messages)}
}

// see is what is seen of the n-th message.
func (z Noise) see(hit bool, n int) bool {
	if z.Miss == 0 && z.False == 0 {
		return hit
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%d", z.Seed, n))
	u := 0.0
	for _, b := range sum[:7] {
		u = u*256 + float64(b)
	}
	u /= 1 << 56
	if hit {
		return u >= z.Miss
	}
	return u < z.False
}

// Count returns what was put so far.
func (f *Filter) Count() Count { return f.count }

// MaxLen is the longest message in characters, or zero.
func (f *Filter) MaxLen() int { return f.c.MaxLen }
