// Package match looks for thousands of texts at once in bytes, in every
// charset they may have been written in. One pass costs about the same for
// one needle as for thousands: a bitmap over six-byte windows rejects nearly
// every position, a table lookup and a comparison settle the rest.
package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
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
	anchor  int // offset of the window that is hashed
	form    string
	needles []int
}

// Set is compiled needles. It is immutable and may be used concurrently.
type Set struct {
	patterns []pattern
	shift    uint
	bitmap   []uint64
	buckets  map[uint32][]int32
	folded   *Set // in lower case; nil if case matters
}

// foldLimit bounds the bytes that are made lower case at once.
const foldLimit = 16 << 20

const windowMask = 1<<48 - 1

func (s *Set) hash(window uint64) uint32 {
	return uint32((window & windowMask) * 0x9E3779B97F4A7C15 >> s.shift)
}

// build indexes the patterns.
func build(patterns []pattern) *Set {
	size := max(16, bits.Len(uint(len(patterns)))+6)
	s := &Set{patterns: patterns, shift: uint(64 - size), bitmap: make([]uint64, 1<<size/64), buckets: map[uint32][]int32{}}
	for i := range patterns {
		p := &patterns[i]
		h := s.anchor(p)
		s.bitmap[h>>6] |= 1 << (h & 63)
		s.buckets[h] = append(s.buckets[h], int32(i))
	}
	return s
}

// anchor chooses the window of p that the fewest other patterns share among
// the first few, so that common beginnings do not make long buckets.
func (s *Set) anchor(p *pattern) uint32 {
	var best uint32
	fewest := -1
	for at := 0; at+MinLen <= len(p.bytes) && at < 16; at++ {
		h := s.hash(load(p.bytes, at))
		if n := len(s.buckets[h]); fewest < 0 || n < fewest {
			best, fewest, p.anchor = h, n, at
		}
		if fewest == 0 {
			break
		}
	}
	return best
}

// load reads the window at i; bytes behind the end count as zero and are
// masked off for every window that fits.
func load(b []byte, i int) uint64 {
	if i+8 <= len(b) {
		return binary.LittleEndian.Uint64(b[i:])
	}
	var pad [8]byte
	copy(pad[:], b[i:])
	return binary.LittleEndian.Uint64(pad[:])
}

// Empty reports whether there is nothing to look for.
func (s *Set) Empty() bool { return len(s.patterns) == 0 }

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
	if s.folded != nil && !s.folded.Empty() && len(b) <= foldLimit && bytes.ContainsAny(b, upperCase) {
		hits = append(hits, s.folded.Find(lower(b), max)...)
	}
	return hits
}

const upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// scan calls yield for every occurrence until it returns false.
func (s *Set) scan(b []byte, yield func(at int, p *pattern) bool) {
	if len(s.patterns) == 0 {
		return
	}
	bitmap, shift := s.bitmap, s.shift
	last := len(b) - MinLen
	for i := 0; i <= last; i++ {
		var window uint64
		if i+8 <= len(b) {
			window = binary.LittleEndian.Uint64(b[i:])
		} else {
			window = load(b, i)
		}
		h := uint32((window & windowMask) * 0x9E3779B97F4A7C15 >> shift)
		if bitmap[h>>6]&(1<<(h&63)) != 0 && !s.settle(b, i, h, yield) {
			return
		}
	}
}

// settle compares the patterns of one bucket at a place.
func (s *Set) settle(b []byte, i int, h uint32, yield func(int, *pattern) bool) bool {
	for _, n := range s.buckets[h] {
		p := &s.patterns[n]
		at := i - p.anchor
		if at >= 0 && at+len(p.bytes) <= len(b) && bytes.Equal(b[at:at+len(p.bytes)], p.bytes) && !yield(at, p) {
			return false
		}
	}
	return true
}
