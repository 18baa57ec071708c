package peel

import (
	"fmt"
	"math"
)

// codebook looks for equal aligned blocks in what looks like ciphertext: a
// codebook mode shows equal blocks of text as equal blocks of ciphertext.
// It returns what it saw, or nothing.
func codebook(b []byte, shape Shape) string {
	if len(b) < 48 || len(b)%8 != 0 || len(b) > 1<<20 || shape.Printable > 0.75 {
		return ""
	}
	for _, size := range []int{16, 8} {
		if len(b)%size != 0 {
			continue
		}
		if n, distinct := repeats(b, size); n*size >= repeatLeast && noise(distinct) {
			return fmt.Sprintf("%d of %d blocks of %d bytes repeat", n, len(b)/size, size)
		}
	}
	return ""
}

// repeatLeast is how many bytes must repeat: eight do now and then in formats.
const repeatLeast = 16

// repeats counts the blocks that came before, and returns each block once.
func repeats(b []byte, size int) (int, []byte) {
	seen := map[string]bool{}
	var distinct []byte
	n := 0
	for i := 0; i+size <= len(b); i += size {
		block := b[i : i+size]
		if seen[string(block)] {
			if !various(block) {
				return 0, nil
			}
			n++
			continue
		}
		seen[string(block)] = true
		distinct = append(distinct, block...)
	}
	return n, distinct
}

// various reports whether a block has as many different bytes as a cipher's
// output has nearly always.
func various(block []byte) bool {
	seen := map[byte]bool{}
	for _, c := range block {
		seen[c] = true
	}
	return len(seen) >= len(block)*2/3
}

// noise reports whether b could be the output of a cipher: the bytes are
// spread as evenly as chance allows for so many.
func noise(b []byte) bool {
	if len(b) < 24 {
		return false
	}
	shape := ShapeOf(b)
	n := math.Min(float64(len(b)), shapeSample)
	// Expected entropy of n random bytes (Miller-Madow), less three tenths.
	expect := math.Min(8-255/(2*n*math.Ln2), math.Log2(n)-0.1) - 0.3
	spread := 4 * 0.5 / math.Sqrt(n)
	return shape.Entropy >= expect && math.Abs(shape.High-0.5) < spread
}
