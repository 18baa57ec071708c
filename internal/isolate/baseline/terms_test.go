package baseline_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"example.org/telltale/internal/isolate/baseline"
	"example.org/telltale/internal/isolate/filter"
)

// list is n terms of five characters, none inside another, and a filter that
// reacts to d of them and to pairs of others.
func list(tb testing.TB, rng *rand.Rand, n, d, pairs int) (t baseline.Terms, singles []int, two [][]int, f *filter.Filter) {
	tb.Helper()
	t = baseline.Terms{Sep: "\n", MaxLen: 1 << 30}
	for i := range n {
		t.Terms = append(t.Terms, fmt.Sprintf("t%04d", i))
	}
	perm := rng.Perm(n)
	singles = slices.Sorted(slices.Values(perm[:d]))
	c := filter.Config{Sep: t.Sep}
	for _, i := range singles {
		c.Rules = append(c.Rules, filter.Rule{Parts: []string{t.Terms[i]}})
	}
	for range pairs {
		a, b := perm[d+rng.IntN(n-d)], perm[d+rng.IntN(n-d)]
		if pair := []int{min(a, b), max(a, b)}; a != b && !slices.ContainsFunc(two, func(x []int) bool { return slices.Equal(x, pair) }) {
			two = append(two, pair)
			c.Rules = append(c.Rules, filter.Rule{Parts: []string{t.Terms[a], t.Terms[b]}})
		}
	}
	f, err := filter.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return t, singles, two, f
}

func askingTerms(t baseline.Terms, f *filter.Filter) baseline.AskTerms {
	return func(items []int) (bool, error) {
		pieces := make([]string, len(items))
		for i, item := range items {
			pieces[i] = t.Terms[item]
		}
		a, err := f.Send(pieces...)
		if a.TooLong {
			err = fmt.Errorf("%d items are too long", len(items))
		}
		return a.Hit, err
	}
}

func TestOneByOne(t *testing.T) {
	t.Parallel()
	terms, want, _, f := list(t, rand.New(rand.NewPCG(1, 1)), 100, 7, 0)
	got, err := baseline.OneByOne(terms, askingTerms(terms, f))
	if err != nil || !slices.Equal(got, want) || f.Count().Messages != 100 || f.Count().Triggering != 7 {
		t.Errorf("got %v, %v with %+v, want %v", got, err, f.Count(), want)
	}
}

// TestHalving wants all that react, and for d of n terms in one message no
// more than the tree's depth twice for each, besides the first.
func TestHalving(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 5))
		n := 2 + rng.IntN(300)
		terms, want, _, f := list(t, rng, n, rng.IntN(min(n, 20)), 0)
		got, err := baseline.Halving(terms, askingTerms(terms, f))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, %v, want %v", seed, got, err, want)
		}
		if most := 1 + 2*len(want)*log2(n); f.Count().Messages > most {
			t.Errorf("seed %d: %d messages, more than %d", seed, f.Count().Messages, most)
		}
	}
}

// TestHwangBound holds the method against its theorem: told d exactly, it takes
// at most ceil(log2 C(n, d)) + d - 1 messages.
func TestHwangBound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 6))
		d := 1 + rng.IntN(25)
		n := d + 1 + rng.IntN(400)
		terms, want, _, f := list(t, rng, n, d, 0)
		got, err := baseline.Hwang(terms, baseline.Told{Count: d, Exact: true, Sure: true}, askingTerms(terms, f))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, %v, want %v", seed, got, err, want)
		}
		if most := int(math.Ceil(log2Choose(n, d)-1e-9)) + d - 1; f.Count().Messages > most && d > 1 || f.Count().Messages > most+1 {
			t.Errorf("seed %d: %d of %d: %d messages, more than %d", seed, d, n, f.Count().Messages, most)
		}
	}
}

func log2Choose(n, d int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return (lg(n) - lg(d) - lg(n-d)) / math.Ln2
}

// TestHwangNotExact wants all that react with wrong counts, too, and messages
// that keep to their length.
func TestHwangNotExact(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 7))
		n := 2 + rng.IntN(300)
		terms, want, _, f := list(t, rng, n, rng.IntN(min(n, 30)), 0)
		terms.MaxLen = 5 + rng.IntN(60)
		ask := askingTerms(terms, f)
		got, err := baseline.Hwang(terms, baseline.Told{Count: rng.IntN(40)}, func(items []int) (bool, error) {
			if length := 6*len(items) - 1; length > terms.MaxLen {
				t.Fatalf("seed %d: a message of %d characters, longer than %d", seed, length, terms.MaxLen)
			}
			return ask(items)
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("seed %d: got %v, %v, want %v", seed, got, err, want)
		}
	}
}

// TestPairs wants all pairs and single terms.
func TestPairs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 8))
		n := 20 + rng.IntN(80)
		terms, singles, want, f := list(t, rng, n, rng.IntN(4), rng.IntN(8))
		terms.MaxLen = 40 + rng.IntN(300)
		for _, i := range singles {
			want = append(want, []int{i})
		}
		got, err := baseline.Pairs(terms, askingTerms(terms, f))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, slices.Compare[[]int])
		slices.SortFunc(want, slices.Compare[[]int])
		if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
			t.Errorf("seed %d, messages of %d: got %v, want %v", seed, terms.MaxLen, got, want)
		}
	}
}

// TestNoisyEnds wants an end whatever the answers are.
func TestNoisyEnds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		terms, _, _, _ := list(t, rng, 60, 0, 0)
		terms.MaxLen = 120
		asked := 0
		ask := func([]int) (bool, error) {
			if asked++; asked > 100_000 {
				t.Fatal("no end")
			}
			return rng.IntN(3) == 0, nil
		}
		for name, run := range map[string]func() error{
			"halving": func() error { _, err := baseline.Halving(terms, ask); return err },
			"hwang":   func() error { _, err := baseline.Hwang(terms, baseline.Told{Count: 3}, ask); return err },
			"pairs":   func() error { _, err := baseline.Pairs(terms, ask); return err },
		} {
			if err := run(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
