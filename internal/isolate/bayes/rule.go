package bayes

import (
	"errors"
	"fmt"
	"slices"

	"example.org/telltale/internal/isolate"
)

// Numbers of noise.
const (
	mistaken   = 0.04 // chance that a message that should react is not seen to
	maxRepeats = 5    // of one message
)

// asker puts a message.
type asker func(text, why string, proof bool) (*answers, error)

// proved is a rule as stretches of the text, and for people.
type proved struct {
	words message
	found Found
}

// stage is a message that reacted, and what came since.
type stage struct {
	message
	sure  bool    // known to react, whatever one answer said
	since float64 // chance of the silence since then
	// common says that it was not sent: it is what messages of one round that
	// reacted have in common.
	common bool
}

// rule finds one rule of a message that reacted.
func (h *Hunt) rule(base message, ask asker) (proved, error) {
	if h.c.Accounts > 1 {
		return h.abreast(base)
	}
	stages := []stage{h.first(base)}
	for h.n < maxAsked {
		last := &stages[len(stages)-1]
		m := newModel(h.all, h.numbers(), last.message, len(h.text), h.silent)
		if !h.c.Noisy && last.since < unlikely {
			if err := h.recall(last.message); err != nil {
				return proved{}, err
			}
			last.since = 1
		}
		if doubt := !h.sound(m); doubt || h.c.Noisy && !last.sure && last.since < 0.05 {
			if last.sure || !h.c.Noisy {
				return h.exactly(last.message, ask)
			}
			holds, err := h.confirm(last.message, ask)
			if err != nil {
				return proved{}, err
			}
			if last.sure, last.since = holds, 1; !holds {
				h.silence(last.message, last.join(h.text, h.filler))
				stages = stages[:len(stages)-1]
			}
			if len(stages) == 0 {
				return proved{}, errSilent
			}
			continue
		}
		guess := m.guess()
		words := make(message, len(guess))
		for i, k := range guess {
			words[i] = m.at(k)
		}
		h.guess = h.strings(words)
		if c, ok := h.certificate(words); ok {
			if err := h.unremembered(texts(c)); err != nil {
				return proved{}, err
			}
			return proved{words, Found{Words: h.strings(words), Certificate: c}}, nil
		}
		best, ok := h.best(m, last.message, guess, words)
		if !ok {
			return h.exactly(last.message, ask)
		}
		text := best.join(h.text, h.filler)
		why := fmt.Sprintf("%s (%.0f %% likely to react)", best.why, 100*best.p)
		a, err := ask(text, why, best.words != nil)
		switch {
		case err != nil:
			return proved{}, err
		case a.refused:
		case a.hits > a.silents:
			h.unsilence(text)
			stages = append(stages, stage{message: best.message, since: 1, sure: a.hits > 1})
		case a.silents > a.hits:
			last.since *= max(1-best.p, 0.05)
			h.silence(best.message, text)
			for len(stages) > 1 && stages[len(stages)-1].join(h.text, h.filler) == text {
				stages = stages[:len(stages)-1]
			}
		}
	}
	return proved{}, fmt.Errorf("no proof after %d messages", h.n)
}

// sound reports whether the model still fits the answers.
func (h *Hunt) sound(m *model) bool {
	if h.c.Noisy {
		return len(m.alive) > 0 && m.likely() > 1e-15
	}
	return m.sound()
}

// confirm puts a message that reacted once more, best of three.
func (h *Hunt) confirm(m message, ask asker) (bool, error) {
	for {
		a, err := ask(m.join(h.text, h.filler), "did this react, or was it a mistake?", false)
		switch {
		case err != nil:
			return false, err
		case a.refused:
			return false, nil
		case a.hits > a.silents+1 || a.hits+a.silents >= 3:
			return a.hits > a.silents, nil
		}
	}
}

// silence notes a message that did not react. The same message again says
// more only if answers may be wrong.
func (h *Hunt) silence(m message, text string) {
	miss := surely
	if h.c.Noisy {
		miss = mistaken
	}
	for i := range h.silent {
		if h.silent[i].text == text {
			h.silent[i].miss = max(h.silent[i].miss*miss, surely)
			return
		}
	}
	h.silent = append(h.silent, clause{reach: m.reach(len(h.text)), miss: miss, text: text})
}

// unsilence forgets a message's silence: it has reacted after all.
func (h *Hunt) unsilence(text string) {
	h.silent = slices.DeleteFunc(h.silent, func(c clause) bool { return c.text == text })
}

// best chooses the message that tells most for its cost.
func (h *Hunt) best(m *model, base message, guess []int, words message) (proposal, bool) {
	list := newProposer(m, base, len(h.text), h.rng).all()
	list = append(list, h.certifying(m, guess, words)...)
	best := proposal{}
	for _, p := range list {
		if h.c.MaxLen > 0 && p.size(len([]rune(h.filler))) > h.c.MaxLen {
			continue
		}
		p.p = m.reacts(p.reach(len(h.text)))
		cost := 1 + (h.c.TriggerCost-1)*p.p
		p.value = (entropy(p.p) + 0.05*p.right) / max(0.1, cost-p.saves)
		if p.words == nil && (p.p > 0.9999 || p.p < 1e-5) || p.value <= best.value {
			continue
		}
		if a := h.asked[p.join(h.text, h.filler)]; a != nil && (!h.c.Noisy || a.hits+a.silents >= maxRepeats) {
			continue
		}
		best = p
	}
	return best, best.value > 0
}

// certifying lists the messages of the certificate that are not sent yet. What
// they cost is spared later if the guess is right.
func (h *Hunt) certifying(m *model, guess []int, words message) []proposal {
	if len(words) == 0 {
		return nil
	}
	right := m.right(guess)
	var out []proposal
	for i, p := range proofs(words) {
		if a := h.asked[p.join(h.text, h.filler)]; a != nil && h.settled(a, i == 0) {
			continue
		}
		c := proposal{message: p, words: words, saves: right, right: right, why: "is this word needed, from its first to its last character?"}
		if i == 0 {
			c.saves, c.why = right*h.c.TriggerCost, "are these words enough?"
		}
		out = append(out, c)
	}
	return out
}

// exactly searches without a prior, in what is left. It is the way out when
// answers do not fit the model.
func (h *Hunt) exactly(base message, ask asker) (proved, error) {
	if err := h.recall(base); err != nil {
		return proved{}, err
	}
	s, err := isolate.New(isolate.Config{Text: base.join(h.text, h.filler), Sep: h.filler, TriggerCost: h.c.TriggerCost, Parallel: h.c.Accounts})
	if err != nil {
		return proved{}, err
	}
	for {
		open := s.Next()
		if len(open) == 0 {
			break
		}
		if err := h.abreastOf(s, open); err != nil {
			return proved{}, err
		}
	}
	r := s.Result()
	if !r.Exact {
		if len(r.Words) > 0 {
			h.guess = r.Words
		}
		return proved{}, errors.New(r.Why)
	}
	if err := h.reprove(r.Certificate, ask); err != nil {
		return proved{}, err
	}
	if err := h.unremembered(texts(r.Certificate)); err != nil {
		return proved{}, err
	}
	return proved{nil, Found{Words: r.Words, Certificate: r.Certificate}}, nil
}

// reprove sends the lines of a certificate until they hold as often as they
// must.
func (h *Hunt) reprove(certificate []isolate.Proof, ask asker) error {
	for _, p := range certificate {
		for a := h.asked[p.Text]; !h.settled(a, p.Reacts); {
			if a.hits+a.silents >= maxRepeats {
				return fmt.Errorf("the proof does not hold when repeated: %s", p.Claim)
			}
			if _, err := ask(p.Text, "does this line of the proof hold again?", true); err != nil {
				return err
			}
		}
	}
	return nil
}
