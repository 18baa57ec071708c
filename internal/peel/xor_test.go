package peel

import "testing"

// TestSwappedHalvesAreNoXOR: the two halves of a text, the other way round and
// amid other words, differ as the text does, but nothing was enciphered.
func TestSwappedHalvesAreNoXOR(t *testing.T) {
	t.Parallel()
	const text = "j4k4u2yrfd25na"
	words := "engine until still friend library dance dream jacket ladder "
	for _, b := range []string{words + text[7:] + text[:7] + " autumn clock south", text[7:] + text[:7], words + text[7:] + text[:7]} {
		in := scanInput([]byte(b))
		in.Cribs = NewCribs([]Needle{{Text: text, Probe: "1"}}, nil)
		if got := (xorPeeler{}).Peel(in); len(got) > 0 {
			t.Errorf("%q: opened with key %x", b, got[0].Key.Bytes)
		}
	}
}
