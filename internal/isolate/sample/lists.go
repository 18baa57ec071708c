package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/isolate/filter"
)

// shape is one list to make.
type shape struct {
	set, id string
	terms   int
	// share of the terms that react.
	share  float64
	maxLen int
	noise  filter.Noise
	make   func(*Maker, *rand.Rand, shape) List
}

// shapes are the lists, in the order of the tables.
func shapes() []shape {
	var out []shape
	for _, s := range []shape{
		{terms: 10_000, share: 0.0005, maxLen: 2000}, {terms: 10_000, share: 0.002, maxLen: 500},
		{terms: 10_000, share: 0.01, maxLen: 500}, {terms: 8000, share: 0.02, maxLen: 120},
		{terms: 6000, share: 0.05, maxLen: 60}, {terms: 3000, share: 0.1, maxLen: 500},
		{terms: 2000, share: 0.2, maxLen: 500}, {terms: 1500, share: 0.3, maxLen: 200},
	} {
		s.set, s.id, s.make = "prevalence", fmt.Sprintf("share %g, messages of %d", s.share, s.maxLen), (*Maker).plainList
		out = append(out, s)
	}
	out = append(out,
		shape{set: "natural", id: "themes, messages of 500", terms: 10_000, share: 0.006, maxLen: 500, make: (*Maker).themes},
		shape{set: "natural", id: "themes, messages of 1000", terms: 10_000, share: 0.003, maxLen: 1000, make: (*Maker).themes})
	for i, z := range []filter.Noise{{Miss: 0.01}, {Miss: 0.03, False: 0.005}, {Miss: 0.02, False: 0.01}, {False: 0.03}} {
		z.Seed = int64(1000 + i)
		out = append(out, shape{
			set: "noise", id: fmt.Sprintf("missed %g, false %g", z.Miss, z.False), terms: 3000, share: []float64{0.005, 0.005, 0.02, 0.05}[i],
			maxLen: []int{500, 500, 200, 500}[i], noise: z, make: (*Maker).plainList,
		})
	}
	for _, trap := range []string{"inside", "inside only", "joined by stripping", "joined by an empty separator"} {
		out = append(out, shape{set: "traps", id: trap, terms: 1400, maxLen: 300, make: (*Maker).traps})
	}
	for i, n := range []int{120, 300, 600, 300} {
		s := shape{set: "pairs", id: fmt.Sprintf("%d terms", n), terms: n, maxLen: []int{500, 1000, 2000, 1000}[i], make: (*Maker).pairList}
		if i == 3 {
			s.id, s.noise = s.id+", noisy", filter.Noise{Miss: 0.02, False: 0.005, Seed: 77}
		}
		out = append(out, s)
	}
	return out
}

// Lists makes all sets; part is the share of the terms of the full lists, at
// least 60. Only, if not empty, names the sets.
func (m *Maker) Lists(part float64, only []string) []List {
	var out []List
	for i, s := range shapes() {
		if len(only) > 0 && !slices.Contains(only, s.set) {
			continue
		}
		s.terms = max(60, int(float64(s.terms)*part))
		l := s.make(m, m.rng("list "+s.set, i), s)
		l.ID, l.Set = s.id, s.set
		l.Filter.MaxLen, l.Filter.Noise = s.maxLen, s.noise
		out = append(out, l)
	}
	return out
}

// candidates are n different terms: words, several words joined, names, Latin
// ones and addresses. Some hold a theme.
func (m *Maker) candidates(rng *rand.Rand, n int, themes []string) []string {
	seen := map[string]bool{}
	var out []string
	for len(out) < n {
		var s string
		switch x := rng.Float64(); {
		case x < 0.1:
			s = latinWord(rng)
		case x < 0.15:
			s = "www." + latinWord(rng) + pick(rng, []string{".com", ".net", ".info"})
		case x < 0.35 && len(themes) > 0:
			s = m.word(rng) + pick(rng, themes) + m.word(rng)
		case x < 0.5:
			s = m.sensitive(rng) + m.word(rng) + m.word(rng)
		default:
			s = m.sensitive(rng)
		}
		if utf8.RuneCountInString(s) >= 2 && !seen[s] {
			seen[s], out = true, append(out, s)
		}
	}
	return out
}

// themesOf are words that candidates share.
func (m *Maker) themesOf(rng *rand.Rand, n int) []string {
	var out []string
	for range n {
		out = append(out, m.sensitive(rng))
	}
	return out
}

// plainList reacts to a share of the terms, half of them by themes, and to
// words that are not asked about.
func (m *Maker) plainList(rng *rand.Rand, s shape) List {
	themes := m.themesOf(rng, 20)
	l := List{MaxSize: 1, Filter: filter.Config{Sep: "\n"}, Terms: m.candidates(rng, s.terms, themes)}
	hot := themes[:3]
	order := rng.Perm(len(l.Terms))
	slices.SortStableFunc(order, func(a, b int) int {
		return boolInt(hasAny(l.Terms[b], hot)) - boolInt(hasAny(l.Terms[a], hot))
	})
	want := max(1, int(math.Round(s.share*float64(s.terms))))
	for i := range want {
		at := order[i/2] // half by theme
		if i%2 == 1 {
			at = order[len(order)-1-i/2]
		}
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{l.Terms[at]}})
	}
	return l.without(s.share)
}

// without leaves out terms that only hold a trigger, where triggers are to be
// a certain share.
func (l List) without(share float64) List {
	words := map[string]bool{}
	for _, r := range l.Filter.Rules {
		words[r.Parts[0]] = true
	}
	f, err := filter.New(l.Filter)
	if err != nil || share == 0 {
		return l
	}
	l.Terms = slices.DeleteFunc(l.Terms, func(t string) bool { return !words[t] && f.Reacts(t) })
	return l
}

func hasAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// themes reacts to whatever holds some words, as real lists fall: many
// triggers, and many terms that only hold one.
func (m *Maker) themes(rng *rand.Rand, s shape) List {
	themes := m.themesOf(rng, 60)
	l := List{MaxSize: 1, Filter: filter.Config{Sep: "\n"}, Terms: m.candidates(rng, s.terms, themes)}
	for _, t := range themes[:25] {
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{t}})
	}
	for range int(float64(s.terms) * s.share) {
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{pick(rng, l.Terms)}})
	}
	return l
}

// traps reacts to words that stand inside longer terms, or that two terms make
// where they meet.
func (m *Maker) traps(rng *rand.Rand, s shape) List {
	l := List{MaxSize: 1, Joins: true, Filter: filter.Config{Sep: "\n"}, Terms: m.candidates(rng, s.terms, nil)}
	for range 12 {
		word := m.sensitive(rng)
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{word}})
		runes := []rune(word)
		cut := 1 + rng.IntN(len(runes)-1)
		switch s.id {
		case "inside", "inside only":
			for range 3 + rng.IntN(8) {
				l.Terms = append(l.Terms, m.word(rng)+word+m.word(rng))
			}
			if s.id == "inside" {
				l.Terms = append(l.Terms, word)
			}
		case "joined by stripping":
			l.Filter.Folds = []filter.Fold{filter.StripSpace}
			l.Terms = append(l.Terms, m.word(rng)+string(runes[:cut]), string(runes[cut:])+m.word(rng))
		default:
			l.Filter.Sep = ""
			l.Terms = append(l.Terms, m.word(rng)+string(runes[:cut]), string(runes[cut:])+m.word(rng))
		}
	}
	for range 4 { // and some that react alone
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{pick(rng, l.Terms)}})
	}
	if strings.HasPrefix(s.id, "inside") { // else neighbours stay neighbours
		rng.Shuffle(len(l.Terms), func(i, k int) { l.Terms[i], l.Terms[k] = l.Terms[k], l.Terms[i] })
	}
	seen := map[string]bool{}
	l.Terms = slices.DeleteFunc(l.Terms, func(t string) bool {
		defer func() { seen[t] = true }()
		return seen[t]
	})
	return l
}

// pairList reacts to some pairs of terms and a few single ones.
func (m *Maker) pairList(rng *rand.Rand, s shape) List {
	l := List{MaxSize: 2, Filter: filter.Config{Sep: "\n"}, Terms: m.candidates(rng, s.terms, nil)}
	for range max(3, s.terms/35) {
		a, b := pick(rng, l.Terms), pick(rng, l.Terms)
		if a == b || strings.Contains(a, b) || strings.Contains(b, a) {
			continue
		}
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{a, b}})
	}
	for range max(1, s.terms/200) {
		l.Filter.Rules = append(l.Filter.Rules, filter.Rule{Parts: []string{pick(rng, l.Terms)}})
	}
	return l
}
