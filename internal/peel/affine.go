package peel

import (
	"bytes"

	"example.org/telltale/internal/peel/match"
)

// affinePeeler derives keys of the affine cipher over bytes, c = p·a + b
// modulo 256 with an odd a. The difference of neighbours does not depend on
// b, so for each a one pass over the differences finds every place where a
// known text may stand. The key is the two bytes a, b; the coat is "affine".
type affinePeeler struct{}

func (affinePeeler) Name() string { return "affine" }

const (
	// affineBytes is the most that is looked through: 127 passes are slow.
	affineBytes = 64 << 10
	// affineLeast is the shortest known text in bytes. It leaves 2⁻⁵⁶ for a
	// chance hit at one place with one key.
	affineLeast = 8
)

func (affinePeeler) Peel(in Input) []Candidate {
	if in.Cribs == nil || !in.enciphered() || len(in.Bytes) < affineLeast || len(in.Bytes) > affineBytes {
		return nil
	}
	set := in.Cribs.steps()
	if set.Empty() {
		return nil
	}
	var out []Candidate
	steps := differences(in.Bytes)
	scaled := make([]byte, len(steps))
	for a := 3; a < 256 && in.Context.Err() == nil && len(out) < cipherLimit; a += 2 {
		inverse := inverseOf(byte(a))
		for i, d := range steps {
			scaled[i] = d * inverse
		}
		if !set.Has(scaled) {
			continue
		}
		for _, hit := range set.Find(scaled, 8) {
			plain := in.Cribs.stepTexts[hit.Needle]
			key := []byte{byte(a), in.Bytes[hit.At] - plain[0]*byte(a)}
			if p := openAffine(key, in.Bytes); bytes.Equal(p[hit.At:hit.At+len(plain)], plain) {
				out = append(out, Candidate{Coats: []string{"affine"}, Bytes: p, Score: 0.97, Key: &Key{key, SourceDerived}, Whole: true})
			}
		}
	}
	return bestBids(out)
}

// differences of neighbouring bytes; one fewer than b.
func differences(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	out := make([]byte, len(b)-1)
	for i := range out {
		out[i] = b[i+1] - b[i]
	}
	return out
}

// inverseOf an odd a modulo 256 (Newton's iteration doubles the right bits).
func inverseOf(a byte) byte {
	x := a // right in three bits
	x *= 2 - a*x
	return x * (2 - a*x)
}

// openAffine takes the cipher off; the key is the factor and the summand.
func openAffine(key, b []byte) []byte {
	out := make([]byte, len(b))
	if len(key) != 2 {
		return out
	}
	inverse := inverseOf(key[0])
	for i, c := range b {
		out[i] = (c - key[1]) * inverse
	}
	return out
}

// stepSet compiles the differences of known texts, and returns the texts in
// the order of its needles. Texts whose differences repeat would fit
// constant bytes and slopes.
func stepSet(known []Needle) (*match.Set, [][]byte) {
	var needles []Needle
	var plain [][]byte
	seen := map[string]bool{}
	for _, n := range known {
		for _, form := range append([]string{match.UTF8}, match.Charsets()...) {
			b := match.Encode(n.Text, form)
			if len(b) < affineLeast || seen[string(b)] || monotonous(b) {
				continue
			}
			seen[string(b)] = true
			needles = append(needles, Needle{Text: string(differences(b))})
			plain = append(plain, b)
		}
	}
	return match.CompileExact(needles), plain
}

// monotonous reports whether fewer than four different differences stand
// between neighbours.
func monotonous(b []byte) bool {
	var seen [4]uint64
	count := 0
	for i := 1; i < len(b); i++ {
		d := b[i] - b[i-1]
		if seen[d>>6]&(1<<(d&63)) == 0 {
			seen[d>>6] |= 1 << (d & 63)
			count++
		}
	}
	return count < 4
}
