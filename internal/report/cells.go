package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// cells is the number of columns that s takes in a terminal: two for wide
// East Asian characters, none for combining marks.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// fit cuts s to n columns, the last one a sign that it was cut.
func fit(s string, n int) string {
	if cells(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used+cellsOf(r) > n-1 {
			return s[:i] + "…"
		}
		used += cellsOf(r)
	}
	return s
}

// wrap breaks s into lines of at most n columns, at spaces where it can.
func wrap(s string, n int) []string {
	n = max(n, 4)
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && cells(line)+1+cells(word) <= n {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for cells(word) > n {
			head := prefix(word, n)
			lines, word = append(lines, head), word[len(head):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// prefix is the longest beginning of s that takes at most n columns.
func prefix(s string, n int) string {
	used := 0
	for i, r := range s {
		if used += cellsOf(r); used > n {
			return s[:i]
		}
	}
	return s
}
