package peel

import "encoding/binary"

// schedules finds AES keys whose round keys stand behind them, as they do in
// memory and in programs that were given them ready-made (FIPS 197, 5.2).
func (c *candidates) schedules() {
	for at := 0; at+176 <= len(c.file); at += 4 {
		for _, words := range []int{4, 8} {
			if c.expands(at, words) {
				key := c.file[at : at+4*words]
				k := KeyCandidate{Key: key, Offset: at, Form: "raw", Entropy: shannon(key), Fits: fitting(len(key))[:1], Score: 1}
				k.Reasons = []string{"its AES round keys stand behind it"}
				c.add(k)
			}
		}
	}
}

// expands reports whether the words behind a key are its first round keys.
func (c *candidates) expands(at, n int) bool {
	b := c.file[at:]
	if len(b) < 4*(3*n+4) || b[0] == b[1] && b[1] == b[2] && b[2] == b[3] {
		return false
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	// The plain words are cheap to check and nearly never right by chance.
	for i := n + 1; i < 2*n; i++ {
		if i%n == 4 && n == 8 {
			continue
		}
		if word(i) != word(i-n)^word(i-1) {
			return false
		}
	}
	return expandedWith(b[:4*n], word(n))
}

// expandedWith reports whether a word is the first of a key's expansion.
func expandedWith(key []byte, first uint32) bool {
	last := key[len(key)-4:]
	turned := [4]byte{last[1], last[2], last[3], last[0]}
	for i := range turned {
		turned[i] = sbox(turned[i])
	}
	turned[0] ^= 1
	return first == binary.BigEndian.Uint32(turned[:])^binary.BigEndian.Uint32(key)
}

// sbox is the substitution of AES: the inverse in GF(2⁸), then an affine map
// (FIPS 197, 5.1.1). It is asked so rarely that a table would not pay.
func sbox(c byte) byte {
	inverse := byte(0)
	for d := 1; d < 256 && c != 0; d++ {
		if times(c, byte(d)) == 1 {
			inverse = byte(d)
			break
		}
	}
	out := byte(0x63)
	for shift := range 5 {
		out ^= inverse<<shift | inverse>>(8-shift)
	}
	return out
}

// times multiplies in GF(2⁸) with the polynomial of AES.
func times(a, b byte) byte {
	var out byte
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			out ^= a
		}
		high := a & 0x80
		if a <<= 1; high != 0 {
			a ^= 0x1b
		}
	}
	return out
}
