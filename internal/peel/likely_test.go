package peel

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestUnlikelyHeadsAreNotLikely: the glance never rejects what the look would
// take, and rejects most of what is random.
func TestUnlikelyHeadsAreNotLikely(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []func() byte{
		func() byte { return byte(r.Uint32()) },
		func() byte { return " \t\n\raz09\x7f\x80"[r.IntN(10)] },
		func() byte { return "\x00\x00\x00ab \x4e\x9f\x30\xff\x07"[r.IntN(11)] },
		func() byte { return "\x1f\x8b\x08\x78\x9c\x01PK\x03\x04BZh(\xb5/\xfd"[r.IntN(17)] },
		func() byte { return byte(r.IntN(0x22)) },
	}
	random, rejected, glanced := 0, 0, 0
	g := newGlances()
	for range 400_000 {
		h := make([]byte, 8+8*r.IntN(2)+r.IntN(2)*r.IntN(9))
		first, second := r.IntN(len(kinds)), r.IntN(len(kinds))
		for i := range h {
			h[i] = kinds[[]int{first, second}[r.IntN(2)]]()
		}
		unlikely := unlikelyHead(h)
		if unlikely && likelyHead(h) {
			t.Fatalf("%x is likely", h)
		}
		if len(h) != 16 {
			continue
		}
		glance := g.likely(binary.LittleEndian.Uint64(h), binary.LittleEndian.Uint64(h[8:]))
		if !glance && likelyHead(h) {
			t.Fatalf("%x is likely, but not at a glance", h)
		}
		if first == 0 && second == 0 {
			if !glance {
				glanced++
			}
			if random++; unlikely {
				rejected++
			}
		}
	}
	if rejected < random*3/4 || glanced < random*3/4 {
		t.Errorf("%d and %d of %d random heads are rejected", rejected, glanced, random)
	}
}

// TestMagicsHaveTheirFirstByte: what a format of this package begins with is
// seen at a glance.
func TestMagicsHaveTheirFirstByte(t *testing.T) {
	t.Parallel()
	for _, magic := range []string{"x\x9c", "\x1f\x8b\x08", "(\xb5/\xfd", "\xff\x06\x00\x00sNaPpY", "\x04\x22\x4d\x18", "BZh", "PK\x03\x04", "HTTP/1.",
		"bplist00", "SQLite format 3", "\xfd7zXZ\x00", "LZIP\x01", "\x89PNG\r\n"} {
		if !known([]byte(magic)) || !magicByte(magic[0]) {
			t.Errorf("%q is not known", magic)
		}
	}
}
