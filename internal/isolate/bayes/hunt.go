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
	// means 2.25.
	TriggerCost float64
	Budget      isolate.Budget
	// Accounts is how many messages may be put side by side; zero means one.
	Accounts int
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
	// Guess is the last one, if nothing was proved.
	Guess []string
	// Messages that were put, those that reacted, and rounds of messages put
	// side by side.
	Messages, Triggering, Rounds int
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

	next    func() (struct{}, bool) // to the next open questions
	stop    func()
	yield   func(struct{}) bool
	slots   []slot // the open questions
	history []Record
	past    []int // messages of each round of a replayed history
	n       int   // messages put
	trig    int
	rounds  int
	taken   int // characters of the longest message that was taken
	done    bool
	guess   []string // the last
	res     Result
	// silent are the messages that did not react; they hold for any rule.
	silent []clause
}

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
	case c.Accounts < 0 || c.Accounts > maxAccounts:
		return nil, fmt.Errorf("%d accounts cannot be used: give 1 to %d", c.Accounts, maxAccounts)
	case c.Dictionary == nil:
		return nil, errors.New("a hunt needs a dictionary")
	}
	if c.TriggerCost == 0 {
		c.TriggerCost = 2.25
	}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(c.Text))
	h := &Hunt{c: c, text: []rune(c.Text), rng: rand.New(rand.NewPCG(seed.Sum64(), 1)), asked: map[string]*answers{}}
	h.taken = len(h.text)
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

// settled reports whether answers prove what they should.
func (h *Hunt) settled(a *answers, reacts bool) bool {
	if reacts {
		return a.hits > a.silents && (a.hits > 1 || !h.c.Noisy)
	}
	return a.silents > a.hits && (a.silents > 2*a.hits+1 || !h.c.Noisy) // losses are likelier than false reactions
}

// questions is the whole search. It yields when questions are open.
func (h *Hunt) questions() iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		h.yield = yield
		h.silent = append(h.silent, clause{reach: message{}.reach(len(h.text)), miss: surely})
		f, err := h.rule(message{{0, len(h.text)}}, h.send)
		if err == nil {
			h.res.Rules = append(h.res.Rules, f.found)
			if h.c.All {
				err = h.others(h.send)
			}
		}
		if bad := h.audit(); err == nil {
			err = bad
		}
		h.res.Exact = err == nil
		if err != nil {
			h.res.Why = err.Error()
		}
	}
}
