package screen

// joinCheck is the calibration of the separator: does a trigger still react
// when it is sent in two pieces? Then neighbours can make a word as well.
type joinCheck struct {
	tried  int
	agreed int // checks that saw no join
	busy   bool
}

// joinTries is how many triggers are tried before the check is given up, and
// joinAgreed how many silent answers are believed if there is noise.
const (
	joinTries  = 4
	joinAgreed = 2
	joinWeight = 10 // findings that a check is worth
)

// checkJoins asks the next question of the calibration, if one is due.
func (s *Search) checkJoins() bool {
	j := &s.joins
	need := 1
	if s.c.Noisy {
		need = joinAgreed
	}
	if j.busy || s.between || j.agreed >= need || j.tried >= joinTries {
		return false
	}
	t := s.splittable(j.tried)
	if t < 0 {
		return false
	}
	j.tried++
	j.busy = true
	runes := []rune(s.c.Terms[t])
	head, tail := string(runes[:len(runes)/2]), string(runes[len(runes)/2:])
	halves := []Piece{{Term: -1, Text: head}, {Term: -1, Text: tail}}
	s.ask(halves, "does the filter join neighbours? a trigger in two pieces", func(hit bool) {
		if !hit {
			j.agreed++
			j.busy = false
			s.counts.parted += joinWeight
			return
		}
		s.ready = append(s.ready, func() { s.checkGuard(head, tail) })
	})
	return true
}

// checkGuard asks whether a sign between the halves keeps them apart. If not,
// one half reacts by itself, and the check said nothing.
func (s *Search) checkGuard(head, tail string) {
	halves := []Piece{{Term: -1, Text: head}, {Term: -1, Text: s.guard}, {Term: -1, Text: tail}}
	s.ask(halves, "does a sign between the pieces keep them apart?", func(hit bool) {
		s.joins.busy = false
		if !hit {
			s.between = true
			s.counts.joined, s.counts.parted, s.counts.together = 0, joinWeight, 0
		}
	})
}

// splittable returns the n-th trigger found that can be cut in two, or -1.
func (s *Search) splittable(n int) int {
	for _, p := range s.proofs {
		i := p.Trigger[0]
		if len(p.Trigger) != 1 || s.lens[i] < 2 || s.lens[i]+2*s.sepLen+2 > s.limit {
			continue
		}
		if n == 0 {
			return i
		}
		n--
	}
	return -1
}
