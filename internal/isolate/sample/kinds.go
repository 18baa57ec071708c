package sample

import (
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/isolate/filter"
)

// parts draws n parts.
func (d *draft) parts(n int) []string {
	var out []string
	for len(out) < n {
		out = append(out, d.m.part(d.rng))
	}
	return out
}

// rule adds a rule whose parts are planted as they are.
func (d *draft) rule(parts ...string) {
	d.c.Rules = append(d.c.Rules, filter.Rule{Parts: parts})
	d.plants, d.avoid = append(d.plants, parts...), append(d.avoid, parts...)
}

func (d *draft) plain() { d.rule(d.parts(d.k)...) }

// overlap makes two parts that share a character, and more parts besides.
func (d *draft) overlap() {
	one, tail := d.m.part(d.rng), d.m.word(d.rng)
	last, _ := utf8.DecodeLastRuneInString(one)
	other := string(last) + tail
	d.rule(d.parts(d.k / 3)...)
	d.c.Rules[0].Parts = append(d.c.Rules[0].Parts, one, other)
	d.plants = append(d.plants, one+tail)
	d.avoid = append(d.avoid, one, other)
}

// latinScript makes English text; every other filter ignores case.
func (d *draft) latinScript() {
	d.latin = true
	var parts []string
	for range 1 + d.k/2 {
		part := latinWord(d.rng)
		switch d.rng.IntN(4) {
		case 0:
			part += " " + latinWord(d.rng)
		case 1:
			part = pick(d.rng, strings.Fields(common)) + " " + part
		}
		parts = append(parts, part)
	}
	d.rule(parts...)
	if d.k%2 == 0 {
		d.c.Folds = []filter.Fold{filter.Lower}
		for i, p := range d.plants {
			d.plants[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
}

// mixed makes rules of Chinese and Latin parts.
func (d *draft) mixed() {
	parts := d.parts(max(1, d.k-1))
	switch d.rng.IntN(3) {
	case 0:
		parts = append(parts, latinWord(d.rng))
	case 1:
		parts = append(parts, latinWord(d.rng)[:2])
	default:
		parts[0] += latinWord(d.rng)[:3]
	}
	d.rule(parts...)
}

// ordered makes a filter that wants the parts in order; every other text
// holds the last part also before the first.
func (d *draft) ordered() {
	d.c.Ordered = true
	d.rule(d.parts(max(2, d.k))...)
	if d.rng.IntN(2) == 0 {
		d.plants = slices.Insert(d.plants, 0, d.plants[len(d.plants)-1])
	}
}

// noisy loses 2, 3 or 5 % of reactions and sees some where there are none.
func (d *draft) noisy() {
	d.plain()
	d.c.Noise = filter.Noise{Miss: pick(d.rng, []float64{0.02, 0.03, 0.05}), False: 0.005, Seed: d.rng.Int64N(1 << 31)}
}

// multi makes two to four rules, some of which share a part.
func (d *draft) multi() {
	for i := range 2 + d.rng.IntN(3) {
		parts := d.parts(1 + d.rng.IntN(3))
		if i > 0 && d.rng.Float64() < 0.3 {
			parts[0] = pick(d.rng, d.c.Rules[0].Parts)
		}
		d.rule(parts...)
	}
}

// extenuating makes rules with exceptions. Every other text holds another
// rule, too, and what disables it.
func (d *draft) extenuating() {
	d.rule(d.parts(1 + d.k%2)...)
	d.c.Rules[0].Except = d.exceptions()
	if d.k%2 == 0 {
		return
	}
	d.rule(d.parts(1 + d.rng.IntN(2))...)
	off := d.m.sensitive(d.rng)
	d.c.Rules[1].Except = append(d.exceptions(), []string{off})
	d.plants, d.avoid = append(d.plants, off), append(d.avoid, off)
}

// exceptions are words that are not in the text, some of them in twos.
func (d *draft) exceptions() [][]string {
	var out [][]string
	for range 3 + d.rng.IntN(6) {
		set := []string{d.m.part(d.rng)}
		if d.rng.IntN(3) == 0 {
			set = append(set, d.m.part(d.rng))
		}
		d.avoid, out = append(d.avoid, set...), append(out, set)
	}
	return out
}

// foldings of filters that do not compare what was typed.
func foldings() [][]filter.Fold {
	return [][]filter.Fold{
		{filter.NFKC, filter.Lower},
		{filter.NFKC, filter.Lower, filter.Simplify},
		{filter.StripSpace},
		{filter.Lower, filter.StripSpace, filter.StripPunct},
		{filter.NFKC, filter.Lower, filter.Simplify, filter.StripSpace, filter.StripPunct},
	}
}

// norm makes filters that fold, and writes parts in a way that only folding
// undoes.
func (d *draft) norm() {
	d.c.Folds = pick(d.rng, foldings())
	d.c.Simple = simplified()
	parts := d.parts(max(1, d.k-1))
	if d.rng.IntN(2) == 0 {
		parts[0] += latinWord(d.rng)[:2]
	}
	d.rule(parts...)
	for i, p := range d.plants {
		d.plants[i] = d.written(p)
	}
}

// written writes a part differently.
func (d *draft) written(part string) string {
	has := func(f filter.Fold) bool { return slices.Contains(d.c.Folds, f) }
	traditional := map[rune]rune{}
	for t, s := range d.c.Simple {
		traditional[s] = t
	}
	at := 1 + d.rng.IntN(utf8.RuneCountInString(part))
	var b strings.Builder
	for i, r := range []rune(part) {
		switch {
		case i == at && has(filter.StripPunct):
			b.WriteString(pick(d.rng, []string{"*", "-", "·", "…"}))
		case i == at && has(filter.StripSpace):
			b.WriteString(pick(d.rng, []string{" ", "　", "\n"}))
		}
		latin := r >= 'a' && r <= 'z'
		switch t, ok := traditional[r]; {
		case ok && has(filter.Simplify):
			r = t
		case latin && has(filter.NFKC):
			r += 'ａ' - 'a'
		case latin && has(filter.Lower):
			r += 'A' - 'a'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// simplified maps some traditional characters to simplified ones.
func simplified() map[rune]rune {
	const pairs = "國国學学會会們们來来時时個个為为這这對对發发過过說说經经現现動动開开長长間间問问題题體体關关機机點点實实業业" +
		"當当電电應应產产東东車车門门馬马風风飛飞龍龙頭头願愿黨党區区單单衛卫歷历號号員员團团圖图場场報报處处備备軍军農农書书記记"
	out := map[rune]rune{}
	runes := []rune(pairs)
	for i := 0; i+1 < len(runes); i += 2 {
		out[runes[i]] = runes[i+1]
	}
	return out
}
