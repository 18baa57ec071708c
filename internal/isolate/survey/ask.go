package survey

import (
	"slices"
	"strings"
)

// reply is an answered message.
type reply struct {
	key     string
	body    string
	terms   []int
	effects []string
	got     string
	set     []uint64 // the terms, once it is in the log
}

// run is one run of a job over the replies so far.
type run struct {
	s      *Search
	next   int
	lost   int     // messages that were lost by chance
	last   reply   // the last message of which a copy was seen
	doubt  bool    // what was clear may not have been
	steady bool    // a copy came twice in a row
	dumb   []*rule // rules of which no copy was seen when one was expected
}

// waiting unwinds a job to where its question can be put. It never leaves this
// file.
type waiting struct{ open }

// put asks for the fate of a body that is made of words.
func (r *run) put(words []string, terms []int, purpose string) reply {
	if r.next < len(r.s.replies) {
		r.next++
		m := r.s.replies[r.next-1]
		if m.copied() {
			r.steady = r.steady || r.next > 1 && r.last.key == r.s.replies[r.next-2].key && r.last.body == m.body
			r.last = m
		}
		return m
	}
	q := Question{Body: strings.Join(words, r.s.c.Sep), Parts: words, Purpose: purpose}
	panic(waiting{open{Question: q, terms: terms}})
}

// ask puts terms as they are. Once messages were seen to be lost by chance, one
// that was lost is put again.
func (r *run) ask(terms []int, purpose string) reply {
	k := r.s.k
	terms = k.arrange(terms)
	return r.twice(k.words(terms), terms, purpose, k.chance > 0)
}

// askOf asks about a rule: where the message is lost, and it is not what the
// rule does, it is put again.
func (r *run) askOf(u *rule, terms []int, purpose string) reply {
	k := r.s.k
	terms = k.arrange(terms)
	if isSoft(u.own) {
		r.fresh(u.parts)
	}
	return r.twice(k.words(terms), terms, purpose, k.chance > 0 || !slices.Contains(u.alone, Dropped))
}

// sure asks about a rule and believes no single lost message.
func (r *run) sure(u *rule, terms []int, purpose string) reply {
	if isSoft(u.own) {
		r.fresh(u.parts)
	}
	terms = r.s.k.arrange(terms)
	return r.twice(r.s.k.words(terms), terms, purpose, true)
}

// putOf does the same for words in other forms.
func (r *run) putOf(group []*rule, words []string, purpose string) reply {
	for _, u := range group {
		if isSoft(u.own) {
			r.fresh(u.parts)
		}
	}
	drops := slices.ContainsFunc(group, func(u *rule) bool { return slices.Contains(u.alone, Dropped) })
	return r.twice(words, nil, purpose, r.s.k.chance > 0 || !drops || len(group) > 1)
}

// twice puts a message again if it was lost and that may be chance.
func (r *run) twice(words []string, terms []int, purpose string, doubt bool) reply {
	m := r.put(words, terms, purpose)
	if !doubt || !chancy(m) {
		return m
	}
	if again := r.put(words, terms, purpose+" (again: it may have been lost by chance)"); !chancy(again) {
		r.lost++
		return again
	}
	return m
}

func sorted(effects []string) []string {
	out := slices.Clone(effects)
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(e string) bool { return e == "" })
}
