package sample_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/sample"
)

// words is a small dictionary.
func words() []sample.Word {
	var out []sample.Word
	for level := 1; level <= 16; level++ {
		for i := range 400 >> (level / 4) {
			w := string([]rune{0x4e00 + rune(37*i+1000*level), 0x5000 + rune(17*i+500*level)})
			if level > 12 {
				w = string([]rune(w)[:1])
			}
			out = append(out, sample.Word{Text: w, Level: level})
		}
	}
	return out
}

func TestArticles(t *testing.T) {
	t.Parallel()
	m := sample.NewMaker(words(), 1)
	articles := m.Articles(0.1, nil)
	count := map[string]int{}
	for _, a := range articles {
		count[a.Set]++
		f, err := filter.New(a.Filter)
		if err != nil {
			t.Fatalf("%s: %v", a.ID, err)
		}
		if !f.Reacts(a.Text) {
			t.Errorf("%s does not react", a.ID)
		}
		if n := utf8.RuneCountInString(a.Text); n < 200 || n > 3000 {
			t.Errorf("%s has %d characters", a.ID, n)
		}
		var all [][]string
		for _, r := range a.Filter.Rules {
			all = append(all, r.Parts)
		}
		if exact, recall := a.Judge(f, all); !exact || recall != 1 {
			t.Errorf("%s: its own rules are judged %v, %v", a.ID, exact, recall)
		}
		if a.Set != "norm" && a.Set != "latin" {
			for _, p := range a.Filter.Rules[0].Parts {
				if !strings.Contains(a.Text, p) {
					t.Errorf("%s: %q is not in the text", a.ID, p)
				}
			}
		}
	}
	want := map[string]int{"main": 30, "overlap": 3, "latin": 3, "mixed": 3, "maxlen": 2, "ordered": 3, "norm": 3, "noisy": 5, "multi": 4, "extenuating": 4}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("articles of each set (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(articles, sample.NewMaker(words(), 1).Articles(0.1, nil)); diff != "" {
		t.Errorf("a second maker made other articles:\n%s", diff)
	}
	if other := sample.NewMaker(words(), 2).Articles(0.1, []string{"norm"}); len(other) != 3 || other[0].Text == articles[slices.IndexFunc(articles, func(a sample.Article) bool { return a.Set == "norm" })].Text {
		t.Error("another seed made the same text")
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	rules := []filter.Rule{{Parts: []string{"a", "b"}}, {Parts: []string{"c"}}}
	tests := []struct {
		name   string
		c      filter.Config
		found  [][]string
		exact  bool
		recall float64
	}{
		{"nothing", filter.Config{}, nil, false, 0},
		{"one rule in any order", filter.Config{}, [][]string{{"b", "a"}}, true, 0.5},
		{"order matters", filter.Config{Ordered: true}, [][]string{{"b", "a"}}, false, 0},
		{"both", filter.Config{}, [][]string{{"c"}, {"a", "b"}}, true, 1},
		{"first is wrong", filter.Config{}, [][]string{{"c", "b"}, {"a", "b"}}, false, 0.5},
		{"too much", filter.Config{}, [][]string{{"a", "b", "c"}}, false, 0},
		{"folded", filter.Config{Folds: []filter.Fold{filter.Lower, filter.StripSpace}}, [][]string{{"A ", "b"}}, true, 0.5},
		{"not folded", filter.Config{}, [][]string{{"A", "b"}}, false, 0},
	}
	for _, test := range tests {
		test.c.Rules = rules
		f, err := filter.New(test.c)
		if err != nil {
			t.Fatal(err)
		}
		exact, recall := sample.Article{Filter: test.c}.Judge(f, test.found)
		if exact != test.exact || recall != test.recall {
			t.Errorf("%s: got %v, %v", test.name, exact, recall)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	lists := sample.NewMaker(words(), 1).Lists(0.03, nil)
	sets := map[string]int{}
	for _, l := range lists {
		sets[l.Set]++
		truth, err := l.Truth()
		if err != nil {
			t.Fatal(err)
		}
		if len(truth.Triggers) == 0 && l.ID != "inside only" && !strings.HasPrefix(l.ID, "joined") {
			t.Errorf("%s %s: nothing reacts", l.Set, l.ID)
		}
		if s, err := l.Judge(truth, truth.Triggers); err != nil || s != (sample.Score{Right: len(truth.Triggers)}) {
			t.Errorf("%s %s: the truth is judged %+v, %v", l.Set, l.ID, s, err)
		}
		if b := l.Bound(truth); b < len(truth.Triggers) {
			t.Errorf("%s %s: %d messages cannot be enough for %d triggers", l.Set, l.ID, b, len(truth.Triggers))
		}
		for _, term := range l.Terms {
			if utf8.RuneCountInString(term) > l.Filter.MaxLen/2 {
				t.Errorf("%s %s: %q is long for messages of %d", l.Set, l.ID, term, l.Filter.MaxLen)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"prevalence": 8, "natural": 2, "noise": 4, "traps": 4, "pairs": 4}, sets); diff != "" {
		t.Error(diff)
	}
}

// TestTruth compares with the definition on small lists of small words.
func TestTruth(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	word := func(most int) string {
		b := make([]byte, 1+rng.IntN(most))
		for i := range b {
			b[i] = "abc"[rng.IntN(3)]
		}
		return string(b)
	}
	for range 200 {
		l := sample.List{MaxSize: 2, Filter: filter.Config{Sep: " ", Rules: []filter.Rule{{Parts: []string{word(3)}}, {Parts: []string{word(3), word(3)}}}}}
		for range 8 {
			if w := word(4); !slices.Contains(l.Terms, w) {
				l.Terms = append(l.Terms, w)
			}
		}
		f, err := filter.New(l.Filter)
		if err != nil {
			t.Fatal(err)
		}
		var want [][]int
		for i, a := range l.Terms {
			inner := slices.ContainsFunc(l.Terms, func(b string) bool { return a != b && strings.Contains(a, b) && f.Reacts(b) })
			if f.Reacts(a) && !inner {
				want = append(want, []int{i})
			}
			for k, b := range l.Terms[:i] {
				if !f.Reacts(a) && !f.Reacts(b) && f.Reacts(a+" "+b) {
					want = append(want, []int{k, i})
				}
			}
		}
		slices.SortFunc(want, slices.Compare[[]int])
		got, err := l.Truth()
		if err != nil || !slices.EqualFunc(got.Triggers, want, slices.Equal[[]int]) {
			t.Errorf("%q with %v: got %v, %v, want %v", l.Terms, l.Filter.Rules, got.Triggers, err, want)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	terms := sample.NewMaker(words(), 1).Terms()
	earlier := 0
	for _, term := range terms {
		if term.Word == "" || term.Lists+term.Rules == 0 {
			t.Errorf("an empty term: %+v", term)
		}
		if term.Rules > 0 {
			earlier++
		}
	}
	if len(terms) < 1000 || earlier < 100 {
		t.Errorf("%d terms, %d of them in earlier rules", len(terms), earlier)
	}
}
