package match

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// The index is a filter over windows of the text, as in Wu and Manber's
// agrep (1994), with a bitmap in place of a table of shifts. Every pattern is
// at least `stride`+`window`-1 bytes long, so wherever it stands, one of the
// places that are multiples of stride begins a window that lies within it.
// Only those places are looked at: a window of the text whose bits are not set
// belongs to no pattern. What passes is settled by exact tables.

const (
	// strideLimit bounds how many windows of one pattern are indexed.
	strideLimit = 8
	// windowLimit is what one load reads.
	windowLimit = 8
	// bitsPerWindow is the size of the bitmap for each window in it.
	bitsPerWindow = 32
	bitmapLeast   = 10 // log2 of its size
	bitmapMost    = 22
	// offsetTries is how many places in a pattern are weighed for a window,
	// about, and chainLimit how far their chains are counted.
	offsetTries = 8
	chainLimit  = 16
)

// wideWindows are the widths of windows that long patterns are told apart by. Escapes
// such as \u0061 repeat much and say little: in a text of escapes, the short
// window of the bitmap fits nearly everywhere.
func wideWindows() [3]int { return [...]int{48, 32, 16} }

// place is one window of a pattern. Places with equal windows are a chain.
type place struct {
	pattern int32
	offset  int32
	next    int32 // index of the next place and 1; 0 ends
}

// table finds the places whose window of width bytes has a hash. It is open
// addressing: slots are a power of two, at most half of them used.
type table struct {
	width int
	shift uint
	slots []slot
}

type slot struct {
	hash  uint64
	first int32 // index of the first place and 1; 0 is an empty slot
}

// mix is the odd number nearest to 2^64 over the golden ratio.
const mix = 0x9E3779B97F4A7C15

// The highest bits of a product say which word of the bitmap, these which two
// bits of it: Bloom's filter with both bits in one load.
const (
	firstBit  = 40
	secondBit = 34
)

// hashWide hashes a window of any width; windows of at most eight bytes are
// one load that is masked.
func (s *Set) hashWide(b []byte, width int) uint64 {
	if width <= windowLimit {
		return (load(b, 0) & s.mask) * mix
	}
	h := uint64(0)
	for i := 0; i < width; i += 8 {
		h = bits.RotateLeft64(h^binary.LittleEndian.Uint64(b[i:]), 23) * mix
	}
	return h
}

// build indexes the patterns.
func build(patterns []pattern) *Set {
	s := &Set{patterns: patterns}
	if len(patterns) == 0 {
		return s
	}
	least := len(patterns[0].bytes)
	for i := range patterns {
		least = min(least, len(patterns[i].bytes))
	}
	s.stride = min(max(least/2, 1), strideLimit)
	s.window = min(least-s.stride+1, windowLimit)
	s.mask = 1<<(8*s.window) - 1
	windows := len(patterns) * s.stride
	size := min(max(bits.Len(uint(windows*bitsPerWindow-1)), bitmapLeast), bitmapMost)
	s.shift = uint(64 - size + 6)
	s.bitmap = make([]uint64, 1<<size/64)
	s.places = make([]place, 0, windows)
	for _, width := range wideWindows() {
		s.addTable(width)
	}
	s.addTable(s.window)
	return s
}

// addTable indexes the patterns whose widest window is width.
func (s *Set) addTable(width int) {
	var members []int32
	for i := range s.patterns {
		if s.widest(len(s.patterns[i].bytes)) == width {
			members = append(members, int32(i))
		}
	}
	if len(members) == 0 {
		return
	}
	size := bits.Len(uint(2*len(members)*s.stride - 1))
	t := table{width: width, shift: uint(64 - size), slots: make([]slot, 1<<size)}
	for _, i := range members {
		for phase := range s.stride {
			s.addPlace(&t, i, phase)
		}
	}
	s.tables = append(s.tables, t)
}

// widest returns the widest window that a pattern of n bytes has at every
// phase of the stride.
func (s *Set) widest(n int) int {
	for _, w := range wideWindows() {
		if n >= w+s.stride-1 {
			return w
		}
	}
	return s.window
}

// addPlace indexes one window of a pattern for one phase: of a few that are a
// multiple of the stride apart, one that few other patterns have.
func (s *Set) addPlace(t *table, pattern int32, phase int) {
	b := s.patterns[pattern].bytes
	room := (len(b) - t.width - phase) / s.stride
	step := s.stride * max(room/offsetTries, 1)
	best, fewest := phase, chainLimit+1
	for offset := phase; offset+t.width <= len(b) && fewest > 0; offset += step {
		if n := s.chain(t.find(s.hashWide(b[offset:], t.width)).first); n < fewest {
			best, fewest = offset, n
		}
	}
	w := (load(b, best) & s.mask) * mix
	s.bitmap[w>>s.shift] |= 1<<(w>>firstBit&63) | 1<<(w>>secondBit&63)
	h := s.hashWide(b[best:], t.width)
	at := t.find(h)
	s.places = append(s.places, place{pattern, int32(best), at.first})
	at.hash, at.first = h, int32(len(s.places))
}

// chain counts the places of a chain, up to chainLimit.
func (s *Set) chain(first int32) int {
	n := 0
	for ; first != 0 && n < chainLimit; first = s.places[first-1].next {
		n++
	}
	return n
}

// find returns the slot of a hash, or the empty one where it belongs.
func (t *table) find(hash uint64) *slot {
	last := len(t.slots) - 1
	for i := int(hash >> t.shift); ; i = (i + 1) & last {
		if s := &t.slots[i&last]; s.first == 0 || s.hash == hash {
			return s
		}
	}
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

// scan calls yield for every occurrence until it returns false.
func (s *Set) scan(b []byte, yield func(at int, p *pattern) bool) {
	if len(s.patterns) == 0 {
		return
	}
	i := 0
	for i+s.window <= len(b) {
		if i = s.pass(b, i); i+s.window > len(b) || !s.settle(b, i, yield) {
			return
		}
		i += s.stride
	}
}

// pass returns the first place from i on, in steps of the stride, whose
// window is in the bitmap, or one too near to the end to hold a window.
func (s *Set) pass(b []byte, i int) int {
	bitmap, mask, shift, stride := s.bitmap, s.mask, s.shift&63, s.stride
	for i+3*stride+8 <= len(b) {
		// Four at a time: their loads overlap, and one branch is for all.
		h0 := (binary.LittleEndian.Uint64(b[i:]) & mask) * mix
		h1 := (binary.LittleEndian.Uint64(b[i+stride:]) & mask) * mix
		h2 := (binary.LittleEndian.Uint64(b[i+2*stride:]) & mask) * mix
		h3 := (binary.LittleEndian.Uint64(b[i+3*stride:]) & mask) * mix
		if (both(bitmap[h0>>shift], h0)|both(bitmap[h1>>shift], h1)|both(bitmap[h2>>shift], h2)|both(bitmap[h3>>shift], h3))&1 != 0 {
			for ; !s.possible(b, i); i += stride {
			}
			return i
		}
		i += 4 * stride
	}
	for i+s.window <= len(b) && !s.possible(b, i) {
		i += stride
	}
	return i
}

// both returns the two bits of a word that a hash names, joined, as the
// lowest bit.
func both(word, hash uint64) uint64 {
	return word >> (hash >> firstBit & 63) & (word >> (hash >> secondBit & 63))
}

// possible asks the bitmap for the window at i.
func (s *Set) possible(b []byte, i int) bool {
	h := (load(b, i) & s.mask) * mix
	return both(s.bitmap[h>>s.shift], h)&1 != 0
}

// settle compares the patterns that have a window at i.
func (s *Set) settle(b []byte, i int, yield func(int, *pattern) bool) bool {
	for k := range s.tables {
		t := &s.tables[k]
		if i+t.width > len(b) {
			continue
		}
		for n := t.find(s.hashWide(b[i:], t.width)).first; n != 0; n = s.places[n-1].next {
			pl := &s.places[n-1]
			p := &s.patterns[pl.pattern]
			at := i - int(pl.offset)
			if at >= 0 && at+len(p.bytes) <= len(b) && bytes.Equal(b[at:at+len(p.bytes)], p.bytes) && !yield(at, p) {
				return false
			}
		}
	}
	return true
}
