package bayes

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"example.org/telltale/internal/isolate"
)

// Several accounts put several messages at once. Each must then be chosen
// before the answers to the others are known, so what counts is what they tell
// together: the entropy of all their answers.

// Bounds of a round.
const (
	shortlist   = 40 // proposals that are weighed beside others
	beside      = 3  // messages beside which another one is weighed, at most
	maxAccounts = 32
)

// abreast finds one rule of a message that reacted, with a round of messages
// at a time.
func (h *Hunt) abreast(base message) (proved, error) {
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
		if !h.sound(m) || (h.c.Noisy || last.common) && !last.sure && last.since < 0.05 {
			var err error
			if stages, err = h.doubt(stages); err != nil {
				return proved{}, err
			}
			switch {
			case stages == nil:
				return h.exactly(last.message, h.send)
			case len(stages) == 0:
				return proved{}, errSilent
			}
			continue
		}
		guess, words := h.guessed(m)
		if c, ok := h.certificate(words); ok {
			if err := h.unremembered(texts(c)); err != nil {
				return proved{}, err
			}
			return proved{words, Found{Words: h.strings(words), Certificate: c}}, nil
		}
		batch := h.batch(m, last.message, guess, words)
		if len(batch) == 0 {
			if stages = given(stages); stages == nil {
				return h.exactly(last.message, h.send)
			}
			continue
		}
		hits, err := h.put(batch, last)
		if err != nil {
			return proved{}, err
		}
		stages = h.ascend(stages, hits)
	}
	return proved{}, fmt.Errorf("no proof after %d messages", h.n)
}

// errSilent ends the search for a rule where there is none after all.
var errSilent = errors.New("what reacted once did not react again: answers are wrong now and then")

// first is the stage of a message that reacted. The whole text is known to; of
// another, one answer may have been wrong.
func (h *Hunt) first(base message) stage {
	a := h.asked[base.join(h.text, h.filler)]
	return stage{message: base, since: 1, sure: !h.c.Noisy || a == nil || a.hits > 1}
}

// guessed is the likeliest rule.
func (h *Hunt) guessed(m *model) ([]int, message) {
	guess := m.guess()
	words := make(message, len(guess))
	for i, k := range guess {
		words[i] = m.at(k)
	}
	h.guess = h.strings(words)
	return guess, words
}

// doubt looks again at the last stage, with which the answers do not fit. It
// returns nil if that stage is beyond doubt.
func (h *Hunt) doubt(stages []stage) ([]stage, error) {
	last := &stages[len(stages)-1]
	switch {
	case last.common:
		return stages[:len(stages)-1], nil
	case last.sure || !h.c.Noisy:
		return nil, nil
	}
	holds, err := h.confirm(last.message, h.send)
	if err != nil {
		return nil, err
	}
	if last.sure, last.since = holds, 1; !holds {
		h.silence(last.message, last.join(h.text, h.filler))
		stages = stages[:len(stages)-1]
	}
	return stages, nil
}

// given drops a stage that was only inferred; nil if the last was not.
func given(stages []stage) []stage {
	if n := len(stages); stages[n-1].common {
		return stages[:n-1]
	}
	return nil
}

// put sends a round and returns the messages that reacted.
func (h *Hunt) put(batch []proposal, last *stage) (hits []stage, err error) {
	wants := make([]want, len(batch))
	for i, p := range batch {
		wants[i] = want{p.join(h.text, h.filler), fmt.Sprintf("%s (%.0f %% likely to react)", p.why, 100*p.p), p.words != nil}
	}
	got, err := h.round(wants)
	if err != nil {
		return nil, err
	}
	for i, a := range got {
		switch {
		case a.refused:
		case a.hits > a.silents:
			h.unsilence(wants[i].text)
			hits = append(hits, stage{message: batch[i].message, since: 1, sure: a.hits > 1})
		case a.silents > a.hits:
			last.since *= max(1-batch[i].p, 0.05)
			h.silence(batch[i].message, wants[i].text)
		}
	}
	return hits, nil
}

// ascend adds the messages that reacted, and what they have in common: if
// there is one rule, it is in all of them.
func (h *Hunt) ascend(stages, hits []stage) []stage {
	for len(stages) > 1 && !stages[len(stages)-1].common && h.silenced(stages[len(stages)-1].message) {
		stages = stages[:len(stages)-1]
	}
	if len(hits) == 0 {
		return stages
	}
	size := func(s stage) int { return s.size(0) }
	least := slices.MinFunc(hits, func(a, b stage) int { return cmp.Compare(size(a), size(b)) })
	stages = append(stages, least)
	common := least.message
	for _, s := range hits {
		common = common.common(s.message)
	}
	if i := slices.IndexFunc(hits, func(s stage) bool { return slices.Equal(s.message, common) }); i >= 0 {
		stages[len(stages)-1] = hits[i]
	} else {
		stages = append(stages, stage{message: common, common: true, since: 1})
	}
	return stages
}

// silenced reports whether a message is now taken to be silent.
func (h *Hunt) silenced(m message) bool {
	a := h.asked[m.join(h.text, h.filler)]
	return a != nil && a.silents > a.hits
}

// common is what two messages both hold.
func (m message) common(other message) message {
	var out message
	for _, a := range m {
		for _, b := range other {
			if s := (span{max(a.lo, b.lo), min(a.hi, b.hi)}); s.lo < s.hi {
				out = append(out, s)
			}
		}
	}
	return out.sorted()
}

// batch chooses the messages of a round: the best one, then in turn the one
// that tells most for its cost beside those chosen.
func (h *Hunt) batch(m *model, base message, guess []int, words message) []proposal {
	list := h.weighed(m, base, guess, words)
	if len(list) == 0 {
		return nil
	}
	chosen := list[:1:1]
	list = list[:min(len(list), shortlist)]
	for len(chosen) < h.c.Accounts {
		best, top := -1, 0.0
		j := newJoint(m, len(h.text), chosen[max(0, len(chosen)-beside):])
		for i, p := range list {
			if slices.ContainsFunc(chosen, func(q proposal) bool { return slices.Equal(p.message, q.message) }) {
				continue
			}
			tells := j.with(p.message) + 0.05*p.right
			if v := tells / h.price(p); tells > 0.02 && v > top {
				best, top = i, v
			}
		}
		if best < 0 {
			break
		}
		chosen = append(chosen, list[best])
	}
	return chosen
}

// abreastOf puts the open questions of the exact search, as many at once as
// there are accounts.
func (h *Hunt) abreastOf(s *isolate.Search, open []isolate.Question) error {
	for len(open) > 0 {
		var wants []want
		for _, q := range open[:min(len(open), max(1, h.c.Accounts))] {
			wants = append(wants, want{q.Text, q.Why, q.Proof})
		}
		got, err := h.round(wants)
		if err != nil {
			return err
		}
		for i, a := range got {
			if a.refused {
				err = s.Void(open[i].ID)
			} else {
				err = s.Answer(open[i].ID, a.hits > a.silents)
			}
			if err != nil {
				return err
			}
		}
		open = open[len(got):]
	}
	return nil
}

// price of a message, less what it spares.
func (h *Hunt) price(p proposal) float64 {
	return max(0.1, 1+(h.c.TriggerCost-1)*p.p-p.saves)
}

// weighed lists the messages that may be sent, the best first.
func (h *Hunt) weighed(m *model, base message, guess []int, words message) []proposal {
	list := newProposer(m, base, len(h.text), h.rng).all()
	list = append(list, h.certifying(m, guess, words)...)
	out := list[:0]
	for _, p := range list {
		if h.c.MaxLen > 0 && p.size(len([]rune(h.filler))) > h.c.MaxLen {
			continue
		}
		if a := h.asked[p.join(h.text, h.filler)]; a != nil && (!h.c.Noisy || a.hits+a.silents >= maxRepeats) {
			continue
		}
		p.p = m.reacts(p.reach(len(h.text)))
		if p.words == nil && (p.p > 0.9999 || p.p < 1e-5) {
			continue
		}
		p.value = (entropy(p.p) + 0.05*p.right) / h.price(p)
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b proposal) int { return cmp.Compare(b.value, a.value) })
	return out
}

// joint is the distribution of the answers to several messages.
type joint struct {
	m *model
	n int
	// reach of what the messages of a set have in common, by set, and the
	// chance that all of the set react.
	reach   [][]int32
	all     []float64
	entropy float64
}

func newJoint(m *model, n int, chosen []proposal) *joint {
	j := &joint{m: m, n: n, reach: [][]int32{nil}, all: []float64{1}}
	for _, p := range chosen {
		reach, all := j.extend(p.message)
		j.reach, j.all = append(j.reach, reach...), append(j.all, all...)
	}
	j.entropy = uncertainty(j.all)
	return j
}

// extend returns reach and chance of the sets with one more message.
func (j *joint) extend(msg message) (reach [][]int32, all []float64) {
	r := msg.reach(j.n)
	for _, old := range j.reach {
		both := r
		if old != nil {
			both = make([]int32, len(r))
			for i := range r {
				both[i] = min(r[i], old[i])
			}
		}
		reach, all = append(reach, both), append(all, j.m.reacts(both))
	}
	return reach, all
}

// with is how many bits one more message tells.
func (j *joint) with(msg message) float64 {
	_, all := j.extend(msg)
	return uncertainty(append(slices.Clone(j.all), all...)) - j.entropy
}

// uncertainty is the entropy of the answers in bits, from the chances that all
// of a set react: the chance that these react and the others do not follows by
// inclusion and exclusion.
func uncertainty(all []float64) (bits float64) {
	p := slices.Clone(all)
	for bit := 1; bit < len(p); bit <<= 1 {
		for i := range p {
			if i&bit == 0 {
				p[i] -= p[i|bit]
			}
		}
	}
	for _, x := range p {
		if x > 1e-12 {
			bits -= x * math.Log2(x)
		}
	}
	return bits
}
