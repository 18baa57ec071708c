package screen_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/screen"
)

// filter reacts to messages that hold one of its words, or all words of a rule.
type filter struct {
	words []string
	rules [][]string
	strip bool // white space is deleted first
	miss  float64
	wrong float64
	rng   *rand.Rand
}

func (f filter) truth(text string) bool {
	if f.strip {
		text = strings.Join(strings.Fields(text), "")
	}
	holds := func(w string) bool { return strings.Contains(text, w) }
	return slices.ContainsFunc(f.words, holds) || slices.ContainsFunc(f.rules, func(rule []string) bool {
		return !slices.ContainsFunc(rule, func(w string) bool { return !holds(w) })
	})
}

func (f filter) answer(text string) bool {
	hit := f.truth(text)
	if f.rng == nil {
		return hit
	}
	if hit {
		return f.rng.Float64() >= f.miss
	}
	return f.rng.Float64() < f.wrong
}

// run answers a search to its end.
func run(tb testing.TB, c screen.Config, f filter) (s *screen.Search, messages, triggering int) {
	tb.Helper()
	s, err := screen.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	for qs := s.Next(); len(qs) > 0; qs = s.Next() {
		for _, q := range qs {
			text := s.Text(q)
			if n := len([]rune(text)); c.MaxLen > 0 && n > c.MaxLen {
				tb.Fatalf("question %d has %d characters, more than %d", q.ID, n, c.MaxLen)
			}
			messages++
			if f.truth(text) {
				triggering++
			}
			if err := s.Answer(q.ID, screen.Answer{Hit: f.answer(text)}); err != nil {
				tb.Fatal(err)
			}
			if messages > 20*len(c.Terms)+1000 {
				tb.Fatalf("no end after %d messages", messages)
			}
		}
	}
	return s, messages, triggering
}

// brute is the truth by trying every candidate: those that react and hold no
// shorter one that does.
func brute(terms []string, f filter) [][]int {
	var out [][]int
	for i, t := range terms {
		if !f.truth(t) {
			continue
		}
		smaller := slices.ContainsFunc(terms, func(u string) bool { return u != t && strings.Contains(t, u) && f.truth(u) })
		if !smaller && slices.Index(terms, t) == i {
			out = append(out, []int{i})
		}
	}
	return out
}

func sorted(sets [][]int) [][]int {
	out := slices.Clone(sets)
	slices.SortFunc(out, slices.Compare[[]int])
	return out
}

// word makes a word of a small alphabet, so that words stand in one another.
func word(rng *rand.Rand, least, most int) string {
	b := make([]rune, least+rng.IntN(most-least+1))
	for i := range b {
		b[i] = []rune("abc字詞")[rng.IntN(5)]
	}
	return string(b)
}

// seeds is how many problems are tried: a third of them if time is short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return (n + 2) / 3
	}
	return n
}

func TestFindsWhatTryingAllFinds(t *testing.T) {
	t.Parallel()
	for seed := range seeds(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var terms []string
		for range 1 + rng.IntN(120) {
			terms = append(terms, word(rng, 1, 7))
		}
		f := filter{strip: rng.IntN(3) == 0}
		for range rng.IntN(6) {
			f.words = append(f.words, word(rng, 2, 4))
		}
		c := screen.Config{Terms: terms, Sep: []string{"\n", "", " ", ", "}[rng.IntN(4)], MaxLen: 7 + rng.IntN(120), Parallel: 1 + rng.IntN(4)}
		s, _, _ := run(t, c, f)
		got := s.Result()
		if diff := cmp.Diff(brute(terms, f), sorted(got.Triggers)); diff != "" {
			t.Errorf("seed %d, filter %+v, separator %q (-all tried +screened):\n%s", seed, f, c.Sep, diff)
		}
		if !got.Done || len(got.Untested) > 0 {
			t.Errorf("seed %d: not done: %+v", seed, got)
		}
		checkProofs(t, got)
	}
}

// checkProofs reads the proofs without trusting the search: a trigger was
// sent alone and reacted, or stood in a message that reacted and all others
// of that message were in silent ones.
func checkProofs(t *testing.T, r screen.Result) {
	t.Helper()
	for _, p := range r.Proofs {
		alone, within := false, false
		silent := map[int]bool{}
		for _, test := range p.Tests {
			holds := slices.Contains(test.Items, p.Trigger[0])
			alone = alone || test.Hit && holds && len(test.Items) == 1
			for _, i := range test.Items {
				silent[i] = silent[i] || !test.Hit
			}
		}
		for _, test := range p.Tests {
			others := slices.DeleteFunc(slices.Clone(test.Items), func(i int) bool { return i == p.Trigger[0] || silent[i] })
			within = within || test.Hit && slices.Contains(test.Items, p.Trigger[0]) && len(others) == 0
		}
		if alone != p.Alone || !alone && !within {
			t.Errorf("trigger %v is not proven by %+v", p.Trigger, p.Tests)
		}
	}
}

// many makes distinct harmless terms with a few triggers among them.
func many(n, triggers int, rng *rand.Rand) (terms []string, f filter) {
	for i := range n {
		terms = append(terms, fmt.Sprintf("%c%04d%c", 'a'+rng.IntN(26), i, 'a'+rng.IntN(26)))
	}
	for _, i := range rng.Perm(n)[:triggers] {
		f.words = append(f.words, terms[i])
	}
	return terms, f
}

func TestNoiseLosesNothing(t *testing.T) {
	t.Parallel()
	found, wrong, all := 0, 0, 0
	for seed := range seeds(6) {
		rng := rand.New(rand.NewPCG(seed, 2))
		terms, f := many(1500, 15, rng)
		f.miss, f.wrong, f.rng = 0.03, 0.01, rng
		s, messages, _ := run(t, screen.Config{Terms: terms, Sep: "\n", Noisy: true}, f)
		want := brute(terms, f)
		for _, g := range s.Result().Triggers {
			if slices.ContainsFunc(want, func(w []int) bool { return slices.Equal(w, g) }) {
				found++
			} else {
				wrong++
			}
		}
		all += len(want)
		if messages > len(terms) {
			t.Errorf("seed %d: %d messages for %d candidates", seed, messages, len(terms))
		}
	}
	if found < all-1 || wrong > 1 {
		t.Errorf("found %d of %d, %d wrong", found, all, wrong)
	}
}

func TestNeighboursThatJoinAreNotTaken(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 3))
	terms, f := many(800, 3, rng)
	f.strip = true
	for i := range 60 {
		f.words = append(f.words, terms[i*7]+terms[i*11+5])
	}
	s, _, _ := run(t, screen.Config{Terms: terms, Sep: "\n"}, f)
	if diff := cmp.Diff(brute(terms, f), sorted(s.Result().Triggers)); diff != "" {
		t.Error(diff)
	}
}

func TestReplayReachesTheSameState(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	terms, f := many(400, 12, rng)
	c := screen.Config{Terms: terms, Sep: " ", MaxLen: 200, Parallel: 3}
	s, _, _ := run(t, c, f)
	history := s.History()
	for _, n := range []int{0, 1, len(history) / 2, len(history)} {
		again, err := screen.Replay(c, history[:n])
		if err != nil {
			t.Fatal(err)
		}
		for qs := again.Next(); len(qs) > 0; qs = again.Next() {
			for _, q := range qs {
				if err := again.Answer(q.ID, screen.Answer{Hit: f.answer(again.Text(q))}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := cmp.Diff(s.Result(), again.Result()); diff != "" {
			t.Errorf("after %d of %d answers (-straight +replayed):\n%s", n, len(history), diff)
		}
	}
	if _, err := screen.Replay(c, []screen.Exchange{{Question: 99}}); err == nil {
		t.Error("a history of other questions: want an error")
	}
}

func TestBudgetIsKept(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	terms, f := many(500, 40, rng)
	for _, b := range []screen.Budget{{Messages: 30}, {Triggering: 5}, {Messages: 1, Triggering: 1}} {
		s, messages, triggering := run(t, screen.Config{Terms: terms, Sep: "\n", Budget: b, Parallel: 4}, f)
		if b.Messages > 0 && messages > b.Messages || b.Triggering > 0 && triggering > b.Triggering {
			t.Errorf("budget %+v: %d messages, %d triggering", b, messages, triggering)
		}
		if r := s.Result(); r.Done || r.Why == "" || len(r.Untested) == 0 {
			t.Errorf("budget %+v: want a reason and what is left, got %+v", b, r.Why)
		}
	}
}

func TestRefusedMessagesAreCut(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 6))
	terms, f := many(300, 6, rng)
	terms = append(terms, strings.Repeat("long", 20))
	s, err := screen.New(screen.Config{Terms: terms, Sep: "\n", MaxLen: 400})
	if err != nil {
		t.Fatal(err)
	}
	for qs := s.Next(); len(qs) > 0; qs = s.Next() {
		text := s.Text(qs[0])
		a := screen.Answer{Hit: f.answer(text)}
		if len(text) > 60 {
			a = screen.Answer{Refused: true, MaxLen: 60}
		}
		if err := s.Answer(qs[0].ID, a); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Result()
	if diff := cmp.Diff(brute(terms, f), sorted(r.Triggers)); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(r.Untested, []int{300}) {
		t.Errorf("untested %v, want the long term", r.Untested)
	}
}

func TestOraclesThatContradictThemselvesEnd(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		rng := rand.New(rand.NewPCG(seed, 7))
		terms, f := many(60, 3, rng)
		f.miss, f.wrong, f.rng = 0.5, 0.5, rng
		run(t, screen.Config{Terms: terms, Sep: "\n", Noisy: seed%2 == 0, Budget: screen.Budget{Messages: 2000}}, f)
	}
}

func TestBadProblemsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]screen.Config{
		"no terms":   {},
		"empty term": {Terms: []string{"a", ""}},
		"not UTF-8":  {Terms: []string{"\xff"}},
		"size":       {Terms: []string{"a"}, MaxSize: 3},
		"budget":     {Terms: []string{"a"}, Budget: screen.Budget{Messages: -1}},
		"cost":       {Terms: []string{"a"}, TriggerCost: -1},
		"parallel":   {Terms: []string{"a"}, Parallel: -1},
	} {
		if _, err := screen.New(c); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestReplayIsExactWhereTermsHoldOneAnother(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 9))
	var terms []string
	for range 600 {
		terms = append(terms, word(rng, 1, 9))
	}
	f := filter{words: []string{"abc", "字詞a", "cc詞"}}
	c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 120}
	s, _, _ := run(t, c, f)
	for range 10 {
		again, _, _ := run(t, c, f)
		if diff := cmp.Diff(s.History(), again.History()); diff != "" {
			t.Fatalf("two runs of one problem differ:\n%s", diff)
		}
	}
}

// Candidates that react together though none does alone are no triggers: the
// inferences that such a filter makes doubtful are sent alone.
func TestRulesOfTwoMakeNoTriggers(t *testing.T) {
	t.Parallel()
	wrong, missed, found := 0, 0, 0
	for seed := range seeds(12) {
		rng := rand.New(rand.NewPCG(seed, 31))
		terms, f := many(800, 40, rng)
		for range 12 {
			f.rules = append(f.rules, []string{terms[rng.IntN(800)], terms[rng.IntN(800)]})
		}
		s, _, _ := run(t, screen.Config{Terms: terms, Sep: "\n"}, f)
		got, want := sorted(s.Result().Triggers), brute(terms, f)
		for _, g := range got {
			if !slices.ContainsFunc(want, func(w []int) bool { return slices.Equal(w, g) }) {
				wrong++
			}
		}
		missed, found = missed+len(want)-len(got), found+len(got)
	}
	t.Logf("wrong %d, missed %d of %d", wrong, missed, found)
	if wrong > 0 || missed > 0 {
		t.Errorf("%d wrong and %d missed beside %d found", wrong, missed, found)
	}
}
