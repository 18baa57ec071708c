package baseline

import (
	"cmp"
	"slices"
	"strings"
)

// Aware finds the rule of a text that reacts by component-aware binary
// splitting. Ordered says that the parts must stand in the order of the text:
// what was found is then sent in front of the rest, and else behind it.
func Aware(text string, ordered bool, ask Ask) ([]string, error) {
	runes := []rune(text)
	var found []string
	message := func(rest ...string) []string {
		if ordered {
			return nonEmpty(slices.Concat(found, rest))
		}
		return nonEmpty(slices.Concat(rest, found))
	}
	for from := 0; len(found) < maxParts && from < len(runes); {
		// Everything before the last beginning that reacts can be spared, so
		// a part begins there.
		start, err := lastTrue(from, len(runes), func(i int) (bool, error) { return ask(message(string(runes[i:]))...) })
		if err != nil {
			return nil, err
		}
		// What follows stays in the message, for parts that overlap this one.
		rest := string(runes[start+1:])
		n, err := grow(len(runes)-start, func(n int) (bool, error) {
			return ask(message(string(runes[start:start+n]), rest)...)
		})
		if err != nil {
			return nil, err
		}
		found = append(found, string(runes[start:start+n]))
		if done, err := ask(found...); done || err != nil {
			return found, err
		}
		from = start + 1
	}
	return nil, ErrLost
}

// grow finds the smallest n from 1 to most for which reacts is true, which it
// is taken to be for most: sizes are doubled, then bisected.
func grow(most int, reacts func(int) (bool, error)) (int, error) {
	lo, hi := 0, 1 // false at lo
	for hi < most {
		ok, err := reacts(hi)
		if err != nil {
			return 0, err
		}
		if ok {
			break
		}
		lo, hi = hi, min(2*hi, most)
	}
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		ok, err := reacts(mid)
		if err != nil {
			return 0, err
		}
		if ok {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi, nil
}

// All finds rules until nothing reacts: it deletes the longest part of each
// from the text and begins again. A rule that shares it with another is lost.
func All(text string, one func(text string) ([]string, error), ask Ask) ([][]string, error) {
	var out [][]string
	for {
		rule, err := one(text)
		if err != nil {
			return out, err
		}
		out = append(out, rule)
		longest := slices.MaxFunc(rule, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
		text = strings.ReplaceAll(text, longest, "\n")
		if len(out) == maxRules {
			return out, nil
		}
		if more, err := ask(text); !more || err != nil {
			return out, err
		}
	}
}

func nonEmpty(pieces []string) []string {
	return slices.DeleteFunc(pieces, func(s string) bool { return s == "" })
}
