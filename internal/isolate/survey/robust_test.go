package survey_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/survey"
)

// platform returns a world by name.
func platform(tb testing.TB, name string) *world {
	tb.Helper()
	for _, w := range platforms() {
		if w.name == name {
			return &w
		}
	}
	tb.Fatalf("there is no world %q", name)
	return nil
}

// survey puts a survey to a world among decoys and compares with the truth.
func (w *world) survey(t *testing.T, seed uint64) survey.Result {
	t.Helper()
	w.rng = rand.New(rand.NewPCG(seed, 1))
	r := w.run(t, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(seed, 2)), 150), MaxLen: w.maxLen, Seed: seed})
	missing, more := w.diff(r)
	for _, x := range missing {
		t.Errorf("seed %d: not found: %s", seed, x)
	}
	for _, x := range more {
		t.Errorf("seed %d: false: %s", seed, x)
	}
	if r.Why != "" {
		t.Errorf("seed %d: %s", seed, r.Why)
	}
	return r
}

func seeds(n int) uint64 {
	if testing.Short() {
		return uint64(max(1, n/20))
	}
	return uint64(n)
}

func TestHonest(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		w := &world{name: "honest"}
		r := w.survey(t, seed)
		if r.Coverage.Orders.Done != r.Coverage.Orders.Of || r.Coverage.Singles.Of != 150 {
			t.Errorf("covered %+v", r.Coverage)
		}
	}
}

func TestVoids(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		w := platform(t, "xmpp")
		w.void = 0.05
		if r := w.survey(t, seed); r.Voids == 0 {
			t.Error("no message was void")
		}
	}
}

// TestUnput has a word that no message can hold.
func TestUnput(t *testing.T) {
	t.Parallel()
	for seed := range seeds(10) {
		w := platform(t, "board")
		w.except, w.unput = []string{"unsendable"}, "unsendable"
		for i := range w.laws {
			w.laws[i].spared = true
		}
		r := w.survey(t, seed)
		if !slices.Equal(r.Coverage.Unput, []string{"unsendable"}) {
			t.Errorf("seed %d: could not be put: %q", seed, r.Coverage.Unput)
		}
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		cut, refuse int
	}{{"cut", 1100, 0}, {"refused", 0, 900}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds(10) {
				w := platform(t, "board")
				w.cut, w.refuse = test.cut, test.refuse
				r := w.survey(t, seed)
				limit := max(test.cut, test.refuse)
				if r.Length == nil || r.Length.Limit > limit || r.Length.Above <= limit {
					t.Errorf("seed %d: the limit %d was taken for %+v", seed, limit, r.Length)
				}
			}
		})
	}
}

// TestInside has words that stand inside others.
func TestInside(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		for _, limit := range []int{0, 400} {
			w := &world{name: "inside", maxLen: limit, except: []string{"harvest fair"}, laws: []law{
				refuse(all("green", "magpie").fold()),
				refuse(all("pine")),
				drop(all("ash").bound()),
				copied("warden", all("rainbow").fold()),
				drop(all("thunder", "stormy night", "owl").fold()).list(),
				refuse(all("水山").but("火水山天")),
			}, extra: []string{
				"magpies", "evergreen", "pineapple", "ashes", "ash tray", "rain", "bow", "night", "stormy", "harvest", "fair",
				"owlet", "thunderbolt", "山", "水", "火水",
			}}
			if limit > 0 {
				w.laws = append(w.laws[:4], w.laws[5])
			}
			r := w.survey(t, seed)
			for _, x := range []string{"magpies", "evergreen", "pineapple", "ash tray"} {
				if !slices.Contains(r.Redundant, x) {
					t.Errorf("seed %d: %q is not said to be redundant: %q", seed, x, r.Redundant)
				}
			}
		}
	}
}

// TestMute has a server that does not send the same notice twice in a row.
func TestMute(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		w := platform(t, "irc")
		w.mute = "copy:operators"
		w.survey(t, seed)
	}
}

// TestAlways has an effect in every message, which no word causes.
func TestAlways(t *testing.T) {
	t.Parallel()
	for seed := range seeds(10) {
		w := platform(t, "search")
		w.always = []string{"footer"}
		r := w.survey(t, seed)
		if !slices.Equal(r.Always, []string{"footer"}) {
			t.Errorf("seed %d: always %q", seed, r.Always)
		}
	}
}

// TestLoses drops messages by chance: nothing may be taken for a rule by that.
func TestLoses(t *testing.T) {
	t.Parallel()
	lost, invented, rules := 0, 0, 0
	for seed := range seeds(20) {
		for _, name := range []string{"xmpp", "irc"} {
			w := platform(t, name)
			w.lose, w.rng = 0.01, rand.New(rand.NewPCG(seed, 1))
			r := w.run(t, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(seed, 2)), 150), MaxLen: w.maxLen, Seed: seed})
			missing, more := w.diff(r)
			lost, invented, rules = lost+len(missing), invented+len(more), rules+len(w.laws)
		}
	}
	t.Logf("1 %% of messages lost: of %d rules %d not found exactly, %d false", rules, lost, invented)
	if 100*lost > 2*rules || 100*invented > 2*rules {
		t.Error("more than 2 %")
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	w := platform(t, "page")
	w.rng = rand.New(rand.NewPCG(1, 1))
	w.void = 0.02
	c := survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(1, 2)), 100), Seed: 1}
	s, err := survey.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		q, ok := s.Next()
		if n%50 == 0 || !ok {
			again, err := survey.Replay(c, s.History())
			if err != nil {
				t.Fatal(err)
			}
			p, more := again.Next()
			if more != ok || !cmp.Equal(p, q) || !cmp.Equal(again.Result(), s.Result()) {
				t.Fatalf("after %d answers the replayed survey asks %+v, not %+v", n, p, q)
			}
		}
		if !ok {
			break
		}
		if err := s.Answer(q.Key, w.send(q.Body)); err != nil {
			t.Fatal(err)
		}
	}
	other := c
	other.Seed = 2
	if _, err := survey.Replay(other, s.History()); err == nil {
		t.Error("the history of another seed was taken")
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]survey.Config{
		"no terms":   {},
		"empty term": {Terms: []string{"a", ""}},
		"not UTF-8":  {Terms: []string{"\xff"}},
		"length":     {Terms: []string{"a"}, MaxLen: -1},
		"combine":    {Terms: []string{"a"}, Combine: 99},
		"repeats":    {Terms: []string{"a"}, Repeats: -2},
		"budget":     {Terms: []string{"a"}, Budget: -1},
		"separator":  {Terms: []string{"a"}, Sep: "\xff"},
	} {
		if _, err := survey.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := survey.New(survey.Config{Terms: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Answer("survey/000099", survey.Answer{}); err == nil {
		t.Error("an answer to nothing was taken")
	}
}

// TestBudget ends within the budget, whatever it is.
func TestBudget(t *testing.T) {
	t.Parallel()
	for _, budget := range []int{1, 2, 17, 120} {
		w := platform(t, "xmpp")
		w.rng = rand.New(rand.NewPCG(1, 1))
		r := w.run(t, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(1, 2)), 150), Budget: budget})
		if r.Messages != budget || r.Why == "" {
			t.Errorf("budget %d: %d messages, %q", budget, r.Messages, r.Why)
		}
		if _, more := w.diff(r); budget < 3 && len(more) > 0 {
			t.Errorf("budget %d: %q", budget, more)
		}
	}
}

// FuzzAnswers gives any answers: the survey must end within its budget.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0}, uint8(20), uint16(0))
	f.Add([]byte{1, 0, 0, 2, 0, 3, 9, 0, 0, 1}, uint8(40), uint16(60))
	f.Add([]byte{255, 7, 0, 0, 0, 0, 16, 0, 32, 64, 0, 0, 0, 1}, uint8(9), uint16(400))
	f.Fuzz(func(t *testing.T, answers []byte, words uint8, limit uint16) {
		if len(answers) == 0 {
			answers = []byte{0}
		}
		terms := decoys(rand.New(rand.NewPCG(uint64(limit), 1)), 1+int(words)%60, map[string]bool{})
		s, err := survey.New(survey.Config{Terms: terms, MaxLen: int(limit), Seed: uint64(words), Budget: 250})
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			q, ok := s.Next()
			if !ok {
				break
			}
			if n >= 250 {
				t.Fatal("the budget was exceeded")
			}
			if err := s.Answer(q.Key, anyAnswer(answers[n%len(answers)], q.Body)); err != nil {
				t.Fatal(err)
			}
		}
		if r := s.Result(); r.Messages > 250 {
			t.Errorf("%d messages", r.Messages)
		}
	})
}

func anyAnswer(b byte, body string) survey.Answer {
	var a survey.Answer
	for i, e := range []string{"refused", survey.Dropped, survey.Altered, "copy:a", survey.Ended} {
		if b>>i&1 == 1 {
			a.Effects = append(a.Effects, e)
		}
	}
	switch {
	case b&4 != 0 && b&128 != 0:
		a.Got = body[:len(body)/2]
	case b&4 != 0:
		a.Got = body[len(body)/2:]
	}
	a.Void = b&96 == 96
	return a
}

// An exception that stands in the same message as a rule's only word hides it
// there. The word must not be taken for clear in company for that.
func TestAnExceptionInTheSameMessage(t *testing.T) {
	t.Parallel()
	for seed := range seeds(20) {
		w := platform(t, "smtp")
		w.maxLen = 1200
		w.rng = rand.New(rand.NewPCG(seed, 1))
		// Every word is asked once only, as real services deserve.
		r := w.run(t, survey.Config{Terms: w.vocabulary(rand.New(rand.NewPCG(seed, 2)), 200), MaxLen: w.maxLen, Seed: seed, Repeats: 1})
		if missing, invented := w.diff(r); len(missing)+len(invented) > 0 {
			t.Errorf("seed %d: missing %q, invented %q", seed, missing, invented)
		}
		if each := float64(r.Messages) / float64(len(w.laws)); each > 45 {
			t.Errorf("seed %d: %.1f messages a rule", seed, each)
		}
	}
}
