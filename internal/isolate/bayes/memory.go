package bayes

import (
	"errors"
	"fmt"
	"math"

	"example.org/telltale/internal/isolate"
)

// A filter may remember: after a reaction it blocks whatever comes, or it lets
// the same message, or all, pass for a while. Answers then depend on what was
// put before, and neither a reaction nor a silence proves what it seems to. So
// a certificate counts only if the answers themselves exclude that, or a few
// more messages do; and where answers do not fit, memory is the first suspect.

// Bounds of the checks.
const (
	maxChecks  = 8  // messages that a certificate may need besides
	maxBlocked = 10 // harmless messages put to see how long a block lasts
	never      = math.MaxInt
	unlikely   = 1e-5 // chance of a silence that long, if the base reacts
)

// Reasons to end inconclusive.
var (
	errOnce = errors.New("the filter remembers: the same message is blocked only once, so words cannot be told by repeating messages")
	errGone = errors.New("the filter remembers, or has changed: after a reaction, what reacted before does not react any more, so silence proves nothing")
	errText = errors.New("the text does not react when it is sent again: it did so for another reason, or the filter has changed or remembers")
	errBoth = errors.New("the same message reacted and did not: answers may be wrong now and then (say that they are noisy), or the filter remembers")
)

// control asks whether a message of nothing reacts.
const control = "does a harmless message pass right after a reaction?"

// lane is what one account has seen: for each message put from it the number
// of messages since the reaction before, never if there was none.
type lane struct {
	since int // of the next message
	run   int // reactions in a row, up to now
}

// memory is what the history tells of a filter's memory.
type memory struct {
	since []int // by record
	// run is the least number of reactions in a row that a silence ended: after
	// a reaction, fewer than that many messages are blocked without cause.
	run int
	// gap is the least distance of two reactions: a filter that goes quiet
	// after one is awake again that soon.
	gap  int
	next int // since, for the next message of the first account
}

func (h *Hunt) memory() memory {
	m := memory{since: make([]int, len(h.history)), run: never, gap: never}
	var lanes []lane
	for i, r := range h.history {
		k := 0
		for j := i - 1; j >= 0 && h.history[j].Round == r.Round; j-- {
			k++
		}
		if k == len(lanes) {
			lanes = append(lanes, lane{since: never})
		}
		m.see(i, &lanes[k], r)
	}
	m.next = never
	if len(lanes) > 0 {
		m.next = lanes[0].since
	}
	return m
}

// see takes one message of an account into account.
func (m *memory) see(i int, l *lane, r Record) {
	m.since[i] = l.since
	switch {
	case r.Refused:
		return
	case r.Reacted:
		m.gap = min(m.gap, l.since)
		l.since, l.run = 1, l.run+1
		return
	}
	if l.run > 0 {
		m.run = min(m.run, l.run)
	}
	l.run = 0
	if l.since != never {
		l.since++
	}
}

// reaction reports whether a reaction to the text counts: nothing is blocked
// without cause, as some reaction stood between two silences, or there was none
// just before it.
func (m memory) reaction(h *Hunt, text string) bool {
	for i, r := range h.history {
		if r.Text == text && r.Reacted && (m.run == 1 || m.since[i] > 1) {
			return true
		}
	}
	return false
}

// silence reports whether a silence of the text counts: the filter has been
// seen to be awake that soon after a reaction.
func (m memory) silence(h *Hunt, text string) bool {
	for i, r := range h.history {
		if r.Text == text && !r.Reacted && !r.Refused && m.since[i] >= m.gap {
			return true
		}
	}
	return false
}

// texts of a certificate.
func texts(c []isolate.Proof) []string {
	out := make([]string, len(c))
	for i, p := range c {
		out[i] = p.Text
	}
	return out
}

// unremembered makes sure that the lines of a certificate, the first of which
// reacted and the others did not, owe nothing to what was put before them. It
// returns the reason if they may.
func (h *Hunt) unremembered(lines []string) error {
	if h.c.Noisy {
		return nil // lines are repeated as it is
	}
	for range maxChecks {
		m := h.memory()
		doubtful := ""
		for _, text := range lines[1:] {
			if !m.silence(h, text) {
				doubtful = text
			}
		}
		reacted := m.reaction(h, lines[0])
		if reacted && doubtful == "" {
			return nil
		}
		if err := h.remove(m, lines[0], doubtful, !reacted); err != nil {
			return err
		}
	}
	return errors.New("it could not be excluded that the filter remembers what was sent before")
}

// remove puts one message more to remove a doubt: of the reaction, or of a
// silent line.
func (h *Hunt) remove(m memory, alone, silent string, reaction bool) error {
	switch {
	case reaction && m.next == 1:
		a, err := h.send(message{}.join(h.text, h.filler), control, false)
		if err != nil {
			return err
		}
		if a.hits > 0 {
			return h.blocked(1)
		}
		return nil
	case !reaction && m.next >= m.gap:
		a, err := h.send(silent, "is this silent too when no reaction has come just before?", true)
		if err != nil {
			return err
		}
		if a.hits > 0 {
			return errBoth
		}
		return nil
	}
	a, err := h.send(alone, "does this react again, so soon or after a silence?", true)
	if err != nil {
		return err
	}
	if a.silents > 0 {
		return h.quiet(alone)
	}
	return nil
}

// blocked counts for how long harmless messages are blocked after a reaction,
// n of them so far.
func (h *Hunt) blocked(n int) error {
	for ; n < maxBlocked; n++ {
		was := h.trig
		if _, err := h.send(message{}.join(h.text, h.filler), "how long are harmless messages blocked?", false); err != nil {
			return err
		}
		if h.trig == was {
			return fmt.Errorf("the filter remembers: after a reaction it blocks the next message, whatever it is, and %d in all, so a reaction proves nothing", n)
		}
	}
	return fmt.Errorf("the filter remembers: after a reaction it blocks the next messages, whatever they are, %d and more, so a reaction proves nothing", n)
}

// quiet says how a message that reacted could be silent when put again: does
// it react with something more?
func (h *Hunt) quiet(text string) error {
	was := h.trig
	if _, err := h.send(text+h.filler+message{}.join(h.text, h.filler), "does it react when it is another message?", false); err != nil {
		return err
	}
	if h.trig > was {
		return errOnce
	}
	return errGone
}

// recall looks for memory where answers do not fit: does what reacted react
// again, and does a harmless message pass right after it? It returns the
// reason if not.
func (h *Hunt) recall(base message) error {
	text := base.join(h.text, h.filler)
	known := h.asked[text] != nil
	reacts, err := h.again(text, "does this react again?")
	switch {
	case err != nil:
		return err
	case !reacts && !known:
		return errText
	case !reacts:
		return h.quiet(text)
	}
	blocks, err := h.again(message{}.join(h.text, h.filler), control)
	if err != nil || !blocks {
		return err
	}
	return h.blocked(1)
}

// again puts a message, best of three if answers may be wrong. One that is
// refused counts as what is hoped for.
func (h *Hunt) again(text, why string) (bool, error) {
	hits, silents := 0, 0
	for hits+silents < 1 || h.c.Noisy && hits < 2 && silents < 2 {
		was := h.trig
		a, err := h.send(text, why, false)
		if err != nil {
			return false, err
		}
		if a.refused {
			return why != control, nil
		}
		if h.trig > was {
			hits++
		} else {
			silents++
		}
	}
	return hits > silents, nil
}
