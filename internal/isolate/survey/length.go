package survey

import (
	"slices"
	"strings"
)

// tooLong looks at a text that came cut: is its length the cause?
func (r *run) tooLong(m reply) func() {
	got := strings.TrimSpace(m.got)
	if got == "" || len(got) >= len(m.body) || !strings.HasPrefix(m.body, got) {
		return nil
	}
	return r.filler(m)
}

// filler sends a message as long as m that holds one harmless word again and
// again. If it reacts too, the length is the cause, and the limit is looked
// for.
func (r *run) filler(m reply) func() {
	k := r.s.k
	word, longest := k.harmless(len(m.body))
	if word < 0 {
		return nil
	}
	send := func(n int) reply {
		return r.put(k.repeated(word, n), nil, "one harmless word again and again: is the length the cause?")
	}
	first := send(len(m.body))
	if first.clear() {
		return nil
	}
	l := &Length{Limit: longest, Above: len(first.body), Effects: first.effects, Keys: []string{first.key}}
	for l.Above-l.Limit > max(16, l.Above/12) {
		x := send((l.Above + l.Limit) / 2)
		if len(x.body) <= l.Limit || len(x.body) >= l.Above {
			break
		}
		l.Keys = append(l.Keys, x.key)
		if x.clear() {
			l.Limit = len(x.body)
		} else {
			l.Above = len(x.body)
		}
	}
	return func() {
		k.length = l
		k.limit = min(max(l.Limit, 1), k.limit-1)
	}
}

// harmless returns the clear word that makes a filler best, and the length of
// the longest clear body below n.
func (k *knowledge) harmless(n int) (word, longest int) {
	word = -1
	for _, m := range k.log {
		if !m.clear() || len(m.body) >= n {
			continue
		}
		longest = max(longest, len(m.body))
		for _, t := range m.terms {
			if !k.isWide(t) && (word < 0 || len(k.terms[t]) < len(k.terms[word])) {
				word = t
			}
		}
	}
	return word, longest
}

// repeated is a word again and again, n bytes in all or a little less.
func (k *knowledge) repeated(t, n int) []string {
	count := max(1, (n+len(k.c.Sep))/(len(k.terms[t])+len(k.c.Sep)))
	return slices.Repeat([]string{k.terms[t]}, count)
}

// named takes the words that a rewritten text lacks for the causes, if they are
// few, and proves it.
func (r *run) named(m reply) func() {
	k := r.s.k
	if m.got == "" || !slices.Contains(m.effects, Altered) {
		return nil
	}
	var missing []int
	for _, t := range m.terms {
		if strings.Count(m.got, k.terms[t]) < strings.Count(m.body, k.terms[t]) {
			missing = append(missing, t)
		}
	}
	if len(missing) == 0 || len(missing) > 8 || 2*len(missing) > len(m.terms) {
		return nil
	}
	var caught []catch
	for _, t := range missing {
		if a := r.ask([]int{t}, "this word was replaced: is it enough?"); !a.clear() {
			caught = append(caught, catch{terms: []int{t}, last: a})
		}
	}
	if len(caught) == 0 && len(missing) > 1 {
		if a := r.ask(missing, "these words were replaced: are they enough?"); !a.clear() {
			caught = append(caught, r.minimal(quest{seq: a.terms, want: anything, several: true, what: "which of the replaced words are needed", seen: a}))
		}
	}
	if len(caught) == 0 {
		return nil
	}
	return func() {
		for _, c := range caught {
			r.s.caught(c, nil)
		}
	}
}
