package screen

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// Piece is one piece of a message: a candidate, or a text of its own.
type Piece struct {
	// Term is the index of a candidate, or -1.
	Term int
	// Text is the piece if Term is -1.
	Text string
}

// Question is one message to send: its pieces, joined with Config.Sep.
type Question struct {
	// ID counts from 1.
	ID     int
	Pieces []Piece
	// Why says in words what the question is for.
	Why string
}

// Answer is what came of a question.
type Answer struct {
	// Hit is true if the filter was seen to react.
	Hit bool `json:"hit"`
	// Refused is true if the message was too long to be sent.
	Refused bool `json:"refused,omitempty"`
	// MaxLen is the longest message, if a refusal told it.
	MaxLen int `json:"max_len,omitempty"`
}

// Exchange is one entry of the history.
type Exchange struct {
	Question int `json:"question"`
	Answer
}

// status is how a candidate stands.
type status uint8

const (
	open      status = iota // not known
	clean                   // does not react
	trigger                 // reacts
	holding                 // reacts because a trigger stands in it
	same                    // equal to an earlier candidate
	unaskable               // longer than a message may be
)

// Search is the state of one search. It is not safe for concurrent use.
type Search struct {
	c       Config
	lens    []int // of the terms, in characters
	sepLen  int
	limit   int // characters of a message
	guard   string
	between bool // the guard goes between candidates
	within  containment
	prior   *prior
	counts  counts

	status []status
	clears []int  // silent messages that held the candidate
	busy   []bool // in a lane or in an open question
	boost  []bool // stands inside something that reacts
	order  []int
	joins  joinCheck
	doubts []doubt

	ready   []func() // steps that follow from answers
	open    []pending
	asked   int
	hits    int
	history []Exchange
	proofs  []Proof
	stopped string
}

// pending is a question without an answer.
type pending struct {
	q    Question
	then func(hit bool)
}

// New begins a search. The error says what is wrong with the problem.
func New(c Config) (*Search, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	n := len(c.Terms)
	s := &Search{
		c: c, lens: make([]int, n), sepLen: utf8.RuneCountInString(c.Sep), limit: c.MaxLen,
		within: newContainment(c.Terms), prior: newPrior(c.Terms),
		status: make([]status, n), clears: make([]int, n), busy: make([]bool, n), boost: make([]bool, n),
	}
	for i, t := range c.Terms {
		s.lens[i] = utf8.RuneCountInString(t)
		if s.within.first[i] != i {
			s.status[i] = same
		}
	}
	s.guard = guardFor(c.Terms, c.Sep)
	s.between = strings.TrimSpace(c.Sep) == "" && !strings.ContainsAny(c.Sep, "\n\r")
	s.order = rand.New(rand.NewPCG(uint64(n), 0x7e117a1e)).Perm(n)
	s.dropLong()
	return s, nil
}

// guardFor picks a sign that stands in no term.
func guardFor(terms []string, sep string) string {
	for _, sign := range []string{"〇", "〆", "々", "ゝ", "ヽ", "〡", "§"} {
		if !strings.Contains(sep, sign) && !slices.ContainsFunc(terms, func(t string) bool { return strings.Contains(t, sign) }) {
			return sign
		}
	}
	return "〇〆"
}

// dropLong sets aside what no message can hold.
func (s *Search) dropLong() {
	for i, n := range s.lens {
		if s.status[i] == open && n > s.limit {
			s.status[i] = unaskable
		}
	}
}

// Next returns the questions that are useful now. They may be asked side by
// side. Asked again before all are answered, it returns the open ones. None
// is left when the search is done.
func (s *Search) Next() []Question {
	if len(s.open) == 0 && s.stopped == "" {
		s.work()
	}
	out := make([]Question, len(s.open))
	for i, p := range s.open {
		out[i] = p.q
	}
	return out
}

// work goes on until enough questions are open or nothing is left to do.
func (s *Search) work() {
	for len(s.open) < s.c.Parallel && s.affordable() {
		if len(s.ready) > 0 {
			step := s.ready[0]
			s.ready = s.ready[1:]
			step()
			continue
		}
		if !s.begin() {
			return
		}
	}
}

// begin opens a new line of questions; false if there is none.
func (s *Search) begin() bool {
	if s.checkJoins() {
		return true
	}
	group := s.pool()
	if len(group) == 0 {
		return s.checkDoubts()
	}
	s.screen(group)
	return true
}

// affordable says whether one more question fits the budget. If not, and no
// question is open, the search stops.
func (s *Search) affordable() bool {
	b := s.c.Budget
	why := ""
	switch {
	case b.Messages > 0 && s.asked >= b.Messages:
		why = fmt.Sprintf("the budget of %d messages is spent", b.Messages)
	case b.Triggering > 0 && s.hits+len(s.open) >= b.Triggering:
		why = fmt.Sprintf("the budget of %d triggering messages is spent", b.Triggering)
	default:
		return true
	}
	if len(s.open) == 0 {
		s.stopped = why
	}
	return false
}

// ask opens a question; then is called with its answer.
func (s *Search) ask(pieces []Piece, why string, then func(hit bool)) {
	s.asked++
	s.open = append(s.open, pending{Question{ID: s.asked, Pieces: pieces, Why: why}, then})
}

// Answer takes the answer to one open question.
func (s *Search) Answer(id int, a Answer) error {
	at := slices.IndexFunc(s.open, func(p pending) bool { return p.q.ID == id })
	if at < 0 {
		return fmt.Errorf("question %d is not open: answer one that Next returned, once", id)
	}
	p := s.open[at]
	if a.Refused {
		if err := s.refused(p.q, a); err != nil {
			return err
		}
	}
	s.open = slices.Delete(s.open, at, at+1)
	s.history = append(s.history, Exchange{id, a})
	if a.Refused {
		s.retry(p)
		return nil
	}
	if a.Hit {
		s.hits++
	}
	p.then(a.Hit)
	return nil
}

// refused lowers the limit. A message that is refused although it is not
// longer than it should be says that the limit was wrong.
func (s *Search) refused(q Question, a Answer) error {
	limit := s.length(q.Pieces) - 1
	if a.MaxLen > 0 {
		limit = min(limit, a.MaxLen)
	}
	if limit < 1 || a.Hit {
		return errors.New("a message of one character was refused, or refused and seen to react: check the oracle")
	}
	s.limit = limit
	s.dropLong()
	return nil
}

// retry puts a refused question again in smaller ones: it is silent if all
// of them are.
func (s *Search) retry(p pending) {
	parts := s.parts(p.q.Pieces)
	if len(parts) == 0 {
		s.ready = append(s.ready, func() { p.then(false) })
		return
	}
	left, any := len(parts), false
	for _, part := range parts {
		s.ready = append(s.ready, func() {
			s.ask(part, p.q.Why, func(hit bool) {
				any = any || hit
				if left--; left == 0 {
					p.then(any)
				}
			})
		})
	}
}

// parts cuts pieces into messages that fit, leaving out what never will.
func (s *Search) parts(pieces []Piece) [][]Piece {
	var out [][]Piece
	var cur []Piece
	for _, p := range pieces {
		if s.length([]Piece{p}) > s.limit {
			continue
		}
		if len(cur) > 0 && s.length(append(slices.Clone(cur), p)) > s.limit {
			out, cur = append(out, cur), nil
		}
		cur = append(cur, p)
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}

// length of a message in characters.
func (s *Search) length(pieces []Piece) int {
	n := s.sepLen * max(len(pieces)-1, 0)
	for _, p := range pieces {
		if p.Term >= 0 {
			n += s.lens[p.Term]
		} else {
			n += utf8.RuneCountInString(p.Text)
		}
	}
	return n
}

// gap is what one more candidate costs beside its own length.
func (s *Search) gap() int {
	if s.between {
		return 2*s.sepLen + utf8.RuneCountInString(s.guard)
	}
	return s.sepLen
}

// message lays out candidates, with the guard between them if need be.
func (s *Search) message(items []int) []Piece {
	out := make([]Piece, 0, 2*len(items))
	for k, i := range items {
		if k > 0 && s.between {
			out = append(out, Piece{Term: -1, Text: s.guard})
		}
		out = append(out, Piece{Term: i})
	}
	return out
}

// Text joins the pieces of a question.
func (s *Search) Text(q Question) string {
	parts := make([]string, len(q.Pieces))
	for i, p := range q.Pieces {
		if parts[i] = p.Text; p.Term >= 0 {
			parts[i] = s.c.Terms[p.Term]
		}
	}
	return strings.Join(parts, s.c.Sep)
}

// History returns all answers so far, in the order given. With the Config it
// is the whole state; see Replay.
func (s *Search) History() []Exchange { return slices.Clone(s.history) }

// Replay begins a search and brings it to the state that the history tells.
func Replay(c Config, history []Exchange) (*Search, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	for n, e := range history {
		s.Next()
		if err := s.Answer(e.Question, e.Answer); err != nil {
			return nil, fmt.Errorf("entry %d of the history: %w", n, err)
		}
	}
	return s, nil
}
