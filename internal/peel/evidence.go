package peel

import (
	"math"
	"sync"
	"unicode/utf8"
)

// A wrong key gives random bytes, and some of them read like text by chance.
// How often is known, so a decryption is judged by bits of evidence: the
// logarithm of how much likelier its signs are in text than among random
// bytes. Each reading is a model that gives every kind of sign a share; as
// the shares sum to one, random bytes reach n bits with a chance of 2⁻ⁿ at
// most (Ville's inequality), times the number of readings. A key that was one
// of n tried needs log2(n) bits to break even; see enough.
const (
	enough = 30 // 4096 keys tried on 1024 layers, and a margin of 256
	plenty = 48
	// wrong is the evidence of a byte that is no part of a text.
	wrong = -8
)

// sign is a kind of sign.
type sign int

const (
	signLetter sign = iota // a letter, digit, blank or line end of ASCII
	signOther              // another printable character of ASCII
	signHan                // a common character of the charset
	signRare               // another of its characters
	signWrong
	signCut // the end cuts it off
	signs
)

// reading is a charset and the evidence of its signs, in bits, for one or
// more kinds of text.
type reading struct {
	step   func(b []byte) (int, sign)
	models [][signs]float64
}

// readings of text. A bit is log2(share in text / share among random bytes):
// 67 of 256 bytes are letters, 31 others.
var readings = sync.OnceValue(func() []reading {
	return []reading{
		{signUTF8, [][signs]float64{
			{gain(0.91, 67./256), gain(0.07, 31./256), gain(0.01, 0.0019), gain(0.01, 0.01), wrong, 0},
			{gain(0.72, 67./256), gain(0.26, 31./256), gain(0.01, 0.0019), gain(0.01, 0.01), wrong, 0},
			{gain(0.27, 67./256), gain(0.12, 31./256), gain(0.57, 0.0019), gain(0.04, 0.01), wrong, 0},
		}},
		{signGB, [][signs]float64{
			{gain(0.55, 67./256), gain(0.24, 31./256), gain(0.20, 0.108), gain(0.01, 0.26), wrong, 0},
			{gain(0.20, 67./256), gain(0.10, 31./256), gain(0.65, 0.108), gain(0.05, 0.26), wrong, 0},
		}},
		{signWide, [][signs]float64{
			{gain(0.69, 67./65536), gain(0.26, 31./65536), gain(0.04, 0.3203), gain(0.01, 0.02), wrong, 0},
			{gain(0.12, 67./65536), gain(0.06, 31./65536), gain(0.80, 0.3203), gain(0.02, 0.02), wrong, 0},
		}},
	}
})

func gain(share, chance float64) float64 { return math.Log2(share / chance) }

// evidence returns the bits of evidence that b is text, in the reading that
// gives most.
func evidence(b []byte) float64 {
	if len(b) > 1024 {
		b = b[:1024]
	}
	best := math.Inf(-1)
	for _, r := range readings() {
		for _, bits := range r.sum(b) {
			best = max(best, bits)
		}
	}
	return best
}

// sum reads b once and returns the evidence by each model.
func (r *reading) sum(b []byte) []float64 {
	var counts [signs]int
	for len(b) > 0 {
		n, s := r.step(b)
		counts[s]++
		b = b[min(n, len(b)):]
	}
	out := make([]float64, len(r.models))
	for i := range r.models {
		for s, n := range counts {
			out[i] += float64(n) * r.models[i][s]
		}
	}
	return out
}

func signASCII(c byte) sign {
	switch {
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' || c == '\n' || c == '\t' || c == '\r':
		return signLetter
	case c >= 0x20 && c < 0x7f:
		return signOther
	}
	return signWrong
}

func signUTF8(b []byte) (int, sign) {
	if b[0] < 0x80 {
		return 1, signASCII(b[0])
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n <= 1:
		if len(b) < utf8.UTFMax && !utf8.FullRune(b) {
			return len(b), signCut
		}
		return 1, signWrong
	case n == 3 && common(r):
		return n, signHan
	case n == 2 && common(r) || n == 3 && r < 0x3100:
		return n, signRare
	}
	return n, signWrong
}

func signGB(b []byte) (int, sign) {
	if b[0] < 0x80 {
		return 1, signASCII(b[0])
	}
	if len(b) == 1 {
		return 1, signCut
	}
	switch n, w := stepGB(b); {
	case w >= 0.9:
		return n, signHan
	case w > 0:
		return n, signRare
	}
	return 1, signWrong
}

func signWide(b []byte) (int, sign) {
	if len(b) < 2 {
		return 1, signCut
	}
	r := rune(b[0]) | rune(b[1])<<8
	switch {
	case r < 0x80:
		return 2, signASCII(byte(r))
	case r >= 0x4e00 && r <= 0x9fff:
		return 2, signHan
	case common(r) && (r < 0xac00 || r >= 0xd7a4):
		return 2, signRare
	}
	return 2, signWrong
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
