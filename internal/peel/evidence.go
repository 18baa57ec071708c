package peel

import (
	"math"
	"unicode/utf8"
)

// A wrong key gives random bytes, and some of them read like text by chance.
// How often is known, so a decryption is judged by bits of evidence: the
// negative logarithm of the chance that random bytes read as well. A key
// that was one of n tried needs log2(n) bits to break even; see enough.

// Bits of evidence of one sign, given that random bytes are even.
const (
	bitsLetter = 2.0 // 64 letters, digits, blanks and line ends of 256
	bitsOther  = 1.4 // 95 printable characters and line ends of 256
	bitsGB     = 3.3 // 6768 characters of GB 2312 of 65536
	bitsUTF2   = 4.0 // two bytes of UTF-8 in a script of messages
	bitsHan    = 9.5 // three bytes of UTF-8 that are a Han character
	bitsUTF3   = 6.0 // three bytes of other UTF-8
	bitsWide   = 9.5 // a printable ASCII character in UTF-16
	bitsWrong  = -8  // a byte that is no part of a text
	enough     = 30  // 4096 keys tried on 1024 layers, and a margin of 256
	plenty     = 48
)

// evidence returns the bits of evidence that b is text, in the charset that
// gives most.
func evidence(b []byte) float64 {
	if len(b) > 1024 {
		b = b[:1024]
	}
	return math.Max(sum(b, evidenceUTF8), math.Max(sum(b, evidenceGB), sum(b, evidenceWide)))
}

func sum(b []byte, step func([]byte) (int, float64)) float64 {
	total := 0.0
	for len(b) > 0 {
		n, bits := step(b)
		total += bits
		b = b[min(n, len(b)):]
	}
	return total
}

func evidenceASCII(c byte) float64 {
	switch weighASCII(c) {
	case 1:
		return bitsLetter
	case 0:
		return bitsWrong
	}
	return bitsOther
}

func evidenceUTF8(b []byte) (int, float64) {
	if b[0] < 0x80 {
		return 1, evidenceASCII(b[0])
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n <= 1:
		if len(b) < utf8.UTFMax && !utf8.FullRune(b) {
			return len(b), 0 // cut by the end
		}
		return 1, bitsWrong
	case n == 3 && r >= 0x4e00 && r <= 0x9fff:
		return n, bitsHan
	case n == 3 && common(r):
		return n, bitsUTF3 + 2
	case n == 3:
		return n, bitsUTF3 / 2
	case n == 2 && common(r):
		return n, bitsUTF2
	}
	return n, 0
}

func evidenceGB(b []byte) (int, float64) {
	if b[0] < 0x80 {
		return 1, evidenceASCII(b[0])
	}
	switch n, w := stepGB(b); {
	case w >= 0.9:
		return n, bitsGB
	case w > 0:
		return n, 0
	}
	return 1, bitsWrong
}

func evidenceWide(b []byte) (int, float64) {
	if len(b) < 2 {
		return 1, 0
	}
	r := rune(b[0]) | rune(b[1])<<8
	switch {
	case r < 0x80 && weighASCII(byte(r)) > 0:
		return 2, bitsWide
	case r >= 0x4e00 && r <= 0x9fff:
		return 2, 1.6
	case common(r):
		return 2, 2
	}
	return 2, bitsWrong
}

// belief turns bits of evidence into a score: 0 below what chance explains.
func belief(bits float64) float64 {
	switch {
	case bits < enough:
		return 0
	case bits >= plenty:
		return 0.95
	}
	return 0.6 + 0.35*(bits-enough)/(plenty-enough)
}
