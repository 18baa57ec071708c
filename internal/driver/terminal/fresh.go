package terminal

import "slices"

// maxSeen bounds the rows that are remembered.
const maxSeen = 4000

// seen counts how often a row was on the screen, for the time when a screen
// is painted anew and nothing tells old rows from new ones.
type seen struct {
	count map[string]int
	order []string
}

// fresh returns the rows that have come to the end since old was the screen.
func (s *seen) fresh(old, now []shown) []shown {
	rows := s.come(old, now)
	for _, row := range rows {
		s.add(row.key)
	}
	return rows
}

// come aligns both screens. Rows below the last one that both have are new.
// If they have none in common the screen shows something else: then those are
// new that are on it more often than they ever came.
func (s *seen) come(old, now []shown) []shown {
	if len(old) == 0 {
		return s.unseen(now)
	}
	for n := min(len(old), len(now)); n > 0; n-- {
		if slices.EqualFunc(old[len(old)-n:], now[:n], equal) {
			return now[n:]
		}
	}
	if last := lastCommon(old, now); last > 0 {
		return now[last:]
	}
	return s.unseen(now)
}

// unseen are the rows that are there more often than they came before.
func (s *seen) unseen(now []shown) (rows []shown) {
	count := map[string]int{}
	for _, row := range now {
		count[row.key]++
		if count[row.key] > s.count[row.key] {
			rows = append(rows, row)
		}
	}
	return rows
}

func (s *seen) add(row string) {
	if s.count == nil {
		s.count = map[string]int{}
	}
	s.count[row]++
	s.order = append(s.order, row)
	if len(s.order) <= maxSeen {
		return
	}
	oldest := s.order[0]
	s.order = s.order[1:]
	if s.count[oldest]--; s.count[oldest] == 0 {
		delete(s.count, oldest)
	}
}

func equal(a, b shown) bool { return a.key == b.key }

// lastCommon is how many rows of now stand up to the last of the longest
// common subsequence.
func lastCommon(old, now []shown) int {
	length := make([]int, len(now)+1)
	last := make([]int, len(now)+1)
	for _, o := range old {
		diagonal := 0
		for j, n := range now {
			above := length[j+1]
			switch {
			case equal(o, n) && diagonal+1 > above:
				length[j+1], last[j+1] = diagonal+1, j+1
			case length[j] > above:
				length[j+1], last[j+1] = length[j], last[j]
			}
			diagonal = above
		}
	}
	return last[len(now)]
}
