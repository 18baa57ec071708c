package peel

import (
	"math"
	"unicode/utf8"
)

// Shape is what the bytes look like at a glance. It is measured on the first
// 64 KiB.
type Shape struct {
	// Printable is the share of printable ASCII, tab and line ends.
	Printable float64
	// UTF8 says that the bytes are valid UTF-8 without control characters.
	UTF8 bool
	// Entropy in bits a byte.
	Entropy float64
	// High is the share of bytes from 0x80.
	High float64
}

const shapeSample = 64 << 10

// ShapeOf measures b.
func ShapeOf(b []byte) Shape {
	if len(b) > shapeSample {
		b = b[:shapeSample]
	}
	if len(b) == 0 {
		return Shape{}
	}
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	var s Shape
	control := 0
	for c, n := range counts {
		share := float64(n) / float64(len(b))
		if n > 0 {
			s.Entropy -= share * math.Log2(share)
		}
		switch {
		case c >= 0x80:
			s.High += share
		case isText(byte(c)):
			s.Printable += share
		default:
			control += n
		}
	}
	s.UTF8 = control == 0 && validPrefix(b)
	return s
}

// Text reports whether the bytes can be read as they are.
func (s Shape) Text() bool { return s.UTF8 || s.Printable > 0.97 }

// ascii reports whether all bytes are printable ASCII.
func (s Shape) ascii() bool { return s.Printable > 0.9999 }

func isText(c byte) bool { return c >= 0x20 && c < 0x7f || c == '\n' || c == '\r' || c == '\t' }

// validPrefix is utf8.Valid, except that the last rune may be cut.
func validPrefix(b []byte) bool {
	if utf8.Valid(b) {
		return true
	}
	for cut := 1; cut < utf8.UTFMax && cut < len(b); cut++ {
		if head, tail := b[:len(b)-cut], b[len(b)-cut:]; !utf8.FullRune(tail) && utf8.Valid(head) {
			return true
		}
	}
	return false
}

// Plausible scores in 0..1 how much b reads like text that people or
// programs write: ASCII, UTF-8, GB18030's common characters or UTF-16LE. It
// is the mean of the signs' weights; random bytes give about 0.3, and the
// first bytes of a text as little as a block suffice.
func Plausible(b []byte) float64 {
	if len(b) == 0 {
		return 0
	}
	best := weigh(b, stepUTF8)
	if best < 0.95 {
		best = max(best, weigh(b, stepGB), weigh(b, stepUTF16))
	}
	return best
}

// weigh sums over the signs of b; step returns the length and the weight of
// the sign at the front.
func weigh(b []byte, step func([]byte) (int, float64)) float64 {
	sum := 0.0
	total := len(b)
	for len(b) > 0 {
		n, weight := step(b)
		n = min(n, len(b))
		sum += weight * float64(n)
		b = b[n:]
	}
	return sum / float64(total)
}

// weighASCII: letters, digits and blanks are likelier than punctuation, and
// both than control characters.
func weighASCII(c byte) float64 {
	switch {
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' || c == '\n' || c == '\t' || c == '\r':
		return 1
	case c >= 0x20 && c < 0x7f:
		return 0.85
	}
	return 0
}

func stepUTF8(b []byte) (int, float64) {
	if b[0] < 0x80 {
		return 1, weighASCII(b[0])
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n == 1:
		if !utf8.FullRune(b) && len(b) < utf8.UTFMax {
			return len(b), 0.7 // cut by the end
		}
		return 1, 0
	case common(r):
		return n, 1
	case r >= 0xa0 && r < 0x3000:
		return n, 0.6
	}
	return n, 0.4
}

// common reports whether r belongs to a script that messages are written in.
func common(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3000 && r < 0x3100 || r >= 0xac00 && r < 0xd7a4 ||
		r >= 0xff00 && r < 0xff60 || r >= 0x2010 && r <= 0x2026 || r >= 0x400 && r < 0x530 || r >= 0xc0 && r < 0x180
}

func stepGB(b []byte) (int, float64) {
	switch {
	case b[0] < 0x80:
		return 1, weighASCII(b[0])
	case len(b) == 1:
		return 1, 0.5
	case b[0] >= 0xb0 && b[0] <= 0xf7 && b[1] >= 0xa1 && b[1] != 0xff:
		return 2, 1
	case b[0] >= 0xa1 && b[0] <= 0xa3 && b[1] >= 0xa1 && b[1] != 0xff:
		return 2, 0.9
	case b[0] >= 0x81 && b[0] != 0xff && b[1] >= 0x40 && b[1] != 0x7f && b[1] != 0xff:
		return 2, 0.3
	}
	return 1, 0
}

func stepUTF16(b []byte) (int, float64) {
	if len(b) == 1 {
		return 1, 0
	}
	r := rune(b[0]) | rune(b[1])<<8
	switch {
	case r < 0x80:
		return 2, weighASCII(byte(r)) * 0.98
	case r >= 0x4e00 && r <= 0x9fff:
		return 2, 0.75 // one in three random pairs is a Han character
	}
	return 2, 0
}

// readable reports whether b as a whole is text by Plausible.
func readable(b []byte) bool {
	if len(b) > 512 && Plausible(b[:256]) < 0.7 {
		return false
	}
	if len(b) > 4096 {
		b = b[:4096]
	}
	return Plausible(b) > 0.9
}
