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

// likelyByte: a sign that texts begin with, or part of one.
func likelyByte(c byte) bool { return !isControl(c) }

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
	if signASCII(c) == signOther {
		return 3
	}
	return 0
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

// unlikelyHead rejects what likelyHead does, most of it at a glance: eight
// bytes or more in which one stands in no text, and that neither have a zero
// byte nor a magic nor Han characters in UTF-16 in front.
func unlikelyHead(h []byte) bool {
	x := binary.LittleEndian.Uint64(h)
	marks := lowBytes(x)
	if marks == 0 {
		if len(h) < 16 {
			return false
		}
		y := binary.LittleEndian.Uint64(h[8:])
		if marks = lowBytes(y); marks == 0 {
			return false
		}
	}
	if bits.OnesCount64(marks) <= 2 && !controls(h) { // line ends
		return false
	}
	if (x-0x0101010101010101)&^x&0x8080808080808080 != 0 { // a zero byte
		return false
	}
	return !known(h) && !hanBytes(x) && !hanBytes(x>>8)
}

// lowBytes marks the bytes below 0x20, and now and then one above such a byte.
func lowBytes(x uint64) uint64 { return (x - 0x2020202020202020) &^ x & 0x8080808080808080 }

// hanBytes: every second byte of the first four pairs may be the high one of
// a Han character, or of what stands among them.
func hanBytes(x uint64) bool {
	for range 3 {
		if c := byte(x); (c < 0x4e || c > 0x9f) && c != 0x30 && c != 0xff {
			return false
		}
		x >>= 16
	}
	return true
}

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
