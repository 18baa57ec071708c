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
		if testing.Verbose() && explain {
			fmt.Println(q.Key, len(q.Parts), q.Purpose, short(q.Parts), w.send(q.Body).Effects)
		}
		if err := s.Answer(q.Key, w.send(q.Body)); err != nil {
			tb.Fatal(err)
		}
	}
}

const explain = false

func short(p []string) []string {
	if len(p) > 5 {
		return nil
	}
	return p
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

func TestPlatforms(t *testing.T) {
	t.Parallel()
	seeds := 20
	if testing.Short() {
		seeds = 2
	}
	for _, w := range platforms() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			rules, messages, triggering, most := 0, 0, 0, 0
			for seed := range uint64(seeds) {
				w.rng = rand.New(rand.NewPCG(seed, 1))
				r := w.run(t, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(seed, 2)), 200), MaxLen: w.maxLen, Seed: seed})
				missing, more := w.diff(r)
				for _, x := range missing {
					t.Errorf("seed %d: not found: %s", seed, x)
				}
				for _, x := range more {
					t.Errorf("seed %d: false: %s", seed, x)
				}
				rules += len(w.laws)
				messages += r.Messages
				triggering += r.Triggering
				most = max(most, r.Messages)
				if seed == 0 {
					t.Logf("%+v %v", r.Coverage, r.Unexplained)
				}
			}
			t.Logf("%-8s %2d rules: %5.1f messages, %4.1f a rule, %4.1f of which triggering, %d at most", w.name, len(w.laws),
				float64(messages)/float64(seeds), float64(messages)/float64(rules), float64(triggering)/float64(rules), most)
		})
	}
}
