package screen

import (
	"cmp"
	"slices"
)

// doubt is a trigger that was inferred and never sent alone: all others in
// the message that reacted were silent elsewhere, or nearly all.
type doubt struct {
	set []int
	// among is the smallest message of its lane that reacted.
	among []int
	// odds that nothing in the message reacts, for each unit of the chance
	// that harmless candidates react together. With noise: odds that the
	// trigger does not react, if the reactions had other causes.
	odds float64
}

// doubtful is the chance of a wrong inference that is looked into, unseen
// counts the joins that may have been passed over, and sampled is how many
// inferences are looked into as long as all are right: the most doubtful, as
// harmless candidates that react together are among those.
const (
	doubtful = 0.003
	unseen   = 0.3
	sampled  = 8
)

// checkDoubts sends, when all else is done, those inferred triggers alone that
// look doubtful now: another candidate of the message turned out to react, or
// candidates were found to react together. If pairs are asked for, all are
// sent alone: a rule of three words would pass for a pair too easily.
func (s *Search) checkDoubts() bool {
	slices.SortStableFunc(s.doubts, func(a, b doubt) int { return cmp.Compare(b.odds, a.odds) })
	join := (unseen + s.counts.joined) / (1 + s.counts.joined + s.counts.parted)
	for len(s.doubts) > 0 {
		d := s.doubts[0]
		s.doubts = s.doubts[1:]
		sample := !s.c.Noisy && d.odds*join >= doubtful && (s.looked < sampled || s.counts.joined > 0)
		if !s.stands(d.set) || s.graph == nil && !sample && !s.otherwise(d) {
			continue
		}
		s.looked++
		s.confirm(d)
		return true
	}
	return false
}

// confirm sends an inferred trigger alone; with noise as often as is needed to
// be sure.
func (s *Search) confirm(d doubt) {
	s.askWhole(d.set, "does the inferred trigger react alone?", func(hit bool) {
		if !s.c.Noisy || s.graph != nil {
			s.settle(d.set, hit)
			return
		}
		r := s.rates()
		if hit {
			d.odds *= r.false / (1 - r.miss)
		} else {
			d.odds *= (1 - r.false) / r.miss
		}
		if no := d.odds / (1 + d.odds); no > 1-sureNoisy && no < sureNoisy {
			s.ready = append(s.ready, func() { s.confirm(d) })
			return
		}
		s.settle(d.set, d.odds < 1)
	}, func() {})
}

// stands says whether set still counts as a trigger.
func (s *Search) stands(set []int) bool {
	if len(set) == 1 {
		return s.status[set[0]] == trigger
	}
	return s.graph.linked(set[0], set[1]) && !slices.ContainsFunc(set, func(i int) bool {
		return s.status[i] != open && s.status[i] != clean
	})
}

// otherwise says whether something else explains the reaction of a doubt's
// message, or may.
func (s *Search) otherwise(d doubt) bool {
	return slices.ContainsFunc(d.among, func(i int) bool { return i != d.set[0] && s.status[i] != clean })
}

// settle takes the answer to a doubt.
func (s *Search) settle(set []int, hit bool) {
	at := slices.IndexFunc(s.proofs, func(p Proof) bool { return slices.Equal(p.Trigger, set) })
	if hit {
		s.counts.parted++
		s.proofs[at].Alone = true
		s.proofs[at].Tests = append(s.proofs[at].Tests, Test{Items: set, Hit: true})
		return
	}
	s.counts.joined++
	s.proofs = slices.Delete(s.proofs, at, at+1)
	if len(set) == 2 {
		s.part(set[0], set[1])
		return
	}
	i := set[0]
	s.status[i] = clean
	for _, h := range s.within.holders[i] {
		if s.status[h] == holding && !s.holds(int(h)) {
			s.status[h] = open
		}
	}
}

// part takes back a pair that was silent when sent, and what followed from it.
func (s *Search) part(a, b int) {
	s.graph.unlink(a, b)
	s.graph.note(a, b)
	s.graph.found--
	s.proofs = slices.DeleteFunc(s.proofs, func(p Proof) bool {
		if !p.Inferred || len(p.Trigger) != 2 || s.founded(p.Trigger[0], p.Trigger[1]) {
			return false
		}
		s.graph.unlink(p.Trigger[0], p.Trigger[1])
		return true
	})
}

// founded says whether a found pair stands in x and y.
func (s *Search) founded(x, y int) bool {
	for _, a := range append([]int32{int32(x)}, s.within.inside[x]...) {
		for _, b := range append([]int32{int32(y)}, s.within.inside[y]...) {
			if newEdge(int(a), int(b)) != newEdge(x, y) && s.graph.linked(int(a), int(b)) {
				return true
			}
		}
	}
	return false
}

// holds says whether a trigger stands in candidate h.
func (s *Search) holds(h int) bool {
	return slices.ContainsFunc(s.within.inside[h], func(j int32) bool { return s.status[j] == trigger || s.status[j] == holding })
}
