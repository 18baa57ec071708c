package characterise_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/characterise"
	"example.org/telltale/internal/isolate/filter"
)

func simple() map[rune]rune {
	return map[rune]rune{'車': '车', '國': '国', '門': '门', '佈': '布'}
}

// world makes a simulated filter.
func world(t testing.TB, c filter.Config) *filter.Filter {
	t.Helper()
	c.Simple = simple()
	f, err := filter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run answers a characterisation to its end.
func run(t testing.TB, c characterise.Config, ask func(string) filter.Answer, limit int) characterise.Report {
	t.Helper()
	c.Simple = simple()
	s, err := characterise.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for rounds := 0; ; rounds++ {
		open := s.Next()
		if len(open) == 0 {
			return s.Report()
		}
		if rounds > 2000 {
			t.Fatalf("no end after %d rounds", rounds)
		}
		if len(open) > max(1, c.Accounts) {
			t.Fatalf("%d messages for %d accounts", len(open), c.Accounts)
		}
		for _, q := range open {
			if a := ask(q.Text); a.TooLong {
				err = s.Refuse(q.ID, limit)
			} else {
				err = s.Answer(q.ID, a.Hit)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func asking(t testing.TB, f *filter.Filter) func(string) filter.Answer {
	return func(text string) filter.Answer {
		a, err := f.Send(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

// answers lists a report's answers by claim.
func answers(r characterise.Report) map[string]characterise.Answer {
	out := map[string]characterise.Answer{}
	for _, c := range r.Claims {
		out[c.Name] = c.Answer
	}
	return out
}

// verify checks the proofs of a report against the filter, without the search.
func verify(t testing.TB, r characterise.Report, f *filter.Filter) {
	t.Helper()
	proofs := []characterise.Proof{r.Base}
	for _, c := range r.Claims {
		proofs = append(proofs, c.Proof...)
		if (c.Answer == characterise.Yes || c.Answer == characterise.No) && len(c.Proof) == 0 {
			t.Errorf("%s: %s without proof", c.Name, c.Answer)
		}
	}
	for _, e := range r.Exceptions {
		proofs = append(proofs, e.Certificate...)
	}
	for _, p := range proofs {
		if len(p.Questions) == 0 || !p.Refused && f.Reacts(p.Text) != p.Reacts {
			t.Errorf("the proof %+v does not hold", p)
		}
	}
}

func TestFoldings(t *testing.T) {
	t.Parallel()
	all := []filter.Fold{filter.NFKC, filter.Lower, filter.Simplify, filter.StripSpace, filter.StripPunct}
	for seed := range uint64(64) {
		rng := rand.New(rand.NewPCG(seed, 80))
		var folds []filter.Fold
		for _, f := range all {
			if rng.IntN(2) == 0 {
				folds = append(folds, f)
			}
		}
		has := func(f filter.Fold) characterise.Answer {
			if slices.Contains(folds, f) {
				return characterise.Yes
			}
			return characterise.No
		}
		words := []string{"火車站", "Rose Hall"}
		c := filter.Config{Rules: []filter.Rule{{Parts: words}}, Folds: folds, Ordered: rng.IntN(2) == 0}
		w := world(t, c)
		r := run(t, characterise.Config{Words: words, Accounts: 1 + rng.IntN(4)}, asking(t, w), 0)
		ordered := characterise.No
		if c.Ordered {
			ordered = characterise.Yes
		}
		lineEnds := max(has(filter.StripSpace), has(filter.StripPunct)) // "yes" after "no"; line ends are control characters too
		want := map[string]characterise.Answer{
			"order": ordered, "case": has(filter.Lower), "width": has(filter.NFKC), "unicode compatible": has(filter.NFKC),
			"unicode canonical": has(filter.NFKC), "simplified": has(filter.Simplify), "blanks": has(filter.StripSpace), "line ends": lineEnds,
			"punctuation": has(filter.StripPunct), "zero width": has(filter.StripPunct), "separator": characterise.Yes, "length": characterise.No,
		}
		if diff := cmp.Diff(want, answers(r)); diff != "" || r.Why != "" {
			t.Errorf("folds %v, ordered %v: %s%s", folds, c.Ordered, diff, r.Why)
		}
		if n := w.Count(); r.Messages != n.Messages || r.Triggering != n.Triggering || r.Messages > 17 {
			t.Errorf("%d messages, %d triggering, counted %+v", r.Messages, r.Triggering, n)
		}
		verify(t, r, w)
	}
}

func TestNothingToVary(t *testing.T) {
	t.Parallel()
	w := world(t, filter.Config{Rules: []filter.Rule{{Parts: []string{"的"}}}})
	r := run(t, characterise.Config{Words: []string{"的"}, Longest: -1}, asking(t, w), 0)
	for name, a := range answers(r) {
		if a != characterise.NotApplicable {
			t.Errorf("%s: %s", name, a)
		}
	}
	if r.Messages != 4 {
		t.Errorf("%d messages", r.Messages)
	}
}

// TestWhatTellsNothing keeps claims off words that could only mislead: signs in
// full width are dropped by filters that ignore punctuation, and some
// simplified characters are traditional ones too.
func TestWhatTellsNothing(t *testing.T) {
	t.Parallel()
	w := world(t, filter.Config{Rules: []filter.Rule{{Parts: []string{"公*布"}}}, Folds: []filter.Fold{filter.StripPunct}})
	r := run(t, characterise.Config{Words: []string{"公*布"}}, asking(t, w), 0)
	got := answers(r)
	if got["width"] != characterise.NotApplicable || got["simplified"] != characterise.NotApplicable || got["punctuation"] != characterise.Yes {
		t.Errorf("%v", got)
	}
}

func TestOrderOfNeighbours(t *testing.T) {
	t.Parallel()
	// The first word must lead; the others stand in any order.
	words := []string{"alpha", "beta", "gamma"}
	r := run(t, characterise.Config{Words: words}, func(text string) filter.Answer {
		a, b, c := strings.Index(text, "alpha"), strings.Index(text, "beta"), strings.Index(text, "gamma")
		return filter.Answer{Hit: a >= 0 && b > a && c > a}
	}, 0)
	got := answers(r)
	if got["order"] != characterise.Yes || got["order 1-2"] != characterise.Yes || got["order 2-3"] != characterise.No {
		t.Errorf("%v", got)
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	words := []string{"lantern"}
	cases := []struct {
		name  string
		ask   func(string) filter.Answer
		tells int
		limit int
		says  string
		most  int
	}{
		{"none", func(s string) filter.Answer { return filter.Answer{Hit: strings.Contains(s, "lantern")} }, 0, 0, "taken and read to their end", 1},
		{"refused and told", limited(321), 321, 321, "longer ones are refused", 3},
		{"refused", limited(321), 0, 321, "longer ones are refused", 12},
		{"refused at once above", limited(999), 999, 999, "longer ones are refused", 3},
		{"the beginning is read", func(s string) filter.Answer {
			return filter.Answer{Hit: strings.Contains(s[:min(len(s), 200)], "lantern")}
		}, 0, -1, "characters are read, not what comes after", 14},
		{"long ones pass", func(s string) filter.Answer {
			return filter.Answer{Hit: len([]rune(s)) <= 99 && strings.Contains(s, "lantern")}
		}, 0, 99, "do not react", 14},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, characterise.Config{Words: words}, c.ask, c.tells)
			last := r.Claims[len(r.Claims)-1]
			if last.Name != "length" || !strings.Contains(last.Statement, c.says) || c.limit >= 0 && r.MaxLen != c.limit || len(last.Proof) == 0 {
				t.Errorf("%d, %+v", r.MaxLen, last)
			}
			if short := run(t, characterise.Config{Words: words, Longest: -1}, c.ask, c.tells); r.Messages-short.Messages > c.most {
				t.Errorf("%d messages for the length", r.Messages-short.Messages)
			}
		})
	}
}

func limited(n int) func(string) filter.Answer {
	return func(s string) filter.Answer {
		if len([]rune(s)) > n {
			return filter.Answer{TooLong: true}
		}
		return filter.Answer{Hit: strings.Contains(s, "lantern")}
	}
}

func TestErrorRates(t *testing.T) {
	t.Parallel()
	words := []string{"火車站", "Rose"}
	right, asked := 0, 0
	for seed := range uint64(30) {
		w := world(t, filter.Config{
			Rules: []filter.Rule{{Parts: words}}, Folds: []filter.Fold{filter.Lower, filter.StripSpace},
			Noise: filter.Noise{Miss: 0.05, False: 0.01, Seed: int64(seed)},
		})
		r := run(t, characterise.Config{Words: words, Noisy: true, Repeats: 40}, asking(t, w), 0)
		if r.Missed.Of != 40 || r.False.Of != 40 || r.Missed.Most < 0.05 && r.Missed.Count > 0 || r.Missed.Most > 0.35 {
			t.Errorf("missed %+v, false %+v", r.Missed, r.False)
		}
		for name, a := range answers(r) {
			yes := name == "case" || name == "blanks" || name == "line ends" || name == "separator"
			asked++
			if a == characterise.NotApplicable || (a == characterise.Yes) == yes {
				right++
			}
		}
	}
	if right < asked*97/100 {
		t.Errorf("%d of %d claims right", right, asked)
	}
}

func TestMemoryIsNamed(t *testing.T) {
	t.Parallel()
	words := []string{"lantern"}
	for _, c := range []struct {
		name string
		ask  func() func(string) filter.Answer
		says string
	}{
		{"once", func() func(string) filter.Answer {
			seen := map[string]bool{}
			return func(s string) filter.Answer {
				hit := strings.Contains(s, "lantern") && !seen[s]
				seen[s] = true
				return filter.Answer{Hit: hit}
			}
		}, "only once"},
		{"quiet afterwards", func() func(string) filter.Answer {
			n := 0
			return func(s string) filter.Answer {
				if strings.Contains(s, "lantern") {
					n++
				}
				return filter.Answer{Hit: strings.Contains(s, "lantern") && n == 1}
			}
		}, "now and then only"},
		{"blocked afterwards", func() func(string) filter.Answer {
			left := 0
			return func(s string) filter.Answer {
				if strings.Contains(s, "lantern") {
					left = 4
				}
				left--
				return filter.Answer{Hit: left >= 0}
			}
		}, "right after the words"},
		{"never", func() func(string) filter.Answer { return func(string) filter.Answer { return filter.Answer{} } }, "do not react"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, characterise.Config{Words: words, Repeats: 3}, c.ask(), 0)
			if !strings.Contains(r.Why, c.says) || len(r.Claims) > 0 {
				t.Errorf("%q, %d claims", r.Why, len(r.Claims))
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	words := []string{"lantern", "river"}
	w := world(t, filter.Config{Rules: []filter.Rule{{Parts: words, Except: [][]string{{"festival", "harvest"}, {"weather report"}}}}})
	passed := []string{
		"The lantern floated down the river at the festival of the harvest.",
		"A weather report: every lantern on the river is lit.",
		"A lantern on the river.",
	}
	r := run(t, characterise.Config{Words: words, Passed: passed, Longest: -1, Accounts: 2}, asking(t, w), 0)
	if len(r.Exceptions) != 3 {
		t.Fatalf("%+v", r.Exceptions)
	}
	if e := r.Exceptions[0]; !e.Exact || !slices.Equal(e.Words, []string{"festival", "harvest"}) || len(e.Certificate) != 3 {
		t.Errorf("%+v", e)
	}
	if e := r.Exceptions[1]; !e.Exact || !slices.Equal(e.Words, []string{"weather report"}) {
		t.Errorf("%+v", e)
	}
	if e := r.Exceptions[2]; e.Exact || e.Why == "" {
		t.Errorf("a text that reacts: %+v", e)
	}
	verify(t, r, w)
	for _, want := range []string{`"festival" + "harvest"`, "order", "missed"} {
		if !strings.Contains(r.Table(), want) {
			t.Errorf("%q is not in\n%s", want, r.Table())
		}
	}
}

func TestKnownAnswersAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	w := world(t, filter.Config{Rules: []filter.Rule{{Parts: []string{"lantern"}}}})
	known := []isolate.Exchange{{Question: isolate.Question{ID: "q007", Text: "lantern"}, Answered: true, Reacted: true}}
	with := run(t, characterise.Config{Words: []string{"lantern"}, Known: known}, asking(t, w), 0)
	without := run(t, characterise.Config{Words: []string{"lantern"}}, asking(t, w), 0)
	if with.Messages != without.Messages-1 || !slices.Contains(with.Base.Questions, "q007") {
		t.Errorf("%d messages, %d without: %+v", with.Messages, without.Messages, with.Base)
	}
}

func TestBudgetsAreKept(t *testing.T) {
	t.Parallel()
	words := []string{"火車站", "Rose"}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 81))
		b := isolate.Budget{Questions: 1 + rng.IntN(20), Triggering: 1 + rng.IntN(8), Rounds: 1 + rng.IntN(20)}
		w := world(t, filter.Config{Rules: []filter.Rule{{Parts: words}}, Folds: []filter.Fold{filter.Lower, filter.StripSpace}})
		r := run(t, characterise.Config{Words: words, Budget: b, Accounts: 1 + rng.IntN(3)}, asking(t, w), 0)
		if r.Messages > b.Questions || r.Triggering > b.Triggering || r.Rounds > b.Rounds {
			t.Errorf("%+v spent of %+v", r, b)
		}
		open := slices.ContainsFunc(r.Claims, func(c characterise.Claim) bool { return c.Answer == characterise.Unknown }) || len(r.Claims) == 0
		if open != strings.Contains(r.Why, "budget") {
			t.Errorf("%+v: %q with %+v", b, r.Why, r.Claims)
		}
		verify(t, r, w)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []characterise.Config{
		{}, {Words: []string{" "}}, {Words: slices.Repeat([]string{"a"}, 30)}, {Words: []string{"a"}, Repeats: -1},
		{Words: []string{"a"}, Longest: 1 << 30}, {Words: []string{"a"}, Passed: slices.Repeat([]string{"a"}, 30)},
	} {
		if _, err := characterise.New(c); err == nil {
			t.Errorf("%.60v was taken", fmt.Sprint(c))
		}
	}
}

// FuzzAnswers lets chance answer: the search ends, within its budget.
func FuzzAnswers(f *testing.F) {
	f.Add("lantern", "a river", "the lantern on a river", uint64(3), true)
	f.Add("火車站", "é", "", uint64(4), false)
	f.Fuzz(func(t *testing.T, a, b, passed string, seed uint64, noisy bool) {
		if len(a)+len(b)+len(passed) > 400 {
			return
		}
		c := characterise.Config{Words: []string{a, b}, Noisy: noisy, Budget: isolate.Budget{Questions: 150}, Accounts: int(seed % 4), Longest: 600}
		if passed != "" {
			c.Passed = []string{passed}
		}
		s, err := characterise.New(c)
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		n := 0
		for open := s.Next(); len(open) > 0; open = s.Next() {
			for _, q := range open {
				if n++; n > 150 {
					t.Fatal("the budget was not kept")
				}
				if rng.IntN(9) == 0 {
					err = s.Refuse(q.ID, rng.IntN(3)*100)
				} else {
					err = s.Answer(q.ID, rng.IntN(3) > 0)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if r := s.Report(); r.Messages != n || r.Table() == "" {
			t.Errorf("%d messages of %d", r.Messages, n)
		}
	})
}
