package screen

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// containment tells which candidates stand inside which others. A message
// that holds a term holds everything inside it: if it is silent, both are
// clear; if the inner one triggers, so does the outer.
type containment struct {
	inside  [][]int32 // terms that stand in i, i left out
	holders [][]int32 // terms in which i stands
	first   []int     // of equal terms the first
}

func newContainment(terms []string) containment {
	n := len(terms)
	c := containment{inside: make([][]int32, n), holders: make([][]int32, n), first: make([]int, n)}
	index := make(map[string]int, n)
	lengths := map[int]bool{}
	for i, t := range terms {
		if f, ok := index[t]; ok {
			c.first[i] = f
			continue
		}
		index[t], c.first[i] = i, i
		lengths[len(t)] = true
	}
	for i, t := range terms {
		if c.first[i] == i {
			c.look(i, t, index, lengths)
		}
	}
	return c
}

// look finds the terms inside t.
func (c *containment) look(i int, t string, index map[string]int, lengths map[int]bool) {
	seen := map[int]bool{i: true}
	for n := range lengths {
		for at := 0; n < len(t) && at+n <= len(t); at++ {
			if !utf8.RuneStart(t[at]) {
				continue
			}
			if j, ok := index[t[at:at+n]]; ok && !seen[j] {
				seen[j] = true
			}
		}
	}
	delete(seen, i)
	// In order: the search must go the same way whenever it is replayed.
	for _, j := range slices.Sorted(maps.Keys(seen)) {
		c.inside[i] = append(c.inside[i], int32(j))
		c.holders[j] = append(c.holders[j], int32(i))
	}
}
