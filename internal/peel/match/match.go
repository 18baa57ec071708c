// Package match looks for thousands of texts at once in bytes, in every
// charset they may have been written in. One pass costs about the same for
// one needle as for thousands: a bitmap over windows of four to eight bytes is
// asked at every third to eighth place and rejects nearly all of them; a table
// lookup and a comparison settle the rest.
package match

import (
	"bytes"
	"slices"
)

// MinLen is the shortest form of a needle, in bytes, that is looked for.
const MinLen = 6

// Needle is a text to look for and the probe it belongs to.
type Needle struct {
	Probe string
	Text  string
}

// Hit is one needle found.
type Hit struct {
	// Needle is the index into the compiled needles.
	Needle int
	// Form that was found, as in "utf-8" or "gb18030".
	Form string
	// At is the offset, Len the length in bytes.
	At, Len int
}

// pattern is one form of one or more needles.
type pattern struct {
	bytes   []byte
	form    string
	needles []int
}

// Set is compiled needles. It is immutable and may be used concurrently.
type Set struct {
	patterns []pattern
	// window is the width of what the bitmap is asked for, stride how far
	// apart those places are.
	window, stride int
	mask           uint64
	shift          uint
	bitmap         []uint64
	tables         []table
	places         []place
	folded         *Set // in lower case; nil if case matters
}

// foldLimit bounds the bytes that are made lower case at once.
const foldLimit = 16 << 20

// Empty reports whether there is nothing to look for.
func (s *Set) Empty() bool { return len(s.patterns) == 0 }

// Len returns the number of patterns.
func (s *Set) Len() int { return len(s.patterns) }

// Has reports whether any needle is in b.
func (s *Set) Has(b []byte) bool {
	found := false
	s.scan(b, func(int, *pattern) bool { found = true; return false })
	return found
}

// Find returns the first hit of every needle and form in b, in order of
// place, at most max of them (0: no bound); then those that differ in case.
func (s *Set) Find(b []byte, max int) []Hit {
	var hits []Hit
	seen := map[*pattern]bool{}
	s.scan(b, func(at int, p *pattern) bool {
		if seen[p] {
			return true
		}
		seen[p] = true
		for _, n := range p.needles {
			hits = append(hits, Hit{n, p.form, at, len(p.bytes)})
		}
		return max == 0 || len(hits) < max
	})
	slices.SortStableFunc(hits, func(a, b Hit) int { return a.At - b.At })
	if s.folded != nil && !s.folded.Empty() && len(b) <= foldLimit && bytes.ContainsAny(b, upperCase) {
		hits = append(hits, s.folded.Find(lower(b), max)...)
	}
	return hits
}

const upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
