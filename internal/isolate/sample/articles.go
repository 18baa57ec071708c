package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/isolate/filter"
)

// draft is an article while it is made.
type draft struct {
	m     *Maker
	rng   *rand.Rand
	k     int // parts of the first rule
	c     filter.Config
	latin bool
	// plants are put into the text, in this order if the filter wants one.
	plants []string
	// decoys are other sensitive terms that may not be put there.
	avoid []string
}

// kind of article: what it is called, how many of a full set, and what is
// special about it.
type kind struct {
	set  string
	n    int
	make func(*draft)
}

// kinds are the sets, in the order of the tables.
func kinds() []kind {
	return []kind{
		{"main", 300, (*draft).plain},
		{"overlap", 29, (*draft).overlap},
		{"latin", 30, (*draft).latinScript},
		{"mixed", 30, (*draft).mixed},
		{"maxlen", 20, (*draft).plain},
		{"ordered", 30, (*draft).ordered},
		{"norm", 30, (*draft).norm},
		{"noisy", 50, (*draft).noisy},
		{"multi", 40, (*draft).multi},
		{"extenuating", 40, (*draft).extenuating},
	}
}

// Articles makes all sets; part is the share of the full sets that is made, at
// least two articles of each. Only, if not empty, names the sets.
func (m *Maker) Articles(part float64, only []string) []Article {
	var out []Article
	for _, k := range kinds() {
		if len(only) > 0 && !slices.Contains(only, k.set) {
			continue
		}
		for i := range max(2, int(float64(k.n)*part+0.5)) {
			out = append(out, m.article(k, i))
		}
	}
	return out
}

// article makes the i-th article of a kind. Where chance made something that
// is no valid problem it begins again.
func (m *Maker) article(k kind, i int) Article {
	rng := m.rng(k.set, i)
	for {
		d := &draft{m: m, rng: rng, k: 1 + i%5, c: filter.Config{Sep: "\n"}}
		k.make(d)
		a := Article{ID: fmt.Sprintf("%s-%03d", k.set, i+1), Set: k.set, Text: d.text(), Filter: d.c}
		if k.set == "maxlen" {
			a.Filter.MaxLen = utf8.RuneCountInString(a.Text)
		}
		if a.valid() {
			return a
		}
	}
}

// text is running text with what was planted and other sensitive terms.
func (d *draft) text() string {
	n := length(d.rng)
	pieces := d.m.text(d.rng, n, d.latin)
	for range n / (25 + d.rng.IntN(45)) {
		if term := d.other(); !d.avoided(term) {
			pieces = slices.Insert(pieces, d.rng.IntN(len(pieces)), term)
		}
	}
	if !d.c.Ordered {
		d.rng.Shuffle(len(d.plants), func(i, k int) { d.plants[i], d.plants[k] = d.plants[k], d.plants[i] })
	}
	return plant(d.rng, pieces, d.plants, d.latin)
}

// other is a sensitive term that is in no rule.
func (d *draft) other() string {
	if d.latin {
		return latinWord(d.rng)
	}
	return d.m.known(d.rng)
}

func (d *draft) avoided(term string) bool {
	return slices.ContainsFunc(d.avoid, func(a string) bool { return strings.Contains(term, a) || strings.Contains(a, term) })
}

// valid reports whether an article is a fair problem: it reacts, parts hold no
// parts of their own rule, and no rule follows from another.
func (a Article) valid() bool {
	f, err := filter.New(a.Filter)
	if err != nil || !f.Reacts(a.Text) {
		return false
	}
	for i, r := range a.Filter.Rules {
		for k, p := range r.Parts {
			for l, q := range r.Parts {
				if k != l && strings.Contains(f.Fold(p), f.Fold(q)) {
					return false
				}
			}
		}
		for k, other := range a.Filter.Rules {
			if i != k && implies(f, r.Parts, other.Parts) {
				return false
			}
		}
	}
	return true
}

// implies reports whether whatever holds all of one rule holds all of another.
func implies(f *filter.Filter, one, other []string) bool {
	for _, q := range other {
		if !slices.ContainsFunc(one, func(p string) bool { return strings.Contains(f.Fold(p), f.Fold(q)) }) {
			return false
		}
	}
	return true
}
