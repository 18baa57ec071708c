package bayes

import (
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/isolate"
)

// Config is the problem. Text and Dictionary are required.
type Config struct {
	// Text that reacts as a whole.
	Text       string
	Dictionary *Dictionary
	// Sep stands between pieces, with a sign of its own on either side of
	// which it is repeated. Empty: a line's end.
	Sep string
	// MaxLen is the longest message in characters; zero means any.
	MaxLen int
	// Noisy says that answers may be wrong now and then.
	Noisy bool
	// All asks for all rules of the text and not just one.
	All bool
	// TriggerCost is how many silent messages a triggering one is worth; zero
	// means 3.
	TriggerCost float64
	Budget      isolate.Budget
}

const (
	maxRunes = 20_000
	maxParts = 10
	maxAsked = 600 // messages of one rule; the search ends far earlier
)

// Found is a rule with its proof.
type Found struct {
	Words       []string
	Certificate []isolate.Proof
}

// Result is the end of a hunt.
type Result struct {
	Rules []Found
	Exact bool
	Why   string
	// Messages that were put, and those that reacted.
	Messages, Triggering int
}

// answers to one message.
type answers struct {
	id            string
	first         int // number of the first sending
	hits, silents int
	refused       bool
}

// Hunt is the state of one search. It is not safe for concurrent use.
type Hunt struct {
	c      Config
	text   []rune
	filler string
	all    *candidates
	rng    *rand.Rand
	asked  map[string]*answers

	next func() (isolate.Question, bool)
	stop func()
	open *isolate.Question
	got  reply
	n    int // messages put
	trig int
	done bool
	res  Result
	// silent are the messages that did not react; they hold for any rule.
	silent []clause
}

type reply struct{ hit, refused bool }

// New begins a hunt. The error says what is wrong with the problem.
func New(c Config) (*Hunt, error) {
	switch n := utf8.RuneCountInString(c.Text); {
	case strings.TrimSpace(c.Text) == "":
		return nil, errors.New("there is no text to search: give the message that reacted")
	case !utf8.ValidString(c.Text):
		return nil, errors.New("the text is not UTF-8: give what was typed")
	case n > maxRunes:
		return nil, fmt.Errorf("the text has %d characters, more than %d: give a shorter one that reacts", n, maxRunes)
	case c.TriggerCost < 0 || c.TriggerCost > 100 || c.TriggerCost != c.TriggerCost:
		return nil, fmt.Errorf("a trigger cost of %v cannot be used: give 1 to 100", c.TriggerCost)
	case c.Dictionary == nil:
		return nil, errors.New("a hunt needs a dictionary")
	}
	if c.TriggerCost == 0 {
		c.TriggerCost = 3
	}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(c.Text))
	h := &Hunt{c: c, text: []rune(c.Text), rng: rand.New(rand.NewPCG(seed.Sum64(), 1)), asked: map[string]*answers{}}
	h.filler = filler(c)
	h.all = newPrior(c.Dictionary, h.text).candidates()
	h.next, h.stop = iter.Pull(h.questions())
	return h, nil
}

// filler is a letter-like sign that is not in the text, on a line of its own:
// filters that strip blanks and signs keep it.
func filler(c Config) string {
	sep := c.Sep
	if sep == "" {
		sep = "\n"
	}
	for _, sign := range []string{"〇", "〆", "々", "ゝ", "ヽ"} {
		if !strings.Contains(c.Text, sign) {
			return sep + sign + sep
		}
	}
	return sep + "〇〆" + sep
}

// Close ends a hunt that is not followed to its end.
func (h *Hunt) Close() { h.stop() }

// Next returns the open question; none at the end.
func (h *Hunt) Next() []isolate.Question {
	if h.done {
		return nil
	}
	if h.open == nil {
		q, ok := h.next()
		if !ok {
			h.done = true
			return nil
		}
		h.open = &q
	}
	return []isolate.Question{*h.open}
}

// Answer tells whether the filter reacted to the open question.
func (h *Hunt) Answer(id string, reacted bool) error { return h.answer(id, reply{hit: reacted}) }

// Refuse tells that the message cannot be put; it is not tried again.
func (h *Hunt) Refuse(id string) error { return h.answer(id, reply{refused: true}) }

func (h *Hunt) answer(id string, r reply) error {
	if h.open == nil || h.open.ID != id {
		return fmt.Errorf("there is no open question %q: answer the one that Next returned", id)
	}
	h.open, h.got = nil, r
	return nil
}

// Result returns what was found. Before the end it is not exact.
func (h *Hunt) Result() Result {
	r := h.res
	if !h.done {
		r = Result{Why: "the search has not ended"}
	}
	r.Messages, r.Triggering = h.n, h.trig
	return r
}

// errBudget ends a hunt.
var errBudget = errors.New("the budget is spent: raise it to go on")

var errStopped = errors.New("the search was stopped")

// send puts a message and returns its answers so far.
func (h *Hunt) send(yield func(isolate.Question) bool, text, why string, proof bool) (*answers, error) {
	b := h.c.Budget
	if b.Questions > 0 && h.n >= b.Questions || b.Triggering > 0 && h.trig >= b.Triggering {
		return nil, errBudget
	}
	h.n++
	a := h.asked[text]
	id := fmt.Sprintf("q%03d", h.n)
	if a == nil {
		a = &answers{id: id, first: h.n}
		h.asked[text] = a
	}
	if !yield(isolate.Question{ID: id, Text: text, Why: why, Proof: proof}) {
		return nil, errStopped
	}
	switch {
	case h.got.refused:
		a.refused = true
	case h.got.hit:
		a.hits++
		h.trig++
	default:
		a.silents++
	}
	return a, nil
}

// settled reports whether answers prove what they should.
func (h *Hunt) settled(a *answers, reacts bool) bool {
	if reacts {
		return a.hits > a.silents && (a.hits > 1 || !h.c.Noisy)
	}
	return a.silents > a.hits && (a.silents > 1 || !h.c.Noisy)
}

// questions is the whole search, as a sequence of questions.
func (h *Hunt) questions() iter.Seq[isolate.Question] {
	return func(yield func(isolate.Question) bool) {
		ask := func(text, why string, proof bool) (*answers, error) { return h.send(yield, text, why, proof) }
		h.silent = append(h.silent, clause{reach: message{}.reach(len(h.text)), miss: surely})
		f, err := h.rule(message{{0, len(h.text)}}, ask)
		if err == nil {
			h.res.Rules = append(h.res.Rules, f.found)
			if h.c.All {
				err = h.others(ask)
			}
		}
		h.res.Exact = err == nil
		if err != nil {
			h.res.Why = err.Error()
		}
	}
}
