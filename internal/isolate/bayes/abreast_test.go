package bayes_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
)

// side answers a hunt a round at a time.
func side(t testing.TB, c bayes.Config, answer func(string) bool) (bayes.Result, []bayes.Record) {
	t.Helper()
	h, err := bayes.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for rounds := 0; ; rounds++ {
		open := h.Next()
		if len(open) == 0 {
			return h.Result(), h.History()
		}
		if len(open) > max(1, c.Accounts) {
			t.Fatalf("%d messages for %d accounts", len(open), c.Accounts)
		}
		if rounds > 1000 {
			t.Fatalf("no end after %d rounds", rounds)
		}
		for _, q := range open {
			if err := h.Answer(q.ID, answer(q.Text)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tries are fewer where time is short.
func tries(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		return max(1, n/4)
	}
	return n
}

func TestAccountsSaveRounds(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	rounds, messages := 0, 0
	for _, f := range []filter{
		{{"博物馆"}}, {{"苹果", "妹妹"}}, {{"车站见", "站见面"}}, {{"window", "爸爸"}}, {{"恐龙", "雨伞"}},
		{{"雨伞"}, {"苹果", "恐龙"}}, {{"雨伞", "墙上", "老师"}, {"苹果", "恐龙", "everybody"}},
	} {
		one, _ := side(t, bayes.Config{Text: story, Dictionary: d}, f.reacts)
		four, _ := side(t, bayes.Config{Text: story, Dictionary: d, Accounts: 4}, f.reacts)
		if !one.Exact || !four.Exact || one.Rounds != one.Messages {
			t.Errorf("%q: alone %+v, four %+v", f, one, four)
		}
		rounds, messages = rounds+four.Rounds, messages+one.Messages
		verify(t, four, f.reacts)
	}
	if rounds*2 > messages {
		t.Errorf("%d rounds with four accounts, %d messages with one", rounds, messages)
	}
}

func TestAccountsAgainstRandomFilters(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	for seed := range uint64(tries(t, 40)) {
		rng := rand.New(rand.NewPCG(seed, 70))
		text := randomText(rng, 20+rng.IntN(60))
		f := randomFilter(rng, text)
		r, _ := side(t, bayes.Config{Text: text, Dictionary: d, Accounts: 2 + rng.IntN(5), All: seed%3 == 0}, f.reacts)
		if !r.Exact {
			t.Errorf("%q, %q: inconclusive: %s", text, f, r.Why)
		}
		verify(t, r, f.reacts)
	}
}

// randomFilter has one to three rules of one to three stretches of the text.
func randomFilter(rng *rand.Rand, text string) (f filter) {
	runes := []rune(text)
	for range 1 + rng.IntN(3) {
		var parts []string
		for range 1 + rng.IntN(3) {
			lo := rng.IntN(len(runes) - 5)
			parts = append(parts, string(runes[lo:lo+1+rng.IntN(4)]))
		}
		f = append(f, parts)
	}
	return f
}

// TestReplayAtEveryCut stores a hunt after every answer and goes on from the
// copy.
func TestReplayAtEveryCut(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	for _, accounts := range []int{1, 4} {
		for _, noisy := range []bool{false, true} {
			t.Run(fmt.Sprint(accounts, noisy), func(t *testing.T) {
				t.Parallel()
				replayAtEveryCut(t, bayes.Config{Text: "早上我们在车站见面，天气很冷，大家都带了雨伞。", Dictionary: d, Accounts: accounts, Noisy: noisy, All: true, Budget: isolate.Budget{Questions: 60}})
			})
		}
	}
}

func replayAtEveryCut(t *testing.T, c bayes.Config) {
	f := filter{{"车站", "天气很"}, {"雨伞"}}
	h, err := bayes.New(c)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for {
		open := h.Next()
		if len(open) == 0 {
			break
		}
		q := open[rng.IntN(len(open))] // answers come in any order
		switch text := []rune(q.Text); {
		case len(text) > 27:
			err = h.Refuse(q.ID, 27)
		default:
			err = h.Answer(q.ID, f.reacts(q.Text) != (c.Noisy && rng.IntN(40) == 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := bayes.Replay(c, h.History())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(h.History(), again.History()) + cmp.Diff(h.Next(), again.Next()) + cmp.Diff(h.Result(), again.Result()); diff != "" {
			t.Fatal(diff)
		}
		h.Close()
		h = again
	}
	defer h.Close()
	if r := h.Result(); !c.Noisy && (!r.Exact || len(r.Rules) != len(f)) {
		t.Errorf("found %+v", r)
	}
}

// TestLimitIsLearned refuses long messages, telling the limit or not.
func TestLimitIsLearned(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	limit := len([]rune(story)) // pieces with fillers are longer
	f := filter{{"苹", "见", "window"}}
	for _, told := range []int{0, limit} {
		for _, accounts := range []int{1, 3} {
			h, err := bayes.New(bayes.Config{Text: story, Dictionary: d, Accounts: accounts, Sep: strings.Repeat("-", 8)})
			if err != nil {
				t.Fatal(err)
			}
			refused := 0
			for open := h.Next(); len(open) > 0; open = h.Next() {
				q := open[0]
				if len([]rune(q.Text)) > limit {
					refused++
					err = h.Refuse(q.ID, told)
				} else {
					err = h.Answer(q.ID, f.reacts(q.Text))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if r := h.Result(); !r.Exact || refused == 0 || refused > 2+accounts {
				t.Errorf("told %d, %d accounts: refused %d times, %+v", told, accounts, refused, r)
			}
			h.Close()
		}
	}
}

func TestReplayRefusesAnotherHistory(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	f := filter{{"博物馆"}}
	_, history := side(t, bayes.Config{Text: story, Dictionary: d}, f.reacts)
	if _, err := bayes.Replay(bayes.Config{Text: story + "。", Dictionary: d}, history); err == nil {
		t.Error("the history of another text was taken")
	}
	if _, err := bayes.Replay(bayes.Config{Text: story, Dictionary: d}, append(slices.Clone(history), history[0])); err == nil {
		t.Error("a history was taken that goes on after its end")
	}
}

// TestBudgetsAreKept tries budgets of all sorts, and goes on with more.
func TestBudgetsAreKept(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	for seed := range uint64(tries(t, 25)) {
		rng := rand.New(rand.NewPCG(seed, 71))
		f := filter{{"博物馆", "妹妹"}}
		c := bayes.Config{Text: story, Dictionary: d, Accounts: 1 + rng.IntN(5), Noisy: seed%4 == 0}
		b := isolate.Budget{Questions: 1 + rng.IntN(30), Triggering: 1 + rng.IntN(8), Rounds: 1 + rng.IntN(9)}
		c.Budget = b
		r, history := side(t, c, f.reacts)
		if r.Messages > b.Questions || r.Triggering > b.Triggering || r.Rounds > b.Rounds || r.Messages != len(history) {
			t.Errorf("%+v spent of %+v", r, b)
		}
		if !r.Exact && (r.Why == "" || len(r.Guess) == 0) {
			t.Errorf("inconclusive without a reason or a guess: %+v", r)
		}
		c.Budget = isolate.Budget{}
		h, err := bayes.Replay(c, history)
		if err != nil {
			t.Fatalf("budget %+v: %v", b, err)
		}
		for open := h.Next(); len(open) > 0; open = h.Next() {
			if err := h.Answer(open[0].ID, f.reacts(open[0].Text)); err != nil {
				t.Fatal(err)
			}
		}
		if !h.Result().Exact {
			t.Errorf("after more was given: %+v", h.Result())
		}
	}
}
