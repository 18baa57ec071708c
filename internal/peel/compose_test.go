package peel_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/peel/match"
)

// composition is a canary under a few coats.
type composition struct {
	canary string
	// names of the coats, outermost first, with the charset last.
	names   []string
	bytes   []byte
	ciphers int
}

const hanSigns = "竹米羊牛花山水火木金土日月雨雪春秋"
const hangulSigns = "가나다라마바사아자차카타파하"

func word(r *rand.Rand, signs string, n int) string {
	runes := []rune(signs)
	var out strings.Builder
	for range n {
		out.WriteRune(runes[r.IntN(len(runes))])
	}
	return out.String()
}

// sentence is a few words around a canary.
func sentence(r *rand.Rand, signs, canary string) string {
	var out []string
	for range r.IntN(14) {
		out = append(out, word(r, signs, 2+r.IntN(7)))
	}
	out = slices.Insert(out, r.IntN(len(out)+1), canary)
	return strings.Join(out, " ")
}

// compose draws a charset and 2 to 4 coats.
func compose(r *rand.Rand, all []coat) composition {
	const latin = "abcdefghijklmnopqrstuvwxyz"
	c := composition{}
	signs, charset := latin, "utf-8"
	if r.IntN(2) == 0 {
		signs = hanSigns
		charset = []string{"utf-8", "utf-8", "gb18030", "utf-16le", "utf-16be", "big5", "shift-jis"}[r.IntN(7)]
		if r.IntN(8) == 0 {
			signs, charset = hangulSigns, []string{"utf-8", "euc-kr"}[r.IntN(2)]
		}
		c.canary = word(r, signs, 5+r.IntN(5))
	} else {
		c.canary = word(r, latin, 10+r.IntN(5))
	}
	seen := match.Encode(c.canary, charset)
	c.bytes = match.Encode(sentence(r, signs, c.canary), charset)
	c.names = []string{charset}
	var last coat
	for left := 2 + r.IntN(3); left > 0; left-- {
		for range 200 {
			next := all[r.IntN(len(all))]
			if !follows(c, last, next, left) || hides(next) && !bytes.Contains(c.bytes, seen) {
				continue
			}
			c.bytes = next.wrap(r, c.bytes)
			c.names = slices.Insert(c.names, 0, next.name)
			if hides(next) {
				c.ciphers++
			}
			last = next
			break
		}
	}
	return c
}

// follows reports whether a coat makes sense around others: nobody enciphers
// or compresses twice.
func follows(c composition, last, next coat, left int) bool {
	cipher := hides(next)
	return next.fits(c.bytes) && len(c.bytes) < 12000 && last.name != next.name &&
		(!next.top || left == 1) && (!cipher || c.ciphers == 0) && (!packs(next.name) || !packs(last.name))
}

// hides reports whether only a known text can show that the coat is there.
func hides(c coat) bool { return c.cipher || c.name == "caesar" || c.name == "rot47" }

func packs(name string) bool {
	return slices.Contains([]string{"gzip", "zlib", "deflate", "brotli", "zstd", "lz4", "snappy", "bzip2", "xz", "lzw"}, name)
}

// shareFound is how many of the compositions must be opened.
const shareFound = 0.95

func TestOpensRandomCompositions(t *testing.T) {
	t.Parallel()
	all := coats(t)
	count := 400
	if testing.Short() {
		count = 120
	}
	missed := map[string]int{}
	found := 0
	for seed := range count {
		r := rand.New(rand.NewPCG(uint64(seed), 2027))
		c := compose(r, all)
		job := peel.Job{Bytes: c.bytes, Needles: []peel.Needle{{Probe: "p", Text: c.canary}, {Probe: "q", Text: word(r, "abcdefghij", 11)}}}
		before := t.Failed()
		got := open(t, job)
		if t.Failed() && !before {
			t.Log("at seed", seed, c.names)
		}
		ok := slices.ContainsFunc(got.Finds, func(f peel.Find) bool { return slices.Contains(f.Needles, c.canary) })
		for _, f := range got.Finds {
			if slices.Contains(f.Probes, "q") {
				t.Errorf("seed %d: found what is not there, path %q", seed, f.Path)
			}
		}
		if ok {
			found++
			continue
		}
		missed[strings.Join(c.names, " ")]++
		t.Log("missed", seed, c.names, len(c.bytes), fmt.Sprint(got.Notes))
	}
	share := float64(found) / float64(count)
	t.Logf("%d of %d compositions opened: %.1f %%", found, count, 100*share)
	if share < shareFound {
		t.Errorf("%.1f %% opened, want %.0f %%", 100*share, 100*shareFound)
	}
}
