package screen

// pairSearch is the search for triggers of one or two candidates.
type pairSearch struct{ s *Search }

func newPairSearch(s *Search) *pairSearch { return &pairSearch{s} }

func (p *pairSearch) begin() bool {
	group := p.s.pool()
	if len(group) == 0 {
		return false
	}
	p.s.screen(group)
	return true
}
