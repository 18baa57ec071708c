package survey

import (
	"errors"
	"fmt"
	"slices"
)

// maxVoids is how often one message may be void before it counts as one that
// cannot be put.
const maxVoids = 4

// labelVoid is the effect of a message that was void every time.
const labelVoid = "void"

// Search is a survey in progress. It is not safe for concurrent use.
type Search struct {
	c       Config
	k       *knowledge
	history []Exchange

	work    job     // what is being done; nil between two
	replies []reply // to the questions of work
	open    *open   // the question that waits
	jobs    int     // done so far
	why     string  // set if it ended early
	done    bool
	asked   map[string]int // how often large messages were put
	circles bool           // one was put too often

	messages, triggering, voids int
}

// A job asks its questions in order and returns what follows from the answers.
// It is run from its beginning whenever an answer comes, and stops where one is
// missing: so it must ask the same as long as the answers are the same, and
// change nothing.
type job func(*run) (commit func())

// open is a question that waits for its answer.
type open struct {
	Question
	terms []int // nil if the body holds other forms than the terms
	voids int
}

// New begins a survey.
func New(c Config) (*Search, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	s := &Search{c: c, k: newKnowledge(c)}
	s.advance()
	return s, nil
}

// Replay begins a survey and gives it the answers of a history, which must be
// of the same configuration; the budget may be another.
func Replay(c Config, history []Exchange) (*Search, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	for i, x := range history {
		q, ok := s.Next()
		if !ok || q.Key != x.Key || q.Body != x.Body {
			return nil, fmt.Errorf("exchange %d (%s) does not belong to this survey: give the same terms and settings", i+1, x.Key)
		}
		if err := s.Answer(x.Key, x.Answer); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Next returns the question that waits, the same until it is answered; false if
// the survey is at its end.
func (s *Search) Next() (Question, bool) {
	if s.open == nil {
		return Question{}, false
	}
	q := s.open.Question
	q.Parts = slices.Clone(q.Parts)
	return q, true
}

// History returns every answered question in order. [Replay] takes it back.
func (s *Search) History() []Exchange { return slices.Clone(s.history) }

// Answer takes the answer to the question that waits.
func (s *Search) Answer(key string, a Answer) error {
	if s.open == nil {
		return errors.New("the survey is at its end: no answer is waited for")
	}
	if key != s.open.Key {
		return fmt.Errorf("an answer for %q is not waited for: answer %q", key, s.open.Key)
	}
	a.Effects = sorted(a.Effects)
	s.history = append(s.history, Exchange{Question: s.open.Question, Answer: a})
	s.messages++
	s.count()
	effects := s.k.without(a.Effects)
	if a.Void {
		s.voids++
		if s.open.voids++; s.open.voids < s.voidsAllowed() {
			s.open.Key = s.key()
			s.checkBudget()
			return nil
		}
		effects = []string{labelVoid}
	} else if len(effects) > 0 {
		s.triggering++
	}
	s.replies = append(s.replies, reply{key: key, body: s.open.Body, terms: s.open.terms, effects: effects, got: a.Got})
	s.open = nil
	if s.circles {
		s.end("the same message was put again and again: the answers contradict each other")
		return nil
	}
	s.advance()
	return nil
}

// mostTimes is how often a large message may be put: nobody wants it more often,
// unless the answers contradict each other.
const mostTimes = 15

// count ends a survey that goes in circles.
func (s *Search) count() {
	if len(s.open.Parts) < 8 {
		return
	}
	if s.asked == nil {
		s.asked = map[string]int{}
	}
	s.asked[s.open.Body]++
	s.circles = s.circles || s.asked[s.open.Body] > mostTimes
}

// voidsAllowed is smaller once a message could not be put.
func (s *Search) voidsAllowed() int {
	if s.k.voided {
		return 2
	}
	return maxVoids
}

func (s *Search) key() string { return fmt.Sprintf("survey/%06d", s.messages+1) }

// checkBudget ends the survey if the budget is spent.
func (s *Search) checkBudget() {
	if !s.done && s.messages >= s.c.Budget {
		s.end(fmt.Sprintf("the budget of %d messages is spent: give a larger one to go on", s.c.Budget))
	}
}

func (s *Search) end(why string) {
	s.open, s.work, s.done, s.why = nil, nil, true, why
}

// advance goes on until a question waits or nothing is left to do.
func (s *Search) advance() {
	for idle := 0; s.open == nil && !s.done; {
		if s.work == nil {
			if s.work = s.schedule(); s.work == nil {
				s.end("")
				return
			}
		}
		asked := s.messages
		s.step()
		if asked == s.messages && s.open == nil {
			// A job without a question must lead to another; this many in a row
			// do not.
			if idle++; idle > 20*len(s.k.terms)+1000 {
				s.end("the answers lead nowhere: the filter does not fit the model")
			}
		}
	}
	s.checkBudget()
}

// step runs the job over the replies so far.
func (s *Search) step() {
	defer func() {
		switch w := recover().(type) {
		case nil:
		case waiting:
			w.Key = s.key()
			s.open = &w.open
		default:
			panic(w)
		}
	}()
	r := &run{s: s, last: s.k.last}
	commit := s.work(r)
	s.k.record(s.replies, r.doubt)
	s.work, s.replies = nil, nil
	s.jobs++
	s.k.chance += r.lost
	for _, u := range r.dumb {
		u.dumb = true
	}
	s.k.steady = s.k.steady || r.steady && !s.k.mute
	if commit != nil {
		commit()
	}
}
