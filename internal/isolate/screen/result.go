package screen

import "slices"

// Result is what a search has found so far.
type Result struct {
	// Triggers are sets of candidates that react together, none of which can
	// be spared: one index each, or two.
	Triggers [][]int
	// Proofs of the triggers, in the same order.
	Proofs []Proof
	// Redundant candidates react because a trigger stands in them.
	Redundant []int
	// Untested candidates could not be sent or were not reached.
	Untested []int
	// UntestedPairs are the pairs, if pairs are asked for, that could not be sent
	// or were not reached.
	UntestedPairs int
	// Done is true when the search came to its end. Otherwise Why says what
	// stopped it.
	Done bool
	Why  string
}

// Proof is why a trigger is believed.
type Proof struct {
	Trigger []int
	// Alone is true if the trigger was sent by itself and reacted. Otherwise
	// it stood in a message that reacted, and Tests clear all others in it.
	Alone bool
	// Inferred is true if a smaller trigger stands in it, so that nothing
	// needed to be sent.
	Inferred bool
	// Tests that were sent, in order.
	Tests []Test
}

// Test is one message of a proof.
type Test struct {
	Items []int
	Hit   bool
}

func laneProof(tests []test) []Test {
	out := make([]Test, len(tests))
	for i, t := range tests {
		out[i] = Test{slices.Clone(t.items), t.hit}
	}
	return out
}

// Result returns what has been found so far.
func (s *Search) Result() Result {
	out := Result{Why: s.stopped, Done: len(s.open) == 0 && s.stopped == "" && s.asked > 0}
	for _, p := range s.proofs {
		if !s.stands(p.Trigger) {
			continue
		}
		out.Triggers, out.Proofs = append(out.Triggers, p.Trigger), append(out.Proofs, p)
	}
	for i, st := range s.status {
		switch st {
		case holding:
			out.Redundant = append(out.Redundant, i)
		case open, unaskable:
			out.Untested = append(out.Untested, i)
		}
	}
	if s.graph != nil {
		out.UntestedPairs = s.untestedPairs()
	}
	return out
}

// untestedPairs counts the pairs of candidates that do not react alone and were
// not settled.
func (s *Search) untestedPairs() int {
	o := s.odds(s.rates())
	n := 0
	paired := func(i int) bool { return s.status[i] == open || s.status[i] == clean || s.status[i] == unaskable }
	for a := range s.status {
		for b := range a {
			if paired(a) && paired(b) && !s.graph.linked(a, b) && s.graph.silent[a*s.graph.n+b] < o.enough {
				n++
			}
		}
	}
	return n
}
