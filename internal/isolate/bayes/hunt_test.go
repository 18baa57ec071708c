package bayes_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
)

func dictionary(t testing.TB, terms ...bayes.Term) *bayes.Dictionary {
	t.Helper()
	d, err := bayes.NewDictionary(terms)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// filter is a list of rules; a message that holds all parts of one reacts.
type filter [][]string

func (f filter) reacts(message string) bool {
	return slices.ContainsFunc(f, func(parts []string) bool { return holdsAll(message, parts) })
}

func holdsAll(message string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(message, p) })
}

// run answers a hunt to its end.
func run(t testing.TB, c bayes.Config, answer func(string) bool) bayes.Result {
	t.Helper()
	h, err := bayes.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for n := 0; ; n++ {
		open := h.Next()
		if len(open) == 0 {
			return h.Result()
		}
		if n > 3000 {
			t.Fatalf("no end after %d questions", n)
		}
		for _, q := range open {
			if err := h.Answer(q.ID, answer(q.Text)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// verify checks certificates without the search.
func verify(t testing.TB, r bayes.Result, reacts func(string) bool) {
	t.Helper()
	for _, f := range r.Rules {
		if len(f.Certificate) != len(f.Words)+1 {
			t.Fatalf("%d proofs for %d words", len(f.Certificate), len(f.Words))
		}
		for i, p := range f.Certificate {
			if reacts(p.Text) != p.Reacts || p.Reacts != (i == 0) || !p.Held {
				t.Errorf("proof %+v does not hold", p)
			}
			for j, w := range f.Words {
				if strings.Contains(p.Text, w) != (j != i-1) {
					t.Errorf("proof %d %q and word %q", i, p.Text, w)
				}
			}
		}
	}
}

const story = "早上我们在车站见面，天气很冷，大家都带了雨伞。老师说今天要去博物馆看恐龙，路上可以吃苹果和面包。" +
	"Then the train came, and everybody found a seat by the window. 下午回家以后，妹妹画了一只很大的恐龙，爸爸把它挂在墙上。"

func TestHunt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		filter filter
		want   []string
		most   int
	}{
		{"one word", filter{{"博物馆"}}, []string{"博物馆"}, 25},
		{"a single character", filter{{"伞"}}, []string{"伞"}, 40},
		{"an odd stretch", filter{{"家都带了雨"}}, []string{"家都带了雨"}, 60},
		{"two words", filter{{"苹果", "妹妹"}}, []string{"苹果", "妹妹"}, 45},
		{"overlapping words", filter{{"车站见", "站见面"}}, []string{"车站见", "站见面"}, 70},
		{"scripts", filter{{"window", "爸爸"}}, []string{"window", "爸爸"}, 45},
		{"a word that stands twice", filter{{"恐龙", "雨伞"}}, []string{"恐龙", "雨伞"}, 60},
		{"a phrase with blanks", filter{{"found a seat"}}, []string{"found a seat"}, 60},
	}
	d := dictionary(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, bayes.Config{Text: story, Dictionary: d}, c.filter.reacts)
			if !r.Exact || len(r.Rules) != 1 {
				t.Fatalf("inconclusive: %s", r.Why)
			}
			got := slices.Clone(r.Rules[0].Words)
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
			if r.Messages > c.most {
				t.Errorf("%d messages, want at most %d", r.Messages, c.most)
			}
			verify(t, r, c.filter.reacts)
		})
	}
}

// TestAgainstRandomFilters tries rules of all sorts in small random texts.
func TestAgainstRandomFilters(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	rng := rand.New(rand.NewPCG(7, 7))
	for range tries(t, 150) {
		text := randomText(rng, 20+rng.IntN(60))
		var f filter
		for range 1 + rng.IntN(3) {
			var parts []string
			for range 1 + rng.IntN(3) {
				runes := []rune(text)
				lo := rng.IntN(len(runes) - 5)
				parts = append(parts, string(runes[lo:lo+1+rng.IntN(4)]))
			}
			f = append(f, parts)
		}
		r := run(t, bayes.Config{Text: text, Dictionary: d}, f.reacts)
		if !r.Exact {
			t.Errorf("%q, %q: inconclusive: %s", text, f, r.Why)
		}
		verify(t, r, f.reacts)
	}
}

func randomText(rng *rand.Rand, n int) string {
	alphabet := []rune("天地玄黄宇宙洪荒日月盈昃，。")
	var b strings.Builder
	for range n {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

func TestAllRules(t *testing.T) {
	t.Parallel()
	f := filter{{"雨伞"}, {"苹果", "恐龙"}, {"苹果", "window"}}
	r := run(t, bayes.Config{Text: story, Dictionary: dictionary(t), All: true}, f.reacts)
	if !r.Exact || len(r.Rules) != len(f) {
		t.Fatalf("found %d rules of %d: %+v", len(r.Rules), len(f), r)
	}
	verify(t, r, f.reacts)
}

func TestNoise(t *testing.T) {
	t.Parallel()
	d, right := dictionary(t), 0
	trials := tries(t, 40)
	for seed := range uint64(trials) {
		rng := rand.New(rand.NewPCG(seed, 1))
		f := filter{{"博物馆", "妹妹"}}
		r := run(t, bayes.Config{Text: story, Dictionary: d, Noisy: true}, func(m string) bool {
			if f.reacts(m) {
				return rng.Float64() >= 0.04
			}
			return rng.Float64() < 0.005
		})
		if r.Exact && len(r.Rules) == 1 && holdsAll("博物馆 妹妹", r.Rules[0].Words) && len(r.Rules[0].Words) == 2 {
			right++
		}
	}
	if right < trials*9/10 {
		t.Errorf("%d of %d right", right, trials)
	}
}

func TestTermsShorten(t *testing.T) {
	t.Parallel()
	f := filter{{"天气很冷", "挂在墙上"}}
	plain := run(t, bayes.Config{Text: story, Dictionary: dictionary(t)}, f.reacts)
	listed := run(t, bayes.Config{Text: story, Dictionary: dictionary(t, bayes.Term{Word: "天气很冷", Rules: 9}, bayes.Term{Word: "挂在墙上", Rules: 9})}, f.reacts)
	if !listed.Exact || listed.Messages >= plain.Messages {
		t.Errorf("%d messages with the words listed, %d without", listed.Messages, plain.Messages)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	f := filter{{"博物馆", "妹妹"}}
	for _, b := range []isolate.Budget{{Questions: 5}, {Triggering: 2}} {
		r := run(t, bayes.Config{Text: story, Dictionary: dictionary(t), Budget: b}, f.reacts)
		if r.Exact || !strings.Contains(r.Why, "budget") || b.Questions > 0 && r.Messages > b.Questions || b.Triggering > 0 && r.Triggering > b.Triggering {
			t.Errorf("with %+v: %+v", b, r)
		}
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	for _, c := range []bayes.Config{
		{Text: " ", Dictionary: d}, {Text: "a\xff", Dictionary: d}, {Text: "a"}, {Text: "a", Dictionary: d, TriggerCost: -1},
		{Text: strings.Repeat("字", 30_000), Dictionary: d},
	} {
		if _, err := bayes.New(c); err == nil {
			t.Errorf("%.20q was taken", c.Text)
		}
	}
}

// FuzzAnswers gives any answers to the questions on any text: the hunt ends,
// and what it calls exact has been answered so.
func FuzzAnswers(f *testing.F) {
	f.Add("早上我们在车站见面", uint64(1), true)
	f.Add("a b c", uint64(3), false)
	d := dictionary(f)
	f.Fuzz(func(t *testing.T, text string, seed uint64, noisy bool) {
		if len(text) > 200 {
			return
		}
		c := bayes.Config{Text: text, Dictionary: d, Noisy: noisy, All: seed%2 == 0, Accounts: int(seed/2) % 5, Budget: isolate.Budget{Questions: 80}}
		h, err := bayes.New(c)
		if err != nil {
			return
		}
		defer h.Close()
		rng := rand.New(rand.NewPCG(seed, seed))
		for n := 0; len(h.Next()) > 0; n++ {
			if n > 80 {
				t.Fatal("the budget was not kept")
			}
			id := h.Next()[0].ID
			if rng.IntN(20) == 0 {
				err = h.Refuse(id, rng.IntN(3)*len([]rune(text))/2)
			} else {
				err = h.Answer(id, rng.IntN(3) == 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, found := range h.Result().Rules {
			check(t, h, found, 1)
		}
		again, err := bayes.Replay(c, h.History())
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
	})
}
