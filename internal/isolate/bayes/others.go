package bayes

import (
	"errors"
	"slices"
	"strings"
)

// maxSilent ends the search for further rules: so many messages that held none
// of the known rules, each in its own way, did not react.
const maxSilent = 4

// errRefused ends the search for further rules.
var errRefused = errors.New("whether there are more rules cannot be asked: the text without the known ones is refused")

// others finds further rules: the text must still react when one word of each
// known rule is broken, unless the words broken are part of the others too. So
// different choices are tried.
func (h *Hunt) others(ask asker) error {
	var quiet [][]string
	for len(quiet) < maxSilent {
		gone := h.transversal(quiet)
		if gone == nil {
			return nil
		}
		base := message{{0, len(h.text)}}
		for _, word := range gone {
			for _, s := range h.places(word) {
				base = base.broken(s)
			}
		}
		if h.c.MaxLen > 0 && base.size(len([]rune(h.filler))) > h.c.MaxLen {
			base = message{{0, len(h.text)}}
			for _, word := range gone {
				for _, s := range h.places(word) {
					base = base.without(s)
				}
			}
		}
		limit := h.c.MaxLen
		reacts, err := h.still(base, ask)
		if errors.Is(err, errRefused) && h.c.MaxLen != limit {
			continue // the limit is known now
		}
		if err != nil {
			return err
		}
		if !reacts {
			quiet = append(quiet, gone)
			continue
		}
		h.favour()
		f, err := h.rule(base, ask)
		if errors.Is(err, errSilent) {
			quiet = append(quiet, gone)
			continue
		}
		if err != nil {
			return err
		}
		h.res.Rules = append(h.res.Rules, f.found)
	}
	return nil
}

// still asks whether the text reacts without the known rules; if answers may
// be wrong, silence is asked twice.
func (h *Hunt) still(base message, ask asker) (bool, error) {
	text := base.join(h.text, h.filler)
	for {
		a := h.asked[text]
		if a == nil || a.hits == 0 && !a.refused && h.c.Noisy && a.silents < 2 {
			var err error
			if a, err = ask(text, "is there another rule in the text?", false); err != nil {
				return false, err
			}
		}
		switch {
		case a.refused:
			return false, errRefused
		case a.hits > 0:
			h.unsilence(text)
			return true, nil
		case !h.c.Noisy || a.silents > 1:
			h.silence(base, text)
			return false, nil
		}
	}
}

// favour raises the words of known rules: rules of one filter often share
// some.
func (h *Hunt) favour() {
	const shared = 0.05 // chance that a part of another rule is this word
	for _, r := range h.res.Rules {
		for _, w := range r.Words {
			for i := range h.all.lo {
				if s := h.text[h.all.lo[i]:h.all.hi[i]]; len(s) <= len(w) && string(s) == w {
					h.all.weight[i] = max(h.all.weight[i], shared)
				}
			}
		}
	}
}

// numbers of parts to expect.
func (h *Hunt) numbers() numbers {
	known := make([]int, len(h.res.Rules))
	for i, r := range h.res.Rules {
		known[i] = len(r.Words)
	}
	return like(known)
}

// places lists where a word stands in the text, in whatever case or form.
func (h *Hunt) places(word string) (out []span) {
	w := []rune(word)
	for i := 0; i+len(w) <= len(h.text); i++ {
		if strings.EqualFold(string(h.text[i:i+len(w)]), word) {
			out = append(out, span{i, i + len(w)})
		}
	}
	return out
}

// transversal chooses words, at least one of each known rule and none to
// spare, so that as many pairs of the other words as possible are left
// together that no silent message has left together. It returns nil if no
// choice is left that a silent one does not cover.
func (h *Hunt) transversal(quiet [][]string) []string {
	choices := [][]string{nil}
	const most = 4000
	for _, r := range h.res.Rules {
		var next [][]string
		for _, c := range choices {
			if slices.ContainsFunc(r.Words, func(w string) bool { return slices.Contains(c, w) }) {
				next = append(next, c)
				continue
			}
			for _, w := range r.Words {
				if len(next) < most {
					next = append(next, append(slices.Clone(c), w))
				}
			}
		}
		choices = next
	}
	var best []string
	top := -1
	for _, c := range choices {
		if slices.ContainsFunc(quiet, func(q []string) bool { return subset(q, c) }) {
			continue
		}
		if n := h.fresh(c, quiet); n > top {
			best, top = c, n
		}
	}
	return best
}

// fresh counts the words and pairs of words that are left by this choice and
// by no silent one.
func (h *Hunt) fresh(gone []string, quiet [][]string) (n int) {
	var left []string
	for _, r := range h.res.Rules {
		for _, w := range r.Words {
			if !slices.Contains(gone, w) && !slices.Contains(left, w) {
				left = append(left, w)
			}
		}
	}
	for i, a := range left {
		for _, b := range left[:i+1] {
			if !slices.ContainsFunc(quiet, func(q []string) bool { return !slices.Contains(q, a) && !slices.Contains(q, b) }) {
				n++
			}
		}
	}
	return n
}

func subset(small, large []string) bool {
	return !slices.ContainsFunc(small, func(w string) bool { return !slices.Contains(large, w) })
}
