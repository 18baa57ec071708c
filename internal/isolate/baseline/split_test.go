package baseline_test

import (
	"errors"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/baseline"
	"example.org/telltale/internal/isolate/filter"
)

// problem is a text of n different characters and a rule of k parts of it.
func problem(rng *rand.Rand, n, k int, c filter.Config) (text string, parts []string, f *filter.Filter) {
	runes := make([]rune, n)
	for i, p := range rng.Perm(n) {
		runes[i] = 0x4e00 + rune(p)
	}
	free := n - 1
	for range k { // from the end; parts do not touch
		length := 1 + rng.IntN(5)
		end := free - rng.IntN(max(1, free/k-6))
		if end-length < 0 {
			break
		}
		parts = append(parts, string(runes[end-length:end]))
		free = end - length - 1
	}
	slices.Reverse(parts)
	c.Rules, c.Sep = []filter.Rule{{Parts: parts}}, "\n"
	f, err := filter.New(c)
	if err != nil {
		panic(err)
	}
	return string(runes), parts, f
}

func asking(f *filter.Filter) baseline.Ask {
	return func(pieces ...string) (bool, error) {
		a, err := f.Send(pieces...)
		return a.Hit, err
	}
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func log2(n int) int { return bits.Len(uint(n - 1)) }

// TestSplit wants the rule, with one bisection and one message that decides
// for each character.
func TestSplit(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 60 + rng.IntN(400)
		text, parts, f := problem(rng, n, 1+int(seed%5), filter.Config{})
		got, err := baseline.Split(text, asking(f))
		if err != nil || !same(got, parts) {
			t.Fatalf("seed %d: got %q, %v, want %q", seed, got, err, parts)
		}
		chars := len([]rune(strings.Join(parts, "")))
		if most := chars*(log2(n)+1) + 1; f.Count().Messages > most {
			t.Errorf("seed %d: %d messages, more than %d", seed, f.Count().Messages, most)
		}
	}
}

// TestAware wants the rule, with a bisection for each part, a window that
// grows and one message that decides.
func TestAware(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 4))
		n := 60 + rng.IntN(400)
		ordered := seed%2 == 0
		text, parts, f := problem(rng, n, 1+int(seed%5), filter.Config{Ordered: ordered})
		got, err := baseline.Aware(text, ordered, asking(f))
		if err != nil || !slices.Equal(got, parts) {
			t.Fatalf("seed %d: got %q, %v, want %q", seed, got, err, parts)
		}
		most := 0
		for _, p := range parts {
			length := len([]rune(p))
			most += log2(n) + 1 + 2*log2(length+1) + 1
		}
		if f.Count().Messages > most {
			t.Errorf("seed %d: %d messages for %q, more than %d", seed, f.Count().Messages, parts, most)
		}
	}
}

func TestAwareOverlap(t *testing.T) {
	t.Parallel()
	f, err := filter.New(filter.Config{Rules: []filter.Rule{{Parts: []string{"abc", "cde"}}}, Sep: "\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := baseline.Aware("zzabcdezz", false, asking(f)); err != nil || !same(got, []string{"abc", "cde"}) {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestAwareNotTold wants an end where the order matters and it was not told.
// The answer is wrong then: the paper's method for any order does not keep it.
func TestAwareNotTold(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		text, parts, f := problem(rand.New(rand.NewPCG(seed, 1)), 200, 3, filter.Config{Ordered: true, Limit: 2000})
		if got, err := baseline.Aware(text, false, asking(f)); errors.Is(err, filter.ErrLimit) || same(got, parts) {
			t.Errorf("got %q, %v for %q in order", got, err, parts)
		}
	}
}

// TestNoReaction wants an end for texts that do not react.
func TestNoReaction(t *testing.T) {
	t.Parallel()
	silent := func(...string) (bool, error) { return false, nil }
	for _, text := range []string{"", "a", "some text"} {
		if got, err := baseline.Aware(text, false, silent); !errors.Is(err, baseline.ErrLost) {
			t.Errorf("aware, %q: got %q, %v", text, got, err)
		}
		if got, err := baseline.Split(text, silent); !errors.Is(err, baseline.ErrLost) {
			t.Errorf("split, %q: got %q, %v", text, got, err)
		}
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	c := filter.Config{Rules: []filter.Rule{{Parts: []string{"cat"}}, {Parts: []string{"do", "mouse"}}}, Sep: "\n"}
	f, err := filter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	one := func(text string) ([]string, error) { return baseline.Aware(text, false, asking(f)) }
	got, err := baseline.All("the cat and the dog eat a mouse", one, asking(f))
	if err != nil || len(got) != 2 {
		t.Fatalf("got %q, %v", got, err)
	}
	for _, rule := range c.Rules {
		if !slices.ContainsFunc(got, func(g []string) bool { return same(g, rule.Parts) }) {
			t.Errorf("%q is not among %q", rule.Parts, got)
		}
	}
}

// TestBestOfThree counts how often it is right under noise, and its messages:
// two, and a third where they differ.
func TestBestOfThree(t *testing.T) {
	t.Parallel()
	const n, miss = 3000, 0.1
	f, err := filter.New(filter.Config{Rules: []filter.Rule{{Parts: []string{"a"}}}, Noise: filter.Noise{Miss: miss, Seed: 5}})
	if err != nil {
		t.Fatal(err)
	}
	ask, wrong := baseline.BestOfThree(asking(f)), 0
	for range n {
		hit, err := ask("a")
		if err != nil {
			t.Fatal(err)
		}
		if !hit {
			wrong++
		}
	}
	if got, want := float64(wrong)/n, miss*miss*(3-2*miss); math.Abs(got-want) > 0.01 {
		t.Errorf("wrong in %.3f, want about %.3f", got, want)
	}
	if got, want := float64(f.Count().Messages)/n, 2+2*miss*(1-miss); math.Abs(got-want) > 0.05 {
		t.Errorf("%.3f messages, want about %.3f", got, want)
	}
}
