package bayes

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"example.org/telltale/internal/isolate"
)

// want is a message to be put.
type want struct {
	text, why string
	proof     bool
}

// reply is what came of a message. If it was refused as too long, limit may
// say what would not be.
type reply struct {
	hit, refused bool
	limit        int
}

// Record is a message that was put, with its answer, as stored. The records of
// a hunt are its state: [Replay] takes them back.
type Record struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Round counts from 1; messages of one round are put side by side, each
	// from an account of its own, in this order.
	Round   int  `json:"round"`
	Reacted bool `json:"reacted,omitempty"`
	Refused bool `json:"refused,omitempty"`
	// Limit is the longest message, where a refusal told it.
	Limit int `json:"limit,omitempty"`
}

// Errors that end a hunt.
var (
	errBudget  = errors.New("the budget is spent: raise it to go on")
	errStopped = errors.New("the search was stopped")
)

// slot is an open question and its answer, if it has come.
type slot struct {
	isolate.Question
	reply    reply
	answered bool
}

// Close ends a hunt that is not followed to its end.
func (h *Hunt) Close() { h.stop() }

// Next returns the open questions; none at the end. They may be put side by
// side, each from an account of its own.
func (h *Hunt) Next() (open []isolate.Question) {
	for !h.done {
		for _, s := range h.slots {
			if !s.answered {
				open = append(open, s.Question)
			}
		}
		if len(open) > 0 {
			return open
		}
		if _, ok := h.next(); !ok {
			h.done = true
		}
	}
	return nil
}

// Answer tells whether the filter reacted to an open question.
func (h *Hunt) Answer(id string, reacted bool) error { return h.answer(id, reply{hit: reacted}) }

// Refuse tells that the message cannot be put; it is not tried again. If it
// was too long, limit is the longest message that would not be, if that is
// known, otherwise zero.
func (h *Hunt) Refuse(id string, limit int) error {
	return h.answer(id, reply{refused: true, limit: max(0, limit)})
}

func (h *Hunt) answer(id string, r reply) error {
	for i := range h.slots {
		if s := &h.slots[i]; s.ID == id && !s.answered {
			s.answered, s.reply = true, r
			return nil
		}
	}
	return fmt.Errorf("there is no open question %q: answer those that Next returned", id)
}

// Result returns what was found. Before the end it is not exact.
func (h *Hunt) Result() Result {
	r := h.res
	if !h.done {
		r.Exact, r.Why = false, "the search has not ended"
	}
	if !r.Exact && len(r.Rules) == 0 {
		r.Guess = h.guess
	}
	r.Messages, r.Triggering, r.Rounds = h.n, h.trig, h.rounds
	return r
}

// room is how many messages the budget lets be put side by side, should all of
// them react.
func (h *Hunt) room(n int) int {
	b := h.c.Budget
	if b.Questions > 0 {
		n = min(n, b.Questions-h.n)
	}
	if b.Triggering > 0 {
		n = min(n, b.Triggering-h.trig)
	}
	if b.Rounds > 0 && h.rounds >= b.Rounds {
		n = 0
	}
	return max(n, 0)
}

// send puts a message and returns its answers so far.
func (h *Hunt) send(text, why string, proof bool) (*answers, error) {
	got, err := h.round([]want{{text, why, proof}})
	if err != nil {
		return nil, err
	}
	return got[0], nil
}

// round puts messages side by side and returns the answers to each so far. If
// the budget does not hold for all, the first of them are put.
func (h *Hunt) round(wants []want) ([]*answers, error) {
	if h.rounds < len(h.past) {
		wants = wants[:min(len(wants), h.past[h.rounds])]
	} else {
		wants = wants[:h.room(len(wants))]
	}
	if len(wants) == 0 {
		return nil, errBudget
	}
	out := make([]*answers, len(wants))
	h.rounds++
	h.slots = h.slots[:0]
	for i, w := range wants {
		h.n++
		q := isolate.Question{ID: fmt.Sprintf("q%03d", h.n), Text: w.text, Why: w.why, Proof: w.proof}
		if out[i] = h.asked[w.text]; out[i] == nil {
			out[i] = &answers{id: q.ID, first: h.n}
			h.asked[w.text] = out[i]
		}
		h.slots = append(h.slots, slot{Question: q})
	}
	if !h.yield(struct{}{}) {
		return nil, errStopped
	}
	for i, s := range h.slots {
		h.note(s, out[i])
	}
	h.slots = h.slots[:0]
	return out, nil
}

// note writes an answer down.
func (h *Hunt) note(s slot, a *answers) {
	h.history = append(h.history, Record{ID: s.ID, Text: s.Text, Round: h.rounds, Reacted: s.reply.hit, Refused: s.reply.refused, Limit: s.reply.limit})
	switch {
	case s.reply.refused:
		a.refused = true
		h.shorten(utf8.RuneCountInString(s.Text), s.reply.limit)
		return
	case s.reply.hit:
		a.hits++
		h.trig++
	default:
		a.silents++
	}
	h.taken = max(h.taken, utf8.RuneCountInString(s.Text))
}

// shorten learns from a refusal how long messages may be: what it told, or, if
// the message was longer than any that was taken, the whole text among them,
// somewhat less than it had.
func (h *Hunt) shorten(length, told int) {
	limit := told
	if told == 0 && length > h.taken {
		limit = max(h.taken, length*3/4)
	}
	if limit > 0 && (h.c.MaxLen == 0 || limit < h.c.MaxLen) {
		h.c.MaxLen = limit
	}
}

// Filler is what stands between the pieces of messages.
func (h *Hunt) Filler() string { return h.filler }

// History returns every message that was put with its answer, in order. Open
// questions with their answers so far are the last ones; those without are
// not in it.
func (h *Hunt) History() []Record {
	out := append([]Record{}, h.history...)
	for _, s := range h.slots {
		if s.answered {
			out = append(out, Record{ID: s.ID, Text: s.Text, Round: h.rounds, Reacted: s.reply.hit, Refused: s.reply.refused, Limit: s.reply.limit})
		}
	}
	return out
}

// Replay brings a hunt to the state that a history describes. The text, the
// dictionary and all settings but the budget must be those of the first hunt.
func Replay(c Config, history []Record) (*Hunt, error) {
	h, err := New(c)
	if err != nil {
		return nil, err
	}
	h.past = sizes(history)
	for i, r := range history {
		if err := h.replay(r); err != nil {
			h.Close()
			return nil, fmt.Errorf("record %d (%s): %w", i+1, r.ID, err)
		}
	}
	return h, nil
}

// sizes counts the messages of each round but the last, which may have open
// ones. A budget then makes no difference to the past.
func sizes(history []Record) (out []int) {
	for i, r := range history {
		if i == 0 || r.Round != history[i-1].Round {
			out = append(out, 0)
		}
		out[len(out)-1]++
	}
	return out[:max(0, len(out)-1)]
}

func (h *Hunt) replay(r Record) error {
	for _, q := range h.Next() {
		switch {
		case q.ID != r.ID:
		case q.Text != r.Text:
			return errors.New("it does not belong to this search: were the text, the list of terms or a setting changed?")
		case r.Refused:
			return h.Refuse(r.ID, r.Limit)
		default:
			return h.Answer(r.ID, r.Reacted)
		}
	}
	return errors.New("it does not belong to this search: the question is not open")
}
