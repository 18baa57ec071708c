package peel

import (
	"encoding/binary"
	"math/bits"
)

// A wrong key is told by the first bytes of what it gives: a text has no
// control characters, but for the zeros of UTF-16; a stream has its magic.

// isControl reports a byte that stands in no text.
func isControl(c byte) bool {
	return c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f
}

// controls reports whether b holds a byte that stands in no text.
func controls(b []byte) bool {
	for _, c := range b {
		if isControl(c) {
			return true
		}
	}
	return false
}

// likelyHead rejects most random blocks at once.
func likelyHead(h []byte) bool {
	if controls(h) {
		return likelyMarked(h)
	}
	return readsUTF8(h) || readsGB(h)
}

// Of a head without control characters a quarter may be no text. Here that is
// counted in twentieths of a byte, as Plausible weighs.
const twentieths = 20

// readsUTF8 reports whether a head reads like UTF-8.
func readsUTF8(h []byte) bool {
	left := twentieths * len(h) / 4
	for i := 0; i < len(h); {
		c := h[i]
		switch n := i + 1; {
		case c < 0x80:
			left -= strange(c)
		case i == 0 && c < 0xc0: // the end of a character
		case c >= 0xe2 && c <= 0xef && follows(h, n, 2):
			i += 2
		case c >= 0xc3 && c <= 0xdf && follows(h, n, 1):
			i++
		default:
			left -= twentieths
		}
		if i++; left < 0 {
			return false
		}
	}
	return true
}

// strange is what a sign of ASCII is less than a letter.
func strange(c byte) int {
	if (c|0x20)-'a' < 26 || c-'0' < 10 || c <= ' ' || c >= 0x7f {
		return 0
	}
	return 3
}

// follows reports whether n bytes from at continue a character of UTF-8, as
// far as the bytes go.
func follows(h []byte, at, n int) bool {
	for ; n > 0 && at < len(h); at, n = at+1, n-1 {
		if h[at]&0xc0 != 0x80 {
			return false
		}
	}
	return true
}

// readsGB reports whether a head reads like GB 18030, or another charset of
// two bytes a character.
func readsGB(h []byte) bool {
	left := twentieths * len(h) / 4
	for i := 0; i < len(h); i++ {
		c := h[i]
		if c < 0x80 {
			left -= strange(c)
		} else if i+1 < len(h) {
			i++
			switch d := h[i]; {
			case c >= 0xa1 && c <= 0xf7 && d >= 0xa1 && d != 0xff:
			case c != 0x80 && c != 0xff && d >= 0x40 && d != 0x7f && d != 0xff:
				left -= 2 * twentieths * 7 / 10
			default:
				left -= 2 * twentieths
			}
		}
		if left < 0 {
			return false
		}
	}
	return true
}

// unlikelyHead rejects, of heads of eight bytes or more, only what likelyHead
// rejects too, and most of that at a glance: a byte stands in no text, and
// there are neither the zeros of UTF-16 nor a magic nor Han characters.
func unlikelyHead(h []byte) bool {
	x := binary.LittleEndian.Uint64(h)
	bad, zeros := badBytes(x), bits.OnesCount64(zeroBytes(x))
	if len(h) >= 16 {
		y := binary.LittleEndian.Uint64(h[8:])
		bad |= badBytes(y)
		zeros += bits.OnesCount64(zeroBytes(y))
	}
	if bad == 0 || zeros > 0 && (zeros >= len(h)/2-1 || len(h) != 8 && len(h) != 16) {
		return false
	}
	return !hanBytes(x) && !hanBytes(x>>8) && !known(h)
}

// glances is unlikelyHead, the other way round, for sixteen bytes in two words
// and without branches, of which random bytes would take either way.
type glances [256]uint8

const (
	glanceMagic = 1 << iota // a format may begin with it
	glanceHan               // see hanBytes
)

func newGlances() *glances {
	g := &glances{}
	for i := range g {
		if magicByte(byte(i)) {
			g[i] |= glanceMagic
		}
		if hanByte(byte(i)) {
			g[i] |= glanceHan
		}
	}
	return g
}

// magicByte reports whether what is known may begin with c.
func magicByte(c byte) bool {
	switch c {
	case 'x', 0x1f, 0x28, 0xff, 0x04, 'B', 'P', 'H', 'b', 'S', 'L', 0x89, 0xfd:
		return true
	}
	return false
}

// likely reports whether x and y, in little-endian order, may be a head.
func (g *glances) likely(x, y uint64) bool {
	bad := badBytes(x) | badBytes(y)
	zeros := bits.OnesCount64(zeroBytes(x)) + bits.OnesCount64(zeroBytes(y))
	even := g[byte(x)] & g[byte(x>>16)] & g[byte(x>>32)] & g[byte(x>>48)]
	odd := g[byte(x>>8)] & g[byte(x>>24)] & g[byte(x>>40)] & g[byte(x>>56)]
	rare := (even|odd)&glanceHan | g[byte(x)]&glanceMagic | uint8((zeros+9)>>4)
	return uint64(rare)|(bad-1)>>63&^(bad>>63) != 0
}

const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
	lowBits  = 0x7f * eachByte
)

// zeroBytes marks the bytes that are zero, by their highest bits.
func zeroBytes(x uint64) uint64 { return ^(x&lowBits + lowBits | x) & highBits }

// badBytes marks the bytes below 0x20 that are neither tabs nor line ends.
func badBytes(x uint64) uint64 {
	v := x & lowBits
	low := ^(v + 0x60*eachByte | x) & highBits
	return low & (v ^ '\t'*eachByte + lowBits) & (v ^ '\n'*eachByte + lowBits) & (v ^ '\r'*eachByte + lowBits)
}

// hanBytes: every second byte of the first three pairs may be the high one of
// a Han character, or of what stands among them.
func hanBytes(x uint64) bool {
	for range 3 {
		if !hanByte(byte(x)) {
			return false
		}
		x >>= 16
	}
	return true
}

func hanByte(c byte) bool { return c >= 0x4e && c <= 0x9f || c == 0x30 || c == 0xff || c == 0 }

// likelyMarked: the magic of a stream, or UTF-16.
func likelyMarked(h []byte) bool {
	if len(h) < 2 {
		return false
	}
	if known(h) {
		return true
	}
	if h[0] != 0 && h[1] != 0 { // not UTF-16 of ASCII in front
		return (h[0] >= 0x4e && h[0] <= 0x9f || h[1] >= 0x4e && h[1] <= 0x9f) && likelyHan(h)
	}
	zeros, control := 0, 0
	for _, c := range h {
		if c == 0 {
			zeros++
		} else if isControl(c) {
			control++
		}
	}
	return zeros >= len(h)/2-1 && control == 0 && likelyWide(h) || likelyHan(h)
}

// likelyText: no control characters, or the magic of a stream, or the zeros
// of UTF-16.
func likelyText(h []byte) bool {
	wrong, zeros := 0, 0
	for _, c := range h {
		if isControl(c) {
			wrong++
		}
		if c == 0 {
			zeros++
		}
	}
	return wrong == 0 || len(h) > 1 && (h[0] == 0x1f && h[1] == 0x8b || h[0] == 0x78) || zeros > 0 && wrong <= len(h)/2 || likelyHan(h)
}

// likelyHan: Han characters and ASCII in either order of UTF-16.
func likelyHan(h []byte) bool {
	if len(h) < 8 {
		return false
	}
	for first := range 2 {
		ok := true
		for i := first; ok && i < len(h)&^1; i += 2 {
			c := h[i]
			ok = c >= 0x4e && c <= 0x9f || c == 0 && isText(h[i^1]) || c == 0x30 || c == 0xff
		}
		if ok {
			return true
		}
	}
	return false
}

// likelyWide: ASCII in either order of UTF-16.
func likelyWide(h []byte) bool {
	odd, even := 0, 0
	for i, c := range h {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	return odd >= len(h)/2-1 && even <= 1 || even >= len(h)/2-1 && odd <= 1
}

// likelyStart is likelyHead for the first bytes of a longer text.
func likelyStart(b []byte) bool {
	if len(b) > probeHead {
		b = b[:probeHead]
	}
	return known(b) || Plausible(b) > 0.8 || len(b) >= 8 && likelyHan(b[:len(b)&^1])
}
