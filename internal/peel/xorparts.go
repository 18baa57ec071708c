package peel

import (
	"math"

	"example.org/telltale/internal/peel/match"
)

// Where a key is longer than half of the known text, but shorter than it by
// match.MinLen, the text gives the whole key and confirms only a part of it.
// The bytes of the key that it does not confirm must be the best for the other
// text that they make, by far.

// partMargin is by how many bits. A wrong byte, as of a text that is nearly the
// known one, is that much better than the right one with chance 2⁻¹⁶.
const partMargin = 16

// partLeast is how many times the key must stand in the message.
const partLeast = 8

// partKnown is the most known texts that this is tried with.
const partKnown = 256

// partKeys are the keys of n bytes that a text confirms in part and the rest of
// the message does.
func (in Input) partKeys(n int) []Candidate {
	if in.Shape.Text() || len(in.Bytes) < partLeast*n || len(in.Cribs.known) > partKnown {
		return nil
	}
	set := in.Cribs.parts[n]()
	if set.Empty() {
		return nil
	}
	var out []Candidate
	for _, hit := range set.Find(match.Shear(in.Bytes, n), 64) {
		text := in.Cribs.known[hit.Needle].Text
		key := repeating(in.Bytes, hit, n, text)
		if key == nil {
			continue
		}
		hit.Len += n // that of the text, not of its differences
		plain := openXOR(key, in.Bytes)
		if !readable(plain) || evidence(plain) < plenty || evidence(in.Bytes) > 0 || !confirmed(plain, hit, n) {
			continue
		}
		out = append(out, Candidate{Coats: []string{"xor"}, Bytes: plain, Score: 0.97, Key: &Key{key, SourceDerived}, Whole: true})
	}
	return out
}

// confirmed reports whether no other byte of the key comes near to those that
// the text alone speaks for.
func confirmed(plain []byte, hit match.Hit, n int) bool {
	bits := signBits(plain, hit, n)
	for j := hit.Len - n; j < n; j++ {
		var sums [256]float64
		for i := (hit.At + j) % n; i < len(plain); i += n {
			if i >= hit.At && i < hit.At+hit.Len {
				continue
			}
			for x := range sums {
				sums[x] += bits[plain[i]^byte(x)]
			}
		}
		for _, sum := range sums[1:] {
			if sums[0] < sum+partMargin {
				return false
			}
		}
	}
	return true
}

// signBits are the logarithms of how frequent each byte is in the part of a
// plaintext whose key is confirmed, outside of the known text: half by itself,
// half by its kind, and a little for all.
func signBits(plain []byte, hit match.Hit, n int) *[256]float64 {
	var counts [256]float64
	var kinds [signWrong + 1]float64
	var size [signWrong + 1]float64
	all := 0.0
	for i, c := range plain {
		if j := ((i-hit.At)%n + n) % n; j >= hit.Len-n || i >= hit.At && i < hit.At+hit.Len {
			continue
		}
		counts[c]++
		kinds[byteKind(c)]++
		all++
	}
	for c := range 256 {
		size[byteKind(byte(c))]++
	}
	bits := &[256]float64{}
	for c := range bits {
		k := byteKind(byte(c))
		p := 0.02 / 256
		if all > 0 {
			p += (0.49*counts[c] + 0.49*kinds[k]/size[k]) / all
		}
		bits[c] = math.Log2(p)
	}
	return bits
}

// byteKind sorts bytes by themselves: letters, other signs, high bytes, and
// what stands in no text.
func byteKind(c byte) sign {
	if c >= 0x80 {
		return signHan
	}
	return signASCII(c)
}
