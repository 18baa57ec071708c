package baseline

import "math/bits"

// Told is what [Hwang] is told beforehand.
type Told struct {
	// Count is how many terms react.
	Count int
	// Exact says that the count can be relied on, so that the search ends once
	// so many were found. Otherwise it goes on until every term was sent.
	Exact bool
	// Sure says that a message reacts only because of one of its terms, and
	// that answers are right: the last of a group need not be sent alone.
	Sure bool
}

// Hwang screens by generalised binary splitting. With n terms left of which d
// react, it sends 2^a of them, a = floor(log2((n-d+1)/d)), and finds one by
// bisection if they react. If n is at most 2d-2, terms are sent one by one.
// Groups are cut to the longest message.
func Hwang(t Terms, told Told, ask AskTerms) ([]int, error) {
	var out []int
	left, d := t.every(), told.Count
	for len(left) > 0 {
		if d <= 0 {
			if told.Exact {
				break
			}
			d = 1
		}
		group := t.pack(left[:groupSize(len(left), d)], t.MaxLen)[0]
		hit, err := ask(group)
		if err != nil {
			return out, err
		}
		if !hit {
			left = left[len(group):]
			continue
		}
		at, err := cause(group, ask)
		if err != nil {
			return out, err
		}
		if len(group) > 1 && !told.Sure {
			if hit, err = ask(left[at : at+1]); err != nil {
				return out, err
			}
		}
		if hit {
			out, d = append(out, left[at]), d-1
		}
		left = left[at+1:]
	}
	return out, nil
}

// groupSize is 2^floor(log2((n-d+1)/d)), or 1.
func groupSize(n, d int) int {
	if n <= 2*d-2 {
		return 1
	}
	return 1 << (bits.Len(uint((n-d+1)/d)) - 1)
}

// cause bisects a group that reacts. All before the returned place are
// clear, the term there reacts, and those behind are not known.
func cause(group []int, ask AskTerms) (int, error) {
	lo, hi := 0, len(group)
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		hit, err := ask(group[lo:mid])
		if err != nil {
			return 0, err
		}
		if hit {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo, nil
}
