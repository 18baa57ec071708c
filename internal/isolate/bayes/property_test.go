package bayes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	sim "example.org/telltale/internal/isolate/filter"
)

// puzzle is a small random filter with a text that reacts.
type puzzle struct {
	text   string
	rules  []sim.Rule
	config sim.Config
}

// random makes a puzzle over a small alphabet, with rules of all sorts: short
// and long parts that overlap and hold one another, exceptions, orders.
func random(t *testing.T, rng *rand.Rand, c sim.Config) puzzle {
	t.Helper()
	for {
		p := puzzle{text: small(rng, 4+rng.IntN(8)), config: c}
		runes := []rune(p.text)
		stretch := func() string {
			lo := rng.IntN(len(runes))
			return string(runes[lo : lo+1+rng.IntN(min(4, len(runes)-lo))])
		}
		for range 1 + rng.IntN(3) {
			var r sim.Rule
			for range 1 + rng.IntN(3) {
				r.Parts = append(r.Parts, stretch())
			}
			if rng.IntN(4) == 0 {
				r.Except = [][]string{{stretch()}}
			}
			p.rules = append(p.rules, r)
		}
		p.config.Rules = p.rules
		if f, err := sim.New(p.config); err == nil && f.Reacts(p.text) && !f.Reacts("") && !f.Reacts("〇") {
			return p
		}
	}
}

func small(rng *rand.Rand, n int) string {
	alphabet := []rune("天地玄a")
	var b strings.Builder
	for range n {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

// minimal finds all minimal rules of a text by brute force: sets of up to three
// stretches that react when joined, and none of which can be cut.
func minimal(text, filler string, reacts func(string) bool) map[string]bool {
	runes := []rune(text)
	var spans [][2]int
	for lo := range runes {
		for hi := lo + 1; hi <= min(len(runes), lo+8); hi++ {
			spans = append(spans, [2]int{lo, hi})
		}
	}
	out := map[string]bool{}
	var try func(from int, chosen [][2]int)
	try = func(from int, chosen [][2]int) {
		if len(chosen) > 0 && proves(runes, chosen, filler, reacts) {
			words := make([]string, len(chosen))
			for i, s := range chosen {
				words[i] = string(runes[s[0]:s[1]])
			}
			slices.Sort(words)
			out[strings.Join(words, "+")] = true
			return
		}
		if len(chosen) == 3 {
			return
		}
		for i := from; i < len(spans); i++ {
			try(i+1, append(slices.Clone(chosen), spans[i]))
		}
	}
	try(0, nil)
	return out
}

// proves reports whether stretches react alone and stop when any is cut.
func proves(runes []rune, chosen [][2]int, filler string, reacts func(string) bool) bool {
	join := func(cut int) string {
		var pieces []string
		for i, s := range chosen {
			w := runes[s[0]:s[1]]
			if i != cut {
				pieces = append(pieces, string(w))
				continue
			}
			if len(w) > 1 {
				pieces = append(pieces, string(w[:len(w)-1]), string(w[1:]))
			}
		}
		return strings.Join(pieces, filler)
	}
	if !reacts(join(-1)) {
		return false
	}
	for i := range chosen {
		if reacts(join(i)) {
			return false
		}
	}
	return true
}

// TestAgainstBruteForce compares with all minimal rules there are.
func TestAgainstBruteForce(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	for _, kind := range []struct {
		name   string
		config sim.Config
	}{
		{"plain", sim.Config{}},
		{"ordered", sim.Config{Ordered: true}},
		{"folds", sim.Config{Folds: []sim.Fold{sim.Lower, sim.NFKC, sim.StripSpace, sim.StripPunct}}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			inconclusive, n := 0, tries(t, 40)
			for seed := range uint64(n) {
				rng := rand.New(rand.NewPCG(seed, 90))
				if !bruteForce(t, random(t, rng, kind.config), bayes.Config{Dictionary: d, Accounts: 1 + rng.IntN(4), All: rng.IntN(3) == 0}) {
					inconclusive++
				}
			}
			t.Logf("%d of %d inconclusive", inconclusive, n)
			if inconclusive > n/4 {
				t.Errorf("%d of %d inconclusive", inconclusive, n)
			}
		})
	}
}

// bruteForce solves a puzzle and reports whether the result was exact; if so
// it must be right.
func bruteForce(t *testing.T, p puzzle, c bayes.Config) bool {
	t.Helper()
	f, err := sim.New(p.config)
	if err != nil {
		t.Fatal(err)
	}
	c.Text = p.text
	h, err := bayes.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	n := 0
	for open := h.Next(); len(open) > 0; open = h.Next() {
		for _, q := range open {
			if n++; n > 2000 {
				t.Fatalf("no end: %+v", p)
			}
			if err := h.Answer(q.ID, f.Reacts(q.Text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := h.Result()
	if !r.Exact {
		if r.Why == "" {
			t.Errorf("%q, %+v: inconclusive without a reason", p.text, p.rules)
		}
		return false
	}
	truth := minimal(p.text, h.Filler(), f.Reacts)
	for _, found := range r.Rules {
		words := slices.Clone(found.Words)
		slices.Sort(words)
		if len(words) <= 3 && !truth[strings.Join(words, "+")] {
			t.Errorf("%q, %+v: found %q, which is none of %v", p.text, p.rules, words, truth)
		}
		check(t, h, found, 1)
	}
	return true
}

// check goes through a certificate with what was really put.
func check(t testing.TB, h *bayes.Hunt, f bayes.Found, votes int) {
	t.Helper()
	sent := map[string]isolate.Tally{}
	for _, r := range h.History() {
		s := sent[r.Text]
		if r.Reacted {
			s.Reacted++
		} else if !r.Refused {
			s.Silent++
		}
		sent[r.Text] = s
	}
	if err := isolate.CheckCertificate(f.Words, f.Certificate, h.Filler(), votes, sent); err != nil {
		t.Errorf("%q: %v", f.Words, err)
	}
}

// TestNoiseIsNotMistaken counts wrong results where answers are wrong now and
// then: an exact one must nearly always be right.
func TestNoiseIsNotMistaken(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	n := tries(t, 80)
	exact, wrong := 0, 0
	for seed := range uint64(n) {
		rng := rand.New(rand.NewPCG(seed, 91))
		p := random(t, rng, sim.Config{})
		for i := range p.config.Rules {
			p.config.Rules[i].Except = nil
		}
		p.config.Noise = sim.Noise{Miss: 0.04, False: 0.005, Seed: int64(seed)}
		f, err := sim.New(p.config)
		if err != nil {
			t.Fatal(err)
		}
		h, err := bayes.New(bayes.Config{Text: p.text, Dictionary: d, Noisy: true, Accounts: 1 + rng.IntN(3)})
		if err != nil {
			t.Fatal(err)
		}
		for open := h.Next(); len(open) > 0; open = h.Next() {
			a, err := f.Send(open[0].Text)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Answer(open[0].ID, a.Hit); err != nil {
				t.Fatal(err)
			}
		}
		if r := h.Result(); r.Exact {
			exact++
			check(t, h, r.Rules[0], 2)
			for i, line := range r.Rules[0].Certificate {
				if f.Reacts(line.Text) != (i == 0) {
					wrong++
					break
				}
			}
		}
		h.Close()
	}
	t.Logf("%d of %d exact, %d of them wrong", exact, n, wrong)
	if exact < n*7/10 || wrong > 1+n/25 {
		t.Error(fmt.Sprint("too few exact or too many wrong: ", exact, wrong))
	}
}
