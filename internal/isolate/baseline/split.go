package baseline

import "errors"

// Ask puts one message made of pieces, which the filter's separator keeps
// apart, and tells whether a reaction was seen.
type Ask func(pieces ...string) (bool, error)

// ErrLost is returned when answers lead nowhere: the text does not react, or
// not as a set of parts would.
var ErrLost = errors.New("the answers fit no rule")

// Bounds of what is looked for in one text.
const (
	maxParts = 10
	maxRules = 50
)

// Split finds the rule of a text that reacts by plain binary splitting. It
// returns the stretches of characters that are needed; parts that touch or
// overlap in the text come out as one.
func Split(text string, ask Ask) ([]string, error) {
	runes := []rune(text)
	var need []int // places of the characters that are needed
	for from := 0; ; {
		if found := pieces(runes, need, len(runes)); len(found) > 0 {
			if done, err := ask(found...); done || err != nil {
				return found, err
			}
		}
		if from == len(runes) {
			return nil, ErrLost
		}
		at, err := lastTrue(from, len(runes), func(i int) (bool, error) { return ask(pieces(runes, need, i)...) })
		if err != nil {
			return nil, err
		}
		need, from = append(need, at), at+1
	}
}

// pieces are the runs of needed characters and of all from a place on.
func pieces(runes []rune, need []int, from int) []string {
	var out []string
	var run []rune
	for i, at := range need {
		if i > 0 && at != need[i-1]+1 {
			out, run = append(out, string(run)), nil
		}
		run = append(run, runes[at])
	}
	if len(run) > 0 && need[len(need)-1]+1 != from {
		out, run = append(out, string(run)), nil
	}
	if run = append(run, runes[from:]...); len(run) > 0 {
		out = append(out, string(run))
	}
	return out
}

// lastTrue finds the last place in [lo, hi) where reacts is true, which it is
// taken to be at lo. It asks log2(hi-lo) questions, rounded up.
func lastTrue(lo, hi int, reacts func(int) (bool, error)) (int, error) {
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		ok, err := reacts(mid)
		if err != nil {
			return 0, err
		}
		if ok {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, nil
}

// BestOfThree puts every message until two answers agree.
func BestOfThree(ask Ask) Ask {
	return func(pieces ...string) (bool, error) {
		yes, no := 0, 0
		for yes < 2 && no < 2 {
			ok, err := ask(pieces...)
			if err != nil {
				return false, err
			}
			if ok {
				yes++
			} else {
				no++
			}
		}
		return yes == 2, nil
	}
}
