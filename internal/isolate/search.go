package isolate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Question is one message to send. Canaries are added by whoever sends it.
type Question struct {
	// ID is unique in the search and follows from its history, as in "q007";
	// "q007.2" is the same question put again after a void.
	ID string
	// Text to send.
	Text string
	// Why it is asked, in words.
	Why string
	// Proof is true if the question belongs to the certificate, should the
	// words it is about turn out to be the ones.
	Proof bool
}

// Exchange is a question with what came of it. Neither Answered nor Void: it
// is still open.
type Exchange struct {
	Question
	Answered bool
	Reacted  bool
	Void     bool
}

// Result is what a search found.
type Result struct {
	// Words of the rule in the order of the text. If the result is not Exact
	// they are the last guess, or empty. With Invert they stop the reaction
	// when all of them are there.
	Words []string
	// Certificate is what was asked in proof.
	Certificate []Proof
	// Exact is true when every proof held. Otherwise Why says what failed.
	Exact bool
	Why   string
	// Broken lists answers that contradict a filter that only looks for
	// parts: unreliable answers, exceptions, or a filter that remembers. An
	// exact result stands all the same.
	Broken []Break
	// Questions asked, those that reacted, and those that were void.
	Questions, Triggering, Voids int
}

// Proof is one line of a certificate.
type Proof struct {
	// Question that was asked.
	Question string
	// Claim in words, as in `without "b": no reaction`.
	Claim string
	Text  string
	// Reacts is the answer that the claim needs; Held whether it came.
	Reacts bool
	Held   bool
}

// Break is a pair of answers: the message of Silent holds all that the message
// of Reacted holds, and did not react (with Invert: the other way round).
type Break struct {
	Reacted, Silent string
}

// Search is the state of one search. It is not safe for concurrent use.
type Search struct {
	c       Config
	text    []rune
	known   []span // occurrences of c.Words in text
	sep     string
	target  float64
	borders borders

	entries []*entry
	byKey   map[string]*entry
	byID    map[string]*entry
	asked   int // different questions
	done    bool
	result  Result
}

// entry is a question in the history with what it is about.
type entry struct {
	Exchange
	want  want
	again int // how often it was put, this one included
}

// want is a question that the search would like to have answered.
type want struct {
	key    string
	text   string
	why    string
	proof  bool
	claim  string   // of a proof
	reacts bool     // the answer that the claim needs
	pieces []string // of Text, without Fixed
}

// New begins a search. The error says what is wrong with the problem.
func New(c Config) (*Search, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Parallel = max(c.Parallel, 1)
	s := &Search{c: c, text: []rune(c.Text), sep: c.separator(), target: c.target(), byKey: map[string]*entry{}, byID: map[string]*entry{}}
	s.known, s.borders = occurrences(c.Text, c.Words), newBorders(s.text)
	return s, nil
}

// Replay brings a search to the state that a history describes. Open
// questions stay open.
func Replay(c Config, history []Exchange) (*Search, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	for i, x := range history {
		if err := s.replay(x); err != nil {
			return nil, fmt.Errorf("exchange %d (%s): %w", i+1, x.ID, err)
		}
	}
	// Voids that were not followed by the same question ended the search.
	for _, x := range history {
		if e := s.byID[x.ID]; x.Void && !e.Void {
			if err := s.Void(x.ID); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// replay brings back one exchange. A void takes effect where the question is
// put again, so that questions come in the order in which they came.
func (s *Search) replay(x Exchange) error {
	if before := predecessor(x.ID); s.byID[before] != nil {
		if err := s.Void(before); err != nil {
			return err
		}
	} else if s.byID[x.ID] == nil {
		s.Next()
	}
	e := s.byID[x.ID]
	if e == nil || e.Text != x.Text {
		return errors.New("it does not belong to this search: was the text or a setting changed?")
	}
	if x.Answered {
		return s.Answer(x.ID, x.Reacted)
	}
	return nil
}

// successor is the id of a question that is put again: "q007" has "q007.2",
// and that has "q007.3".
func successor(id string, again int) string {
	base, _, _ := strings.Cut(id, ".")
	return fmt.Sprintf("%s.%d", base, again)
}

// predecessor is the id of the question that was put before; "" if none was.
func predecessor(id string) string {
	base, number, ok := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	switch {
	case !ok || err != nil:
		return ""
	case n == 2:
		return base
	}
	return successor(id, n-1)
}

// Next returns the questions that are useful now. They do not depend on one
// another and may be asked side by side. Asked again before all are answered,
// it returns the open ones. No question is left when the search is done.
func (s *Search) Next() []Question {
	if open := s.open(); len(open) > 0 || s.done {
		return open
	}
	result, needed := s.solve()
	if len(needed) == 0 {
		s.finish(result)
		return nil
	}
	if why := s.overBudget(len(needed)); why != "" {
		s.finish(Result{Words: result.Words, Why: why})
		return nil
	}
	for _, w := range needed[:s.affordable(len(needed))] {
		s.asked++
		s.put(w, fmt.Sprintf("q%03d", s.asked), 1)
	}
	return s.open()
}

// open lists the questions without answer.
func (s *Search) open() (open []Question) {
	for _, e := range s.entries {
		if !e.Answered && !e.Void && !s.done {
			open = append(open, e.Question)
		}
	}
	return open
}

func (s *Search) put(w want, id string, again int) {
	e := &entry{Exchange: Exchange{Question: Question{ID: id, Text: w.text, Why: w.why, Proof: w.proof}}, want: w, again: again}
	s.entries = append(s.entries, e)
	s.byKey[w.key], s.byID[id] = e, e
}

// Answer tells whether the app reacted to a question.
func (s *Search) Answer(id string, reacted bool) error {
	e, err := s.find(id)
	if err != nil {
		return err
	}
	e.Answered, e.Reacted = true, reacted
	return nil
}

// Void tells that a question was not put, or its answer could not be read. It
// is put again under another id, a few times at most.
func (s *Search) Void(id string) error {
	e, err := s.find(id)
	if err != nil {
		return err
	}
	e.Void = true
	switch why := s.overBudget(1); {
	case s.done:
	case e.again > maxVoids:
		s.finish(Result{Why: fmt.Sprintf("the question %q was void %d times: see why the app does not take it", clip(e.Text), e.again)})
	case why != "":
		s.finish(Result{Why: why})
	default:
		s.put(e.want, successor(id, e.again+1), e.again+1)
	}
	return nil
}

// find returns an open question.
func (s *Search) find(id string) (*entry, error) {
	e := s.byID[id]
	switch {
	case e == nil:
		return nil, fmt.Errorf("there is no question %q: answer those that Next returned", id)
	case e.Answered || e.Void:
		return nil, fmt.Errorf("the question %q has its answer already", id)
	}
	return e, nil
}

// Done reports whether the search has ended. It is true once Next has returned
// nothing.
func (s *Search) Done() bool { return s.done }

// Result returns what was found. Before the search is done it is not exact.
func (s *Search) Result() Result {
	r := s.result
	if !s.done {
		r = Result{Why: "the search has not ended"}
	}
	r.Questions, r.Triggering, r.Voids = len(s.entries), s.triggering(), s.voids()
	r.Broken = s.broken()
	return r
}

// History returns every question so far, in the order of asking, with its
// answer. [Replay] takes it back.
func (s *Search) History() []Exchange {
	out := make([]Exchange, len(s.entries))
	for i, e := range s.entries {
		out[i] = e.Exchange
	}
	return out
}

// finish ends the search. The first end counts.
func (s *Search) finish(r Result) {
	if !s.done {
		s.done, s.result = true, r
	}
}

func (s *Search) triggering() (n int) {
	for _, e := range s.entries {
		if e.Reacted {
			n++
		}
	}
	return n
}

func (s *Search) voids() (n int) {
	for _, e := range s.entries {
		if e.Void {
			n++
		}
	}
	return n
}

// overBudget says which limit forbids n more questions; "" if none does.
func (s *Search) overBudget(n int) string {
	b := s.c.Budget
	if b.Questions > 0 && len(s.entries)+n > b.Questions {
		return fmt.Sprintf("the budget of %d questions is spent: raise it to go on", b.Questions)
	}
	if b.Triggering > 0 && s.triggering() >= b.Triggering {
		return fmt.Sprintf("the budget of %d triggering questions is spent: raise it to go on", b.Triggering)
	}
	return ""
}

// affordable is how many of n questions may be open at once: should all of
// them trigger, the budget must still be kept.
func (s *Search) affordable(n int) int {
	if b := s.c.Budget.Triggering; b > 0 {
		return min(n, b-s.triggering())
	}
	return n
}

// broken looks for answers that contradict one another.
func (s *Search) broken() (out []Break) {
	for _, small := range s.entries {
		for _, large := range s.entries {
			if !small.Answered || !large.Answered || s.active(small) == s.active(large) || !s.active(small) {
				continue
			}
			if !holds(large.want.pieces, small.want.pieces) {
				continue
			}
			if s.c.Invert {
				out = append(out, Break{Reacted: large.ID, Silent: small.ID})
			} else {
				out = append(out, Break{Reacted: small.ID, Silent: large.ID})
			}
		}
	}
	return out
}

// active reports whether what is searched for was in the question: it reacted,
// or with Invert it did not.
func (s *Search) active(e *entry) bool { return e.Reacted != s.c.Invert }
