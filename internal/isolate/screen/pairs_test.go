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

// brutePairs is the truth by trying every candidate and every two of them.
func brutePairs(terms []string, sep string, f filter) [][]int {
	out := brute(terms, f)
	for i, a := range terms {
		for j, b := range terms[:i] {
			if f.truth(a) || f.truth(b) || slices.Index(terms, a) != i || slices.Index(terms, b) != j {
				continue
			}
			if f.truth(a+sep+b) || f.truth(b+sep+a) {
				out = append(out, []int{j, i})
			}
		}
	}
	return sorted(out)
}

// inOrder sorts the members of each set, and the sets.
func inOrder(sets [][]int) [][]int {
	var out [][]int
	for _, set := range sets {
		out = append(out, slices.Sorted(slices.Values(set)))
	}
	return sorted(out)
}

// sent is a message that was really sent, and what came of it.
type sent struct {
	items []int
	hit   bool
}

// runSent answers a search to its end and keeps what was sent.
func runSent(tb testing.TB, c screen.Config, f filter) (s *screen.Search, log []sent) {
	tb.Helper()
	s, err := screen.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	n := len(c.Terms)
	for qs := s.Next(); len(qs) > 0; qs = s.Next() {
		for _, q := range qs {
			text := s.Text(q)
			if c.MaxLen > 0 && len([]rune(text)) > c.MaxLen {
				tb.Fatalf("question %d is too long", q.ID)
			}
			m := sent{hit: f.answer(text)}
			for _, p := range q.Pieces {
				if p.Term >= 0 {
					m.items = append(m.items, p.Term)
				}
			}
			log = append(log, m)
			if err := s.Answer(q.ID, screen.Answer{Hit: m.hit}); err != nil {
				tb.Fatal(err)
			}
			if len(log) > n*n+20*n+1000 {
				tb.Fatalf("no end after %d messages", len(log))
			}
		}
	}
	return s, log
}

// certified reads what was sent without trusting the search: the set reacted
// alone, or in a message of which all other candidates and pairs were in
// silent ones, and each part of it was silent; or it holds such a set.
func certified(terms []string, set []int, log []sent, found [][]int) bool {
	silent := func(items ...int) bool {
		return slices.ContainsFunc(log, func(m sent) bool {
			return !m.hit && !slices.ContainsFunc(items, func(i int) bool {
				return !slices.ContainsFunc(m.items, func(k int) bool { return strings.Contains(terms[k], terms[i]) })
			})
		})
	}
	if len(set) == 2 && (!silent(set[0]) || !silent(set[1])) {
		return false
	}
	proves := func(m sent) bool {
		if !m.hit || slices.ContainsFunc(set, func(i int) bool { return !slices.Contains(m.items, i) }) {
			return false
		}
		for k, a := range m.items {
			for _, b := range m.items[:k+1] {
				pair := slices.Compact(slices.Sorted(slices.Values([]int{a, b})))
				if !slices.Equal(pair, set) && !silent(a, b) {
					return false
				}
			}
		}
		return true
	}
	alone := func(m sent) bool { return m.hit && slices.Equal(slices.Sorted(slices.Values(m.items)), set) }
	return slices.ContainsFunc(log, alone) || slices.ContainsFunc(log, proves) || slices.ContainsFunc(found, func(g []int) bool {
		return len(g) == 2 && !slices.Equal(g, set) && holdsPair(terms, set, g)
	})
}

// holdsPair says whether pair g stands in set.
func holdsPair(terms []string, set, g []int) bool {
	in := func(i, j int) bool { return strings.Contains(terms[set[i]], terms[g[j]]) }
	return in(0, 0) && in(1, 1) || in(0, 1) && in(1, 0)
}

func TestPairsAreThoseThatTryingAllFinds(t *testing.T) {
	t.Parallel()
	for seed := range seeds(150) {
		rng := rand.New(rand.NewPCG(seed, 11))
		var terms []string
		for range 2 + rng.IntN(50) {
			terms = append(terms, word(rng, 1, 6))
		}
		var f filter
		for range rng.IntN(3) {
			f.words = append(f.words, word(rng, 3, 4))
		}
		for range rng.IntN(5) {
			f.rules = append(f.rules, []string{terms[rng.IntN(len(terms))], terms[rng.IntN(len(terms))]})
		}
		c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 14 + rng.IntN(100), MaxSize: 2, Parallel: 1 + rng.IntN(3)}
		s, log := runSent(t, c, f)
		got := s.Result()
		found := inOrder(got.Triggers)
		if diff := cmp.Diff(brutePairs(terms, c.Sep, f), found); diff != "" {
			t.Errorf("seed %d, terms %q, filter %+v (-all tried +screened):\n%s", seed, terms, f, diff)
		}
		if !got.Done || len(got.Untested) > 0 {
			t.Errorf("seed %d: not done: %+v", seed, got.Why)
		}
		for _, set := range found {
			if !certified(terms, set, log, found) {
				t.Errorf("seed %d, filter %+v: %v of %q is not proven by what was sent", seed, f, set, terms)
			}
		}
	}
}

// manyPairs makes distinct terms of which none stands in another, a few
// triggers and a few pairs.
func manyPairs(n, singles, pairs int, rng *rand.Rand) (terms []string, f filter) {
	for i := range n {
		terms = append(terms, fmt.Sprintf("%c%03d%c", 'a'+rng.IntN(26), i, 'a'+rng.IntN(26)))
	}
	order := rng.Perm(n)
	for _, i := range order[:singles] {
		f.words = append(f.words, terms[i])
	}
	for k := range pairs {
		f.rules = append(f.rules, []string{terms[order[singles+2*k]], terms[order[singles+2*k+1]]})
	}
	return terms, f
}

func TestPairsNeedFewMessages(t *testing.T) {
	t.Parallel()
	messages, triggering, sets := 0, 0, 0
	for seed := range seeds(4) {
		terms, f := manyPairs(200, 2, 6, rand.New(rand.NewPCG(seed, 12)))
		c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 800, MaxSize: 2}
		s, log := runSent(t, c, f)
		if diff := cmp.Diff(brutePairs(terms, c.Sep, f), inOrder(s.Result().Triggers)); diff != "" {
			t.Errorf("seed %d:\n%s", seed, diff)
		}
		for _, m := range log {
			messages++
			if m.hit {
				triggering++
			}
		}
		sets += 8
	}
	// The bound of the bare prevalence is 13 bits for each set.
	if messages > 25*sets || triggering > 8*sets {
		t.Errorf("%d messages, %d triggering, for %d sets", messages, triggering, sets)
	}
}

func TestPairsUnderNoise(t *testing.T) {
	t.Parallel()
	found, wrong, all := 0, 0, 0
	for seed := range seeds(8) {
		rng := rand.New(rand.NewPCG(seed, 13))
		terms, f := manyPairs(150, 2, 4, rng)
		f.miss, f.wrong, f.rng = 0.02, 0.005, rng
		c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 700, MaxSize: 2, Noisy: true}
		s, _ := runSent(t, c, f)
		want := brutePairs(terms, c.Sep, f)
		for _, g := range inOrder(s.Result().Triggers) {
			if slices.ContainsFunc(want, func(w []int) bool { return slices.Equal(w, g) }) {
				found++
			} else {
				wrong++
			}
		}
		all += len(want)
	}
	if found < all-1 || wrong > 1 {
		t.Errorf("found %d of %d, %d wrong", found, all, wrong)
	}
}

// Rules of three words react though no two of them do: they are kept apart,
// and no pair is made of them.
func TestRulesOfThreeMakeNoPairs(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		rng := rand.New(rand.NewPCG(seed, 14))
		terms, f := manyPairs(60, 1, 2, rng)
		f.rules = append(f.rules, []string{terms[3], terms[17], terms[40]}, []string{terms[3], terms[18], terms[41]})
		c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 400, MaxSize: 2}
		s, _ := runSent(t, c, f)
		if diff := cmp.Diff(brutePairs(terms, c.Sep, f), inOrder(s.Result().Triggers)); diff != "" {
			t.Errorf("seed %d (-all tried +screened):\n%s", seed, diff)
		}
	}
}

func TestPairsAreReplayed(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(15, 15))
	terms, f := manyPairs(80, 2, 4, rng)
	terms = append(terms, terms[5]+"x", "y"+terms[5], terms[5][1:])
	f.rules = append(f.rules, []string{terms[5], terms[6]})
	c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 300, MaxSize: 2, Parallel: 2}
	s, _ := runSent(t, c, f)
	history := s.History()
	for _, n := range []int{0, 1, len(history) / 3, len(history)} {
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
}

// A filter that strips blanks reacts to two neighbours that make a word: they
// are no pair.
func TestNeighboursThatJoinAreNoPairs(t *testing.T) {
	t.Parallel()
	for seed := range seeds(12) {
		rng := rand.New(rand.NewPCG(seed, 16))
		terms, f := manyPairs(120, int(seed%2), 3, rng)
		f.strip = true
		for i := range 10 {
			f.words = append(f.words, terms[i*7]+terms[i*11+5])
		}
		c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 400, MaxSize: 2}
		s, _ := runSent(t, c, f)
		want := brute(terms, f)
		for _, rule := range f.rules {
			want = append(want, []int{slices.Index(terms, rule[0]), slices.Index(terms, rule[1])})
		}
		if diff := cmp.Diff(inOrder(want), inOrder(s.Result().Triggers)); diff != "" {
			t.Errorf("seed %d (-are pairs +screened):\n%s", seed, diff)
		}
	}
}
