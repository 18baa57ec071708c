package isolate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
)

// BenchmarkIsolate prints how many questions a search takes, and how many of
// them trigger, for rules of one to five parts in texts of 400 characters. The
// plain rows are component-aware bisection with cuts in the middle and without
// a certificate (as in FOCI'19); "known" rows are told the parts among 40
// other words of the text.
func BenchmarkIsolate(b *testing.B) {
	for k := 1; k <= 5; k++ {
		b.Run(fmt.Sprintf("k=%d/plain", k), func(b *testing.B) {
			measure(b, k, func(text string, f filter, _ *rand.Rand) (int, int) { return plain(text, f) })
		})
		b.Run(fmt.Sprintf("k=%d/search", k), func(b *testing.B) {
			measure(b, k, func(text string, f filter, _ *rand.Rand) (int, int) {
				_, r := run(b, isolate.Config{Text: text}, byFilter(f))
				return r.Questions, r.Triggering
			})
		})
		b.Run(fmt.Sprintf("k=%d/known", k), func(b *testing.B) {
			measure(b, k, func(text string, f filter, rng *rand.Rand) (int, int) {
				_, r := run(b, isolate.Config{Text: text, Words: someWords(rng, text, f)}, byFilter(f))
				return r.Questions, r.Triggering
			})
		})
	}
}

func measure(b *testing.B, k int, one func(string, filter, *rand.Rand) (int, int)) {
	questions, triggering, n := 0, 0, 0
	for b.Loop() {
		rng := rand.New(rand.NewPCG(uint64(n), uint64(k)))
		text, f := article(rng, 400, k)
		q, t := one(text, f, rng)
		questions, triggering, n = questions+q, triggering+t, n+1
	}
	b.ReportMetric(float64(questions)/float64(n), "questions/text")
	b.ReportMetric(float64(triggering)/float64(n), "triggering/text")
}

// someWords draws 40 stretches of the text and adds the parts.
func someWords(rng *rand.Rand, text string, f filter) []string {
	words, runes := slices.Clone(f[0].parts), []rune(text)
	for range 40 {
		lo := rng.IntN(len(runes) - 3)
		words = append(words, string(runes[lo:lo+2+rng.IntN(2)]))
	}
	return words
}

// plain is the baseline: the end of the last part by bisection, then its
// start, then the same in what stands before.
func plain(text string, f filter) (questions, triggering int) {
	reacts := func(pieces ...string) bool {
		questions++
		if f.reacts(strings.Join(pieces, " 〇 ")) {
			triggering++
			return true
		}
		return false
	}
	runes, found := []rune(text), ""
	for hi := len(runes); ; {
		end := 1 + sort.Search(hi-1, func(i int) bool { return reacts(string(runes[:i+1]), found) })
		before := string(runes[:end-1])
		start := end - 1 - sort.Search(end-1, func(i int) bool { return reacts(before, string(runes[end-1-i:end]), found) })
		found = string(runes[start:end]) + " 〇 " + found
		if reacts(found) {
			return questions, triggering
		}
		hi = end - 1
	}
}
