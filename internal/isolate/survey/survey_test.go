package survey_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"example.org/telltale/internal/isolate/survey"
)

// vocabulary lists the words of a world among decoys.
func (w *world) vocabulary(rng *rand.Rand, n int) []string {
	used := map[string]bool{}
	var out []string
	put := func(words ...string) {
		for _, x := range words {
			if !used[x] {
				used[x] = true
				out = append(out, x)
			}
		}
	}
	for _, l := range w.laws {
		for _, p := range l.parts {
			put(p...)
		}
		put(l.unless...)
	}
	put(w.except...)
	put(w.extra...)
	out = append(out, decoys(rng, n, used)...)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// truth writes the rules of a world as rules are reported.
func (w *world) truth() []string {
	var out []string
	for _, l := range w.laws {
		out = append(out, l.truth(w.except))
	}
	slices.Sort(out)
	return out
}

func (l law) truth(except []string) string {
	r := survey.Rule{Effects: slices.Clone(l.effects), Boundary: survey.No}
	slices.Sort(r.Effects)
	cased := false
	for _, p := range l.parts {
		r.Parts = append(r.Parts, strings.Join(p, "/"))
		cased = cased || strings.ContainsFunc(p[0], func(c rune) bool { return unicode.ToUpper(c) != unicode.ToLower(c) })
	}
	if cased {
		r.Case = l.letters
	}
	if l.word {
		r.Boundary = survey.Yes
	}
	if len(l.parts) > 1 {
		r.Order = survey.OrderAny
		if l.listed {
			r.Order = survey.OrderListed
		}
	}
	for _, u := range l.unless {
		place := survey.Anywhere
		if l.after {
			place = survey.After
		}
		r.Unless = append(r.Unless, survey.Unless{Word: u, Place: place})
	}
	if !l.spared {
		for _, e := range except {
			r.Unless = append(r.Unless, survey.Unless{Word: e, Place: survey.Anywhere})
		}
	}
	return written(r)
}

// written is a rule as text, so that rules can be compared.
func written(r survey.Rule) string {
	parts := slices.Clone(r.Parts)
	for i, alt := range r.Alternatives {
		words := append([]string{parts[i]}, alt...)
		slices.SortFunc(words, func(a, b string) int { return len(a) - len(b) })
		parts[i] = strings.Join(words, "/")
	}
	for i, p := range parts {
		words := strings.Split(p, "/")
		slices.SortFunc(words, func(a, b string) int { return len(a) - len(b) })
		parts[i] = strings.Join(words, "/")
	}
	if r.Order != survey.OrderListed {
		slices.Sort(parts)
	}
	var unless []string
	for _, u := range r.Unless {
		unless = append(unless, fmt.Sprintf("%s (%s)", u.Word, u.Place))
	}
	slices.Sort(unless)
	return fmt.Sprintf("%s; %s; unless %s; %s; boundary %s; case %s", strings.Join(parts, " + "), r.Order, strings.Join(unless, ", "), strings.Join(r.Effects, " "), r.Boundary, r.Case)
}

// run puts a survey to a world until it ends.
func (w *world) run(tb testing.TB, c survey.Config) survey.Result {
	tb.Helper()
	s, err := survey.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	for {
		q, ok := s.Next()
		if !ok {
			return s.Result()
		}
		if err := s.Answer(q.Key, w.send(q.Body)); err != nil {
			tb.Fatal(err)
		}
	}
}

// diff compares what was found with the truth.
func (w *world) diff(r survey.Result) (missing, invented []string) {
	var got []string
	for _, x := range r.Rules {
		got = append(got, written(x))
	}
	want := w.truth()
	return subtract(want, got), subtract(got, want)
}

func subtract(a, b []string) []string {
	rest := slices.Clone(b)
	var out []string
	for _, x := range a {
		if i := slices.Index(rest, x); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			out = append(out, x)
		}
	}
	return out
}

// platformScore surveys a world with 200 decoys.
func platformScore(tb testing.TB, w world, seeds uint64) score {
	tb.Helper()
	var sum score
	for seed := range seeds {
		w.rng = rand.New(rand.NewPCG(seed, 1))
		r := w.run(tb, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(seed, 2)), 200), MaxLen: w.maxLen, Seed: seed})
		missing, more := w.diff(r)
		for _, x := range missing {
			tb.Errorf("seed %d: not found: %s", seed, x)
		}
		for _, x := range more {
			tb.Errorf("seed %d: false: %s", seed, x)
		}
		sum.add(&w, r, missing, more)
	}
	return sum
}

// TestPlatforms wants every rule exactly, none that is not there, and at most
// 40 messages a rule.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	for _, w := range platforms() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := platformScore(t, w, seeds(20))
			t.Logf("%2d rules: %s", len(w.laws), s)
			if s.messages > 40*s.rules {
				t.Error("more than 40 messages a rule")
			}
		})
	}
}

// BenchmarkSurvey prints the table of docs/design/survey.md.
func BenchmarkSurvey(b *testing.B) {
	report := func(b *testing.B, s score) {
		b.ReportMetric(100*float64(s.rules-s.lost)/float64(s.rules), "exact%")
		b.ReportMetric(float64(s.invented), "false")
		b.ReportMetric(float64(s.messages)/float64(s.rules), "messages/rule")
		b.ReportMetric(float64(s.triggering)/float64(s.rules), "triggering/rule")
	}
	for _, w := range platforms() {
		b.Run(w.name, func(b *testing.B) {
			for b.Loop() {
				report(b, platformScore(b, w, 40))
			}
		})
	}
	for name, limit := range limits() {
		b.Run("made up "+name, func(b *testing.B) {
			for b.Loop() {
				report(b, madeUpScore(b, 120, limit))
			}
		})
	}
}
