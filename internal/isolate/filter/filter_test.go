package filter_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/filter"
)

func build(tb testing.TB, c filter.Config) *filter.Filter {
	tb.Helper()
	f, err := filter.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func rule(parts ...string) filter.Rule { return filter.Rule{Parts: parts} }

func TestReacts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		c       filter.Config
		message string
		want    bool
	}{
		{"one part", filter.Config{Rules: []filter.Rule{rule("cat")}}, "concat", true},
		{"not there", filter.Config{Rules: []filter.Rule{rule("cat")}}, "ca t", false},
		{"one character", filter.Config{Rules: []filter.Rule{rule("字")}}, "漢字", true},
		{"all parts", filter.Config{Rules: []filter.Rule{rule("b", "a")}}, "ab", true},
		{"a part is missing", filter.Config{Rules: []filter.Rule{rule("b", "a")}}, "bb", false},
		{"parts overlap", filter.Config{Rules: []filter.Rule{rule("ab", "bc")}}, "abc", true},
		{"ordered", filter.Config{Ordered: true, Rules: []filter.Rule{rule("a", "b")}}, "bab", true},
		{"wrong order", filter.Config{Ordered: true, Rules: []filter.Rule{rule("a", "b")}}, "ba", false},
		{"ordered parts do not overlap", filter.Config{Ordered: true, Rules: []filter.Rule{rule("ab", "bc")}}, "abc", false},
		{"exception", filter.Config{Rules: []filter.Rule{{Parts: []string{"a"}, Except: [][]string{{"x", "y"}}}}}, "ayx", false},
		{"half an exception", filter.Config{Rules: []filter.Rule{{Parts: []string{"a"}, Except: [][]string{{"x", "y"}}}}}, "ax", true},
		{"another rule stays", filter.Config{Rules: []filter.Rule{{Parts: []string{"a"}, Except: [][]string{{"x"}}}, rule("b")}}, "abx", true},
		{"lower", filter.Config{Folds: []filter.Fold{filter.Lower}, Rules: []filter.Rule{rule("Cat")}}, "CAT", true},
		{"no folding", filter.Config{Rules: []filter.Rule{rule("Cat")}}, "CAT", false},
		{"width", filter.Config{Folds: []filter.Fold{filter.NFKC}, Rules: []filter.Rule{rule("cat")}}, "ｃａｔ", true},
		{"simplified", filter.Config{Folds: []filter.Fold{filter.Simplify}, Simple: map[rune]rune{'馬': '马'}, Rules: []filter.Rule{rule("馬")}}, "马", true},
		{"space", filter.Config{Folds: []filter.Fold{filter.StripSpace}, Rules: []filter.Rule{rule("cat")}}, "c\na　t", true},
		{"punctuation stays", filter.Config{Folds: []filter.Fold{filter.StripSpace}, Rules: []filter.Rule{rule("cat")}}, "c.at", false},
		{"punctuation", filter.Config{Folds: []filter.Fold{filter.StripPunct}, Rules: []filter.Rule{rule("cat")}}, "c。\u200ba+t", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := build(t, test.c).Reacts(test.message); got != test.want {
				t.Errorf("%q: got %v", test.message, got)
			}
		})
	}
}

// TestManyWords compares the index of words with looking for each.
func TestManyWords(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(most int) string {
		b := make([]rune, 1+rng.IntN(most))
		for i := range b {
			b[i] = []rune("abé字")[rng.IntN(4)]
		}
		return string(b)
	}
	for range 500 {
		var c filter.Config
		for range 1 + rng.IntN(6) {
			c.Rules = append(c.Rules, rule(word(6)))
		}
		message := word(12)
		want := slices.ContainsFunc(c.Rules, func(r filter.Rule) bool { return strings.Contains(message, r.Parts[0]) })
		if got := build(t, c).Reacts(message); got != want {
			t.Errorf("%v, %q: got %v, want %v", c.Rules, message, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	f := build(t, filter.Config{Rules: []filter.Rule{rule("a")}, Sep: "-", MaxLen: 3, Limit: 4})
	if a, err := f.Send("a", "b"); err != nil || a != (filter.Answer{Hit: true}) {
		t.Errorf("got %+v, %v", a, err)
	}
	answers, err := f.Round([]string{"b", "字字字", "long"})
	if want := []filter.Answer{{}, {}, {TooLong: true}}; err != nil || !slices.Equal(answers, want) {
		t.Errorf("got %+v, %v", answers, err)
	}
	if got, want := f.Count(), (filter.Count{Messages: 4, Triggering: 1, Rounds: 2, Refused: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := f.Send("a"); !errors.Is(err, filter.ErrLimit) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// TestNoise counts wrong answers: the shares must be near the chances, the
// same in a second run, and unlike with another seed.
func TestNoise(t *testing.T) {
	t.Parallel()
	const n = 4000
	run := func(seed int64) (misses, falses int, seen []bool) {
		f := build(t, filter.Config{Rules: []filter.Rule{rule("a")}, Noise: filter.Noise{Miss: 0.05, False: 0.02, Seed: seed}})
		for i := range n {
			a, err := f.Send([]string{"a", "b"}[i%2])
			switch {
			case err != nil:
				t.Fatal(err)
			case i%2 == 0 && !a.Hit:
				misses++
			case i%2 == 1 && a.Hit:
				falses++
			}
			seen = append(seen, a.Hit)
		}
		if got := f.Count().Triggering; got != n/2 {
			t.Errorf("%d triggering messages, want %d whatever was seen", got, n/2)
		}
		return misses, falses, seen
	}
	misses, falses, seen := run(7)
	for _, x := range []struct {
		got  int
		want float64
	}{{misses, 0.05}, {falses, 0.02}} {
		if share := float64(x.got) / (n / 2); math.Abs(share-x.want) > 0.02 {
			t.Errorf("share %.3f, want about %.2f", share, x.want)
		}
	}
	if _, _, again := run(7); !slices.Equal(seen, again) {
		t.Error("a second run saw other answers")
	}
	if _, _, other := run(8); slices.Equal(seen, other) {
		t.Error("another seed gave the same answers")
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]filter.Config{
		"no parts":        {Rules: []filter.Rule{{}}},
		"empty part":      {Rules: []filter.Rule{rule("a", "")}},
		"nothing left":    {Folds: []filter.Fold{filter.StripPunct}, Rules: []filter.Rule{rule("…")}},
		"unknown folding": {Folds: []filter.Fold{"rot13"}, Rules: []filter.Rule{rule("a")}},
		"certain noise":   {Rules: []filter.Rule{rule("a")}, Noise: filter.Noise{Miss: 1}},
	} {
		if _, err := filter.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
