package survey

import (
	"fmt"
	"slices"
)

// quest is a search for the smallest part of a message that still has an
// effect.
type quest struct {
	lead    []int // always in front
	seq     []int // what is searched
	want    func(reply) bool
	several bool // no single one of seq is enough: that is known
	patient bool // a part at the end of many words is believed
	what    string
	seen    reply // of the whole: it had the effect
}

// catch is what a quest found.
type catch struct {
	terms []int // in the order of the message
	last  reply // the lead and they alone
	end   ending
}

type ending int

const (
	proven   ending = iota // they had the effect
	chance                 // a message did not react again
	tooMany                // more than may be combined
	byLength               // only the length can be the cause
)

// cutAt is where messages are cut: under the middle, since those that react
// cost more than those that do not.
const (
	cutAt       = 0.45
	cutAtCostly = 0.3
)

// minimal finds the parts one after the other: the shortest beginning that
// still has the effect ends with the last part; then it goes on before that
// part, which stays in. For messages that lose a reaction by what is added,
// parts of those that react still hold.
func (r *run) minimal(q quest) catch {
	var got []int // places in seq, falling
	rest := len(q.seq)
	limit := r.s.c.Combine
	for {
		if len(got) > 0 && (chancy(q.seen) || isSoft(q.seen.effects) && !r.s.k.steady && !r.steady) {
			again := r.with(q, rest, got, "again, since it may have been chance")
			if !q.want(again) {
				return catch{end: chance}
			}
		}
		before := rest
		rest = r.shortest(&q, rest, got)
		got = append(got, rest)
		if !q.patient && len(got) > 1 && before > 8 && rest == before-1 {
			return catch{end: byLength}
		}
		if len(got) == 1 && q.several && rest > 0 {
			continue
		}
		last := r.with(q, 0, got, "these alone")
		terms := pick(q.seq, got)
		switch {
		case q.want(last):
			return catch{terms: terms, last: last}
		case rest == 0:
			return catch{end: chance}
		case len(got) == limit:
			return catch{terms: terms, end: tooMany}
		}
	}
}

// shortest returns the place of the last term of the shortest beginning of
// seq[:rest] that, with the terms found, has the effect.
func (r *run) shortest(q *quest, rest int, got []int) int {
	at := cutAt
	if slices.Contains(q.seen.effects, Ended) {
		at = cutAtCostly
	}
	sum := r.s.k.chances(q, rest, pick(q.seq, got))
	lo, hi := 0, rest // seq[:hi] has it, seq[:lo] has not
	for hi-lo > 1 {
		mid := lo + 1
		for mid < hi-1 && sum[mid]-sum[lo] < at*(sum[hi]-sum[lo]) {
			mid++
		}
		if len(q.lead) == 0 && r.s.k.trusts() && r.s.k.isClear(slices.Concat(q.seq[:mid], pick(q.seq, got))) {
			lo = mid
			continue
		}
		m := r.with(*q, mid, got, fmt.Sprintf("%d of %d words that may be the cause", mid-lo, hi-lo))
		if q.want(m) {
			hi, q.seen = mid, m
		} else {
			lo = mid
		}
	}
	return hi - 1
}

// chances[n] is, but for a factor, how likely the next part is among the first
// n: parts of known rules are likelier, most of all those of rules that share a
// part with what was found. Of several parts the last is sought, which is among
// the first n only if all are.
func (k *knowledge) chances(q *quest, rest int, found []int) []float64 {
	sum := make([]float64, rest+1)
	known, mates := k.partners(found)
	favoured, share := mates, 1.0
	if count(q.seq[:rest], mates) == 0 {
		favoured, share = known, 0.4
	}
	if len(found) == 0 && !q.several {
		favoured = nil
	}
	n := count(q.seq[:rest], favoured)
	for i, t := range q.seq[:rest] {
		sum[i+1] = sum[i] + 1
		if favoured[t] {
			sum[i+1] += share * float64(rest) / float64(n)
		}
	}
	if len(found) == 0 && q.several {
		for i := range sum {
			sum[i] *= sum[i]
		}
	}
	return sum
}

func count(terms []int, in map[int]bool) (n int) {
	for _, t := range terms {
		if in[t] {
			n++
		}
	}
	return n
}

// partners are the parts of known rules of several parts, and those of the
// rules that share a part with what was found.
func (k *knowledge) partners(found []int) (known, mates map[int]bool) {
	known, mates = map[int]bool{}, map[int]bool{}
	for _, u := range k.rules {
		if len(u.parts) < 2 {
			continue
		}
		shares := slices.ContainsFunc(found, func(t int) bool { return slices.Contains(u.parts, t) })
		for _, p := range u.parts {
			known[p] = true
			if shares {
				mates[p] = true
			}
		}
	}
	return known, mates
}

// with puts the lead, the first n of seq, and the terms found.
func (r *run) with(q quest, n int, got []int, why string) reply {
	terms := slices.Clone(q.lead)
	terms = append(terms, q.seq[:n]...)
	terms = append(terms, pick(q.seq, got)...)
	if isSoft(q.seen.effects) {
		r.fresh(terms)
	}
	return r.ask(terms, q.what+": "+why)
}

// pick returns the terms at places that are listed from the last to the first.
func pick(seq, places []int) []int {
	var out []int
	for _, p := range slices.Backward(places) {
		out = append(out, seq[p])
	}
	return out
}

// chancy says whether a reaction may have been chance: a lost message.
func chancy(m reply) bool {
	return len(m.effects) == 1 && m.effects[0] == Dropped
}

// anything is the effect of any kind.
func anything(m reply) bool { return !m.clear() }

// shows wants all of some effects.
func shows(effects []string) func(reply) bool {
	return func(m reply) bool { return has(m.effects, effects) }
}
