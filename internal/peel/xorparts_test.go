package peel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestKeysLongerThanHalfTheText: found in messages that are long enough to
// confirm them, and not in those that hold the text with one sign changed.
func TestKeysLongerThanHalfTheText(t *testing.T) {
	t.Parallel()
	const text = "kvqzjxmnwbtrpd"
	words := strings.Fields("engine until still friend library dance dream jacket ladder autumn clock south 2024 report =1 yes; never Mind the {gap}")
	opened := 0
	const rounds = 60
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 9))
		var b strings.Builder
		for b.Len() < 900 {
			fmt.Fprint(&b, words[r.IntN(len(words))], " ")
		}
		from := r.IntN(800)
		for _, changed := range []int{-1, 7, 6, 5} {
			said := []byte(text)
			if changed >= 0 {
				said[changed] ^= byte(1 + r.IntN(20))
			}
			key := noiseBytes(seed, 8)
			in := scanInput(openXOR(key, []byte(b.String()[:from]+string(said)+b.String()[from:])))
			in.Cribs = NewCribs([]Needle{{Text: text, Probe: "1"}}, nil)
			got := xorPeeler{}.Peel(in)
			switch {
			case changed >= 0 && len(got) > 0:
				t.Errorf("seed %d: the text with sign %d changed opens with key %x, it is %x", seed, changed, got[0].Key.Bytes, key)
			case changed < 0 && len(got) > 0 && string(got[0].Key.Bytes) == string(key):
				opened++
			}
		}
	}
	if opened < rounds*9/10 {
		t.Errorf("%d of %d opened", opened, rounds)
	}
}
