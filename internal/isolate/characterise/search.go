package characterise

import (
	"errors"
	"fmt"
	"strings"

	"example.org/telltale/internal/isolate"
)

// Config is what is to be characterised. Only Words is required.
type Config struct {
	// Words of a proved rule, in the order in which they react.
	Words []string
	// Filler stands between words; it must be what stood between them in the
	// proof. Empty: a letter-like sign on a line of its own.
	Filler string
	// Simple maps traditional to simplified characters. May be nil.
	Simple map[rune]rune
	// Noisy says that answers may be wrong now and then.
	Noisy bool
	// Repeats is how often the words alone and a harmless message are put, to
	// see how often answers are wrong. Zero means 2, 12 if Noisy, 1 with OnlyExceptions.
	Repeats int
	// MaxLen is the longest message in characters, if known.
	MaxLen int
	// Longest is the length up to which messages are tried; zero means 1000,
	// -1 that length is not tried.
	Longest int
	// Passed are texts that hold the words and did not react.
	Passed []string
	// OnlyExceptions leaves out all but what disables the rule.
	OnlyExceptions bool
	// Known are messages put before; they are not put again.
	Known []isolate.Exchange
	// Prefix of the ids of questions; zero means "c".
	Prefix string
	// Accounts is how many messages may be put side by side; zero means one.
	Accounts int
	Budget   isolate.Budget
}

// Bounds of a problem.
const (
	maxWords  = 20
	maxPassed = 20
	maxLength = 100_000
	maxRepeat = 1000
	tried     = 1000
)

// Search is the state of one characterisation. It is not safe for concurrent
// use. Its history of answers is its state.
type Search struct {
	c        Config
	foldings []folding
	tallies  map[string]*tally // by what was asked for
	open     []question
	n        int
	rounds   int
	trig     int
	noisy    bool
	spent    bool
	done     bool
	report   Report
}

// tally is what came of one message, put for one purpose.
type tally struct {
	hits, silents int
	refused       bool
	limit         int
	ids           []string
}

func (t *tally) put() int { return t.hits + t.silents }

// question is an open one.
type question struct {
	isolate.Question
	key      string
	answered bool
}

// New begins a characterisation. The error says what is wrong with the
// problem.
func New(c Config) (*Search, error) {
	switch {
	case len(c.Words) == 0 || len(c.Words) > maxWords:
		return nil, fmt.Errorf("%d words cannot be characterised: give 1 to %d that react together", len(c.Words), maxWords)
	case len(c.Passed) > maxPassed:
		return nil, fmt.Errorf("%d texts that passed are more than %d: give fewer", len(c.Passed), maxPassed)
	case c.Repeats < 0 || c.Repeats > maxRepeat:
		return nil, fmt.Errorf("%d repetitions cannot be put: give 1 to %d", c.Repeats, maxRepeat)
	case c.Longest < -1 || c.Longest > maxLength:
		return nil, fmt.Errorf("messages of %d characters cannot be tried: give up to %d", c.Longest, maxLength)
	}
	for _, w := range c.Words {
		if strings.TrimSpace(w) == "" {
			return nil, errors.New("a word is empty: give words that react together")
		}
	}
	c.defaults()
	s := &Search{c: c, foldings: foldings(c.Simple), tallies: map[string]*tally{}, noisy: c.Noisy}
	for _, x := range c.Known {
		if x.Answered && x.Text == s.alone() {
			s.tally("alone").add(x.ID, x.Reacted)
		}
	}
	return s, nil
}

func (c *Config) defaults() {
	if c.Filler == "" {
		c.Filler = "\n〇\n"
	}
	if c.Prefix == "" {
		c.Prefix = "c"
	}
	if c.Repeats == 0 {
		switch {
		case c.OnlyExceptions:
			c.Repeats = 1
		case c.Noisy:
			c.Repeats = 12
		default:
			c.Repeats = 2
		}
	}
	if c.Longest == 0 {
		c.Longest = tried
	}
	if c.MaxLen > 0 && c.Longest > c.MaxLen {
		c.Longest = c.MaxLen
	}
	c.Accounts = max(1, c.Accounts)
}

func (t *tally) add(id string, hit bool) {
	t.ids = append(t.ids, id)
	if hit {
		t.hits++
	} else {
		t.silents++
	}
}

func (s *Search) tally(key string) *tally {
	if s.tallies[key] == nil {
		s.tallies[key] = &tally{}
	}
	return s.tallies[key]
}

// Next returns the open questions, which may be put side by side; none at the
// end.
func (s *Search) Next() (open []isolate.Question) {
	for _, q := range s.open {
		if !q.answered {
			open = append(open, q.Question)
		}
	}
	if len(open) > 0 || s.done {
		return open
	}
	v := &view{Search: s}
	s.report = v.solve()
	wants := v.need[:min(len(v.need), s.room())]
	if len(wants) == 0 {
		s.done, s.spent = true, len(v.need) > 0
		return nil
	}
	s.rounds++
	s.open = s.open[:0]
	for _, w := range wants {
		s.n++
		q := isolate.Question{ID: fmt.Sprintf("%s%03d", s.c.Prefix, s.n), Text: w.text, Why: w.why, Proof: true}
		s.open = append(s.open, question{Question: q, key: w.key})
		open = append(open, q)
	}
	return open
}

// room is how many questions the budget lets be put now.
func (s *Search) room() int {
	n, b := s.c.Accounts, s.c.Budget
	if b.Questions > 0 {
		n = min(n, b.Questions-s.n)
	}
	if b.Triggering > 0 {
		n = min(n, b.Triggering-s.trig)
	}
	if b.Rounds > 0 && s.rounds >= b.Rounds {
		n = 0
	}
	return max(0, n)
}

// Answer tells whether the filter reacted to an open question.
func (s *Search) Answer(id string, reacted bool) error {
	q, err := s.find(id)
	if err != nil {
		return err
	}
	if reacted {
		s.trig++
	}
	s.tally(q.key).add(id, reacted)
	return nil
}

// Refuse tells that a message cannot be put. Limit is the longest message that
// can, in characters, if that is known, otherwise zero.
func (s *Search) Refuse(id string, limit int) error {
	q, err := s.find(id)
	if err != nil {
		return err
	}
	t := s.tally(q.key)
	t.refused, t.limit, t.ids = true, max(0, limit), append(t.ids, id)
	return nil
}

func (s *Search) find(id string) (*question, error) {
	for i := range s.open {
		if q := &s.open[i]; q.ID == id && !q.answered {
			q.answered = true
			return q, nil
		}
	}
	return nil, fmt.Errorf("there is no open question %q: answer those that Next returned", id)
}

// Report returns what was found. Before the end some claims are open.
func (s *Search) Report() Report {
	r := s.report
	r.Words = s.c.Words
	r.Messages, r.Triggering, r.Rounds = s.n, s.trig, s.rounds
	switch {
	case !s.done:
		r.Why = "the search has not ended"
	case s.spent && r.Why == "":
		r.Why = "the budget is spent: raise it to go on"
	}
	return r
}
