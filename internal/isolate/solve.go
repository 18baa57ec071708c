package isolate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The search is written as if answers came at once. It runs from the start
// each time; where an answer is missing it stops with errOpen, and what was
// asked for is put. So its state is its history and nothing else.

// errOpen stops a run whose next step needs answers.
var errOpen = errors.New("answers are missing")

var errWhole = errors.New("the whole text did not do it again")

// attempt is one way through the search.
type attempt struct {
	s    *Search
	flip bool   // from the other end of the text
	text []rune // in the direction of the search
	need []want
	// best are the parts found so far; proofs the last certificate asked.
	best   []span
	proofs []Proof
}

// solve runs the search on the answers so far. It returns the result, or the
// questions that it needs.
func (s *Search) solve() (Result, []want) {
	var why []string
	last := Result{}
	for _, flip := range []bool{false, true} {
		a := &attempt{s: s, flip: flip, text: s.text}
		if flip {
			a.text = reversed(s.text)
		}
		err := a.search()
		last = Result{Words: a.words(a.best), Certificate: a.proofs}
		switch {
		case errors.Is(err, errOpen):
			return last, a.need
		case err == nil:
			last.Exact = true
			return last, nil
		}
		why = append(why, err.Error())
	}
	last.Why = "two searches failed: " + strings.Join(why, "; then, from the other end, ")
	return last, nil
}

// search finds the parts of one rule and proves them.
func (a *attempt) search() error {
	region := a.trim(span{0, len(a.text)})
	if done, err := a.begin(region); done || err != nil {
		return err
	}
	var parts []span // in the order of a.text
	for len(parts) < maxParts {
		end, err := a.findEnd(region, parts)
		if err != nil {
			return err
		}
		start, err := a.findStart(region, parts, end)
		if err != nil {
			return err
		}
		parts = slices.Insert(parts, 0, span{start, end})
		a.best = parts
		if ok, err := a.prove(parts); ok || err != nil {
			return err
		}
		if start == region.lo {
			return fmt.Errorf("%s did what the same text had not done within a longer message", a.list(parts))
		}
		region = a.trim(span{region.lo, end - 1})
	}
	return fmt.Errorf("more than %d parts seem to be needed", maxParts)
}

// plausible reports whether the text may well be one part as a whole.
func (s *Search) plausible() bool {
	return len(s.text) <= guessLen || len(s.text) <= knownLen && slices.Contains(s.c.Words, s.c.Text)
}

// begin asks about the whole text: in the first attempt whether it is one part,
// if it looks like one; in the second whether it still does what it did.
func (a *attempt) begin(all span) (done bool, err error) {
	switch {
	case a.flip:
		got, err := a.ask(a.question([]span{all}, "does the whole text still do what it did?"))
		if err == nil && !got[0] {
			err = errWhole
		}
		return false, err
	case !a.s.plausible():
		return false, nil
	}
	done, err = a.prove([]span{all})
	var more surplus
	switch {
	case errors.As(err, &more):
		return false, nil
	case err == nil && !done:
		return false, errWhole
	}
	return done, err
}

// findEnd finds the shortest beginning of the region that, with the parts, is
// active, and returns its end. The whole region is known to be active.
func (a *attempt) findEnd(region span, parts []span) (int, error) {
	ends, weights := a.ends(region)
	weights = severalParts(weights, len(parts) > 0)
	i, err := a.narrow(weights, func(i int) want {
		piece := span{region.lo, ends[i]}
		why := fmt.Sprintf("is the last part within %d of %d characters?", piece.len(), region.len())
		return a.question(slices.Insert(slices.Clone(parts), 0, piece), why)
	})
	if err != nil {
		return 0, err
	}
	return ends[i], nil
}

// findStart finds the shortest stretch up to end that makes the beginning
// without its last character active again, and returns its start.
func (a *attempt) findStart(region span, parts []span, end int) (int, error) {
	starts, weights := a.starts(region, end)
	before := a.trim(span{region.lo, end - 1})
	i, err := a.narrow(weights, func(i int) want {
		piece := span{starts[i], end}
		why := fmt.Sprintf("is the part that ends here no longer than %d characters?", piece.len())
		return a.question(slices.Insert(slices.Clone(parts), 0, before, piece), why)
	})
	if err != nil {
		return 0, err
	}
	return starts[i], nil
}

// narrow finds the first active one of a row of questions, each of which holds
// all that the one before holds. The last is known to be active and not asked.
func (a *attempt) narrow(weights []float64, question func(i int) want) (int, error) {
	lo, hi := 0, len(weights)-1 // the first active one is in lo..hi
	for lo < hi {
		cuts := a.cuts(weights, lo, hi)
		wants := make([]want, len(cuts))
		for i, cut := range cuts {
			wants[i] = question(cut)
		}
		got, err := a.ask(wants...)
		if err != nil {
			return 0, err
		}
		for i, cut := range cuts {
			if got[i] {
				hi = cut
				break
			}
			lo = cut + 1
		}
	}
	return hi, nil
}

// cuts picks the questions between lo and hi-1 that tell most for their cost.
func (a *attempt) cuts(weights []float64, lo, hi int) (cuts []int) {
	total := 0.0
	for i := lo; i <= hi; i++ {
		total += weights[i]
	}
	n := min(a.s.c.Parallel, hi-lo)
	sum, i := 0.0, lo
	for k := range n {
		aim := float64(k+1) / float64(n+1)
		if n == 1 {
			aim = a.s.target
			if a.s.c.Invert {
				aim = 1 - aim
			}
		}
		sum += weights[i]
		// Leave room for the cuts that follow, and stop nearest to the aim.
		for i+1 < hi-(n-1-k) && (sum+weights[i+1]/2)/total <= aim {
			i++
			sum += weights[i]
		}
		cuts = append(cuts, i)
		i++
	}
	return cuts
}

// ask returns for each question whether it was active.
func (a *attempt) ask(wants ...want) ([]bool, error) {
	out := make([]bool, len(wants))
	for i, w := range wants {
		switch e := a.s.byKey[w.key]; {
		case e != nil && e.Answered:
			out[i] = a.s.active(e)
		case !slices.ContainsFunc(a.need, func(v want) bool { return v.key == w.key }):
			a.need = append(a.need, w)
		}
	}
	if len(a.need) > 0 {
		return nil, errOpen
	}
	return out, nil
}

// question makes the message of some pieces.
func (a *attempt) question(pieces []span, why string) want {
	texts := a.words(pieces)
	w := want{text: a.s.message(texts), why: why, pieces: texts}
	w.key = fmt.Sprintf("%t/%s", a.flip, w.text)
	return w
}
