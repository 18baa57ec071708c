package screen

import "slices"

// doubt is a trigger that was inferred and never sent alone: all others in
// the message that reacted were silent elsewhere.
type doubt struct {
	item int
	// odds that nothing in the message reacts alone, for each unit of the
	// chance that harmless candidates react together.
	odds float64
}

// doubtful is the chance of a wrong inference that is looked into, and
// unseen counts the joins that may have been passed over.
const (
	doubtful = 0.003
	unseen   = 0.3
)

// checkDoubts sends, when all else is done, those inferred triggers alone that
// look doubtful now: how often candidates react together is known only then.
func (s *Search) checkDoubts() bool {
	join := (unseen + s.counts.joined) / (1 + s.counts.joined + s.counts.parted)
	for len(s.doubts) > 0 {
		d := s.doubts[0]
		s.doubts = s.doubts[1:]
		if s.status[d.item] != trigger || d.odds*join < doubtful {
			continue
		}
		s.ask(s.message([]int{d.item}), "does the inferred trigger react alone?", func(hit bool) {
			s.settle(d.item, hit)
		})
		return true
	}
	return false
}

// settle takes the answer to a doubt.
func (s *Search) settle(i int, hit bool) {
	at := slices.IndexFunc(s.proofs, func(p Proof) bool { return p.Trigger[0] == i })
	if hit {
		s.counts.parted++
		s.proofs[at].Alone = true
		s.proofs[at].Tests = append(s.proofs[at].Tests, Test{Items: []int{i}, Hit: true})
		return
	}
	s.counts.joined++
	s.proofs = slices.Delete(s.proofs, at, at+1)
	s.status[i] = clean
	for _, h := range s.within.holders[i] {
		if s.status[h] == holding && !s.holds(int(h)) {
			s.status[h] = open
		}
	}
}

// holds says whether a trigger stands in candidate h.
func (s *Search) holds(h int) bool {
	return slices.ContainsFunc(s.within.inside[h], func(j int32) bool { return s.status[j] == trigger || s.status[j] == holding })
}
