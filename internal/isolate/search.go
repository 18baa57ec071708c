package isolate

import "fmt"

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
	rounds  int
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
	s.rounds++
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
		s.rounds++
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
	if b.Rounds > 0 && s.rounds >= b.Rounds {
		return fmt.Sprintf("the budget of %d rounds is spent: raise it to go on", b.Rounds)
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
