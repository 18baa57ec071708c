package screen

import (
	"math/rand/v2"
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
	// Asked is how many questions had been asked when the answer came: those
	// that are put side by side are chosen before any of them is answered.
	Asked int `json:"asked"`
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
	graph   *graph // nil unless pairs are asked for
	counts  counts

	status []status
	clears []int  // silent messages that held the candidate
	busy   []bool // in a lane or in an open question
	boost  []bool // stands inside something that reacts
	order  []int
	joins  joinCheck
	doubts []doubt
	looked int // doubts looked into

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
	// refused, if set, is called instead of sending the message in parts.
	refused func()
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
	if c.MaxSize > 1 {
		s.graph = newGraph(n, s.within)
	}
	s.guard = guardFor(c.Terms, c.Sep)
	s.between = strings.TrimSpace(c.Sep) == "" && !strings.ContainsAny(c.Sep, "\n\r")
	s.order = rand.New(rand.NewPCG(uint64(n), 0x7e117a1e)).Perm(n)
	s.dropLong()
	return s, nil
}

// dropLong sets aside what no message can hold.
func (s *Search) dropLong() {
	for i, n := range s.lens {
		if s.status[i] == open && n > s.limit {
			s.status[i] = unaskable
		}
	}
}
