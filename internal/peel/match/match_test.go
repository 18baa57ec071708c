package match_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"example.org/telltale/internal/peel/match"
)

// needles are random texts, as canaries are, some with a common beginning.
func needles(r *rand.Rand, n int) []match.Needle {
	var out []match.Needle
	for i := range n {
		text := ""
		if i%3 == 0 {
			text = "common beginning "
		}
		for range 8 + r.IntN(8) {
			text += string(rune('a' + r.IntN(26)))
		}
		if i%5 == 0 {
			text += "竹米羊牛果花"
		}
		out = append(out, match.Needle{Probe: fmt.Sprint(i), Text: text})
	}
	return out
}

func TestFindsWhatIsThereAndNothingElse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	ns := needles(r, 2000)
	set := match.Compile(ns)
	for round := range 200 {
		b := make([]byte, r.IntN(400))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		form := append([]string{match.UTF8}, match.Charsets()...)[round%4]
		n := r.IntN(len(ns))
		if set.Has(b) {
			t.Fatalf("round %d: a hit in random bytes", round)
		}
		written := match.Encode(ns[n].Text, form)
		if string(written) == ns[n].Text {
			form = match.UTF8 // the charset changes nothing
		}
		at := r.IntN(len(b) + 1)
		b = slices.Insert(b, at, written...)
		hits := set.Find(b, 0)
		want := match.Hit{Needle: n, Form: form, At: at, Len: len(written)}
		if !slices.Contains(hits, want) {
			t.Errorf("round %d: %+v is not among %+v", round, want, hits)
		}
		if set.Has(append(bytes.Clone(b[:at+len(written)-1]), ^b[at+len(written)-1])) {
			t.Errorf("round %d: a needle with its last byte wrong is found", round)
		}
	}
}

func TestEqualNeedlesAreAllReported(t *testing.T) {
	t.Parallel()
	set := match.Compile([]match.Needle{{Probe: "a", Text: "kvqzjxmn"}, {Probe: "b", Text: "kvqzjxmn"}})
	if got := set.Find([]byte("..kvqzjxmn"), 0); len(got) != 2 || got[0].Needle == got[1].Needle {
		t.Errorf("hits %+v, want both needles", got)
	}
}

func TestShortNeedlesAreNotLookedFor(t *testing.T) {
	t.Parallel()
	if !match.Compile([]match.Needle{{Text: "ab"}, {Text: ""}}).Empty() {
		t.Error("two letters are looked for")
	}
}

func TestLagSeesThroughARepeatingKey(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	ns := needles(r, 500)
	for n := 1; n <= 8; n++ {
		b := []byte("in front of it " + ns[7].Text + ns[7].Text + " and behind")
		key := make([]byte, n)
		for i := range key {
			key[i] = byte(r.IntN(256))
		}
		for i := range b {
			b[i] ^= key[i%n]
		}
		hits := match.Lag(ns, n).Find(match.Shear(b, n), 0)
		if len(ns[7].Text) >= 2*n && len(ns[7].Text)-n >= match.MinLen && !slices.ContainsFunc(hits, func(h match.Hit) bool { return h.Needle == 7 && h.At == 15 }) {
			t.Errorf("key of %d bytes: hits %+v", n, hits)
		}
	}
	if match.Lag(ns, 2).Has(make([]byte, 500)) {
		t.Error("a hit in constant bytes")
	}
}

func BenchmarkScan(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	data := make([]byte, 8<<20)
	for i := range data {
		data[i] = byte(' ' + r.IntN(90))
	}
	for _, n := range []int{1, 1000} {
		set := match.Compile(needles(r, n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if set.Has(data) {
					b.Fatal("a hit in random bytes")
				}
			}
		})
	}
}
