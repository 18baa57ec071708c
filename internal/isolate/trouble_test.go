package isolate_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.org/telltale/internal/isolate"
)

func TestInvertFindsWhatStopsTheReaction(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		filter     filter
		want       []string
	}{
		{"one exception", "山水 麒麟 火 kettle 木", filter{{parts: []string{"麒麟"}, without: []string{"kettle"}}}, []string{"kettle"}},
		{"the bare exception", "kettle", filter{{parts: []string{"麒麟"}, without: []string{"kettle"}}}, []string{"kettle"}},
		{"in one run", "山水火木石田土竹米羊牛果花草瓜刀弓衣麒麟舟白青天玉耳豆瓦井泉早禾", filter{{parts: []string{"麒麟"}, without: []string{"天玉"}}}, []string{"天玉"}},
		{"one of two exceptions", "aa xx bb yy cc", filter{{parts: []string{"aa"}, without: []string{"xx", "yy"}}}, []string{"xx"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conf := isolate.Config{Text: c.text, Fixed: c.filter[0].parts, Invert: true}
			s, r := run(t, conf, byFilter(c.filter))
			one := slices.Equal(r.Words, c.want) || len(r.Words) == 1 && slices.Contains(c.filter[0].without, r.Words[0])
			if !r.Exact || !one {
				t.Fatalf("found %q, exact %v (%s), want %q", r.Words, r.Exact, r.Why, c.want)
			}
			for i, p := range r.Certificate {
				if p.Reacts != (i > 0) || !p.Held || c.filter.reacts(p.Text) != p.Reacts || !strings.Contains(p.Text, c.filter[0].parts[0]) {
					t.Errorf("proof %+v", p)
				}
			}
			if r.Triggering > r.Questions || len(s.History()) != r.Questions {
				t.Errorf("%+v of %d", r, len(s.History()))
			}
		})
	}
}

func TestExceptionsInTheTextAreNoObstacle(t *testing.T) {
	t.Parallel()
	// The first rule is disabled by words of the same text, the second is live.
	text := "天地麒麟上下玛瑙左右kettle前后珊瑚里外"
	f := filter{{parts: []string{"麒麟"}, without: []string{"玛瑙"}}, {parts: []string{"珊瑚"}}}
	s, r := run(t, isolate.Config{Text: text}, byFilter(f))
	if !r.Exact || len(r.Words) != 1 || r.Words[0] != "珊瑚" && r.Words[0] != "麒麟" {
		t.Fatalf("found %q, exact %v (%s)", r.Words, r.Exact, r.Why)
	}
	verify(t, s, r, f.reacts)
}

func TestFixedWordsAreSentAlong(t *testing.T) {
	t.Parallel()
	f := filter{{parts: []string{"麒麟", "kettle"}}}
	_, r := run(t, isolate.Config{Text: "天地kettle上下", Fixed: []string{"麒麟"}}, byFilter(f))
	if !r.Exact || !slices.Equal(r.Words, []string{"kettle"}) {
		t.Errorf("%+v", r)
	}
}

func TestContradictionsEndInconclusive(t *testing.T) {
	t.Parallel()
	never := func(isolate.Question) bool { return false }
	always := func(isolate.Question) bool { return true }
	for _, text := range []string{"ab", "麒麟", strings.Repeat("天地人和", 60)} {
		_, r := run(t, isolate.Config{Text: text}, never)
		if r.Exact || !strings.Contains(r.Why, "whole text did not do it again") {
			t.Errorf("%.10s, never reacts: %+v", text, r)
		}
		_, r = run(t, isolate.Config{Text: text}, always)
		if r.Exact && len([]rune(strings.Join(r.Words, ""))) != 1 || r.Questions > 200 {
			t.Errorf("%.10s, always reacts: %+v", text, r)
		}
	}
	// A filter that counts: it reacts to every other message.
	n := 0
	_, r := run(t, isolate.Config{Text: strings.Repeat("天地人和", 60)}, func(isolate.Question) bool { n++; return n%2 == 0 })
	if !r.Exact && r.Why == "" {
		t.Errorf("no reason: %+v", r)
	}
}

func TestLostAnswersAreNeverAnExactWrongResult(t *testing.T) {
	t.Parallel()
	right, wrong := 0, 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 2))
		text, f := article(rng, 80, 1+rng.IntN(3))
		_, r := run(t, isolate.Config{Text: text}, func(q isolate.Question) bool { return f.reacts(q.Text) && rng.IntN(100) >= 5 })
		switch {
		case r.Exact && slices.Equal(slices.Sorted(slices.Values(r.Words)), f[0].reduced()):
			right++
		case r.Exact:
			// Lost answers in the proof itself: only repeating helps, which is
			// up to whoever answers.
			wrong++
		case r.Why == "":
			t.Fatalf("seed %d: inconclusive without a reason", seed)
		}
	}
	t.Logf("5 %% of reactions lost, nothing repeated: %d of 200 exact and right, %d exact and wrong", right, wrong)
	if right < 150 || wrong > 10 {
		t.Errorf("%d right, %d wrong", right, wrong)
	}
}

func TestBudgetIsKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		text, f := article(rng, 5+rng.IntN(80), 1+rng.IntN(4))
		c := isolate.Config{Text: text, Parallel: 1 + rng.IntN(6), Budget: isolate.Budget{Questions: rng.IntN(40), Triggering: rng.IntN(15)}}
		s, err := isolate.New(c)
		if err != nil {
			t.Fatal(err)
		}
		asked, triggering := 0, 0
		for batch := s.Next(); len(batch) > 0; batch = s.Next() {
			for _, q := range batch {
				asked++
				reacts := f.reacts(q.Text)
				if rng.IntN(8) == 0 {
					err = s.Void(q.ID)
				} else {
					if reacts {
						triggering++
					}
					err = s.Answer(q.ID, reacts)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		b := c.Budget
		if b.Questions > 0 && asked > b.Questions || b.Triggering > 0 && triggering > b.Triggering {
			t.Fatalf("asked %d, triggering %d, budget %+v", asked, triggering, b)
		}
		r := s.Result()
		if !r.Exact && r.Why == "" || r.Exact && !slices.Equal(slices.Sorted(slices.Values(r.Words)), f[0].reduced()) {
			t.Fatalf("%+v", r)
		}
		if r.Triggering != triggering {
			t.Fatalf("%d triggering, want %d", r.Triggering, triggering)
		}
	})
}

func TestVoidQuestionsArePutAgain(t *testing.T) {
	t.Parallel()
	s, err := isolate.New(isolate.Config{Text: "麒麟"})
	if err != nil {
		t.Fatal(err)
	}
	s.Next()
	if err := s.Void("q001"); err != nil {
		t.Fatal(err)
	}
	batch := s.Next()
	if len(batch) != 2 || batch[0].ID != "q002" || batch[1].ID != "q001.2" || batch[1].Text != "麒麟" {
		t.Fatalf("after a void: %+v", batch)
	}
	for _, bad := range []error{s.Void("q001"), s.Answer("q001", true), s.Answer("q009", true)} {
		if bad == nil {
			t.Error("an answer to nothing was taken")
		}
	}
	for _, id := range []string{"q001.2", "q001.3", "q001.4"} {
		if err := s.Void(id); err != nil {
			t.Fatal(err)
		}
	}
	if r := s.Result(); !s.Done() || len(s.Next()) > 0 || r.Exact || !strings.Contains(r.Why, "void 4 times") || r.Voids != 4 {
		t.Errorf("%+v", r)
	}
}

func TestReplayReachesTheSameState(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 4))
		text, f := article(rng, 40, 1+rng.IntN(3))
		c := isolate.Config{Text: text, Parallel: 1 + rng.IntN(3)}
		s, err := isolate.New(c)
		if err != nil {
			t.Fatal(err)
		}
		for batch := s.Next(); len(batch) > 0; batch = s.Next() {
			q := batch[rng.IntN(len(batch))] // answers come in any order
			if rng.IntN(9) == 0 {
				err = s.Void(q.ID)
			} else {
				err = s.Answer(q.ID, f.reacts(q.Text))
			}
			if err != nil {
				t.Fatal(err)
			}
			again, err := isolate.Replay(c, s.History())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.History(), again.History()); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(s.Next(), again.Next()); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(s.Result(), again.Result()); diff != "" {
				t.Fatal(diff)
			}
		}
	}
	s, _ := run(t, isolate.Config{Text: "麒麟"}, byFilter(filter{{parts: []string{"麒麟"}}}))
	if _, err := isolate.Replay(isolate.Config{Text: "麒鳞"}, s.History()); err == nil {
		t.Error("the history of another text was taken")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []isolate.Config{
		{}, {Text: "  \n"}, {Text: "\xff"}, {Text: strings.Repeat("a", 100_001)}, {Text: "a", Invert: true},
		{Text: "a", TriggerCost: -1}, {Text: "a", Parallel: -1}, {Text: "a", Parallel: 1000}, {Text: "a", Budget: isolate.Budget{Questions: -1}},
	} {
		if _, err := isolate.New(c); err == nil {
			t.Errorf("%.60v was taken", c)
		}
	}
}

// FuzzAnswers lets chance answer: the search must end, within its budget, and
// give a reason if it is not exact.
func FuzzAnswers(f *testing.F) {
	f.Add("麒麟 kettle", []byte{1, 0, 1, 1, 0, 2, 1}, false)
	f.Add(strings.Repeat("天地人和，", 30), []byte{0, 1, 1, 0, 1}, true)
	f.Fuzz(func(t *testing.T, text string, answers []byte, invert bool) {
		if len(text) > 3000 || len(answers) == 0 {
			return
		}
		c := isolate.Config{Text: text, Invert: invert, Fixed: []string{"x"}, Parallel: int(answers[0]) % 4}
		s, err := isolate.New(c)
		if err != nil {
			return
		}
		n := 0
		for batch := s.Next(); len(batch) > 0; batch = s.Next() {
			for _, q := range batch {
				a := answers[n%len(answers)] + byte(n/len(answers))
				if n++; n > 5000 {
					t.Fatal("no end")
				}
				if a%16 == 15 {
					err = s.Void(q.ID)
				} else {
					err = s.Answer(q.ID, a%2 == 1)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		r := s.Result()
		if !s.Done() || !r.Exact && r.Why == "" {
			t.Fatalf("%+v", r)
		}
		if _, err := isolate.Replay(c, s.History()); err != nil {
			t.Fatal(err)
		}
	})
}
