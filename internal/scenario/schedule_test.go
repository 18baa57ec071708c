package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.org/telltale"
	"example.org/telltale/internal/scenario"
)

// sample is a scenario with words of many shapes.
func sample(seed uint64) telltale.Scenario {
	s := scenario.Defaults()
	s.Name, s.App.Name = "case", "Chat"
	s.Seed = seed
	s.Driver.Command = []string{"adapter"}
	s.Accounts = []telltale.Account{{Name: "alice", Side: "app"}, {Name: "bob", Side: "peer"}, {Name: "carol", Side: "app"}}
	s.Words = []string{"麒麟", "璇玑图", "kettle", "zorvaxil", "two words", "麒麟 璇玑", "Big Kettle", "第1989号", "一个很长的候选短语没有空格", "桌子", "ZORVAX", "тест", "👍🏽", ":)", "a"}
	s.Controls = nil
	return s
}

func TestScreenIsBalanced(t *testing.T) {
	t.Parallel()
	s := sample(7)
	for block := range 4 {
		items := scenario.Screen(s, block, s.Words)
		if want := len(s.Words) * 2 * 2; len(items) != want {
			t.Fatalf("block %d: %d items, want %d", block, len(items), want)
		}
		keys := map[string]scenario.Item{}
		for _, it := range items {
			if _, twice := keys[it.Key]; twice {
				t.Errorf("key %s comes twice", it.Key)
			}
			keys[it.Key] = it
		}
		for w, word := range s.Words {
			for _, d := range s.Directions {
				key := fmt.Sprintf("screen/b%d/%s/w%d/", block, d, w)
				a, b := keys[key+"treatment"], keys[key+"control"]
				if a.Body != word || a.Word != word || a.Arm != telltale.ArmTreatment || b.Arm != telltale.ArmControl {
					t.Errorf("%s: %+v, %+v", key, a, b)
				}
				if a.Block != b.Block || a.From != b.From || a.To != b.To || a.Direction != d || b.Direction != d {
					t.Errorf("%s: arms differ in more than the word: %+v, %+v", key, a, b)
				}
				from, to := "alice", "bob"
				if d == telltale.Received {
					from, to = to, from
				}
				if a.From != from || a.To != to {
					t.Errorf("%s goes from %s to %s", key, a.From, a.To)
				}
			}
		}
	}
}

func TestScheduleIsDeterminedBySeedAndStage(t *testing.T) {
	t.Parallel()
	a, b := sample(7), sample(7)
	if diff := cmp.Diff(scenario.Screen(a, 1, a.Words), scenario.Screen(b, 1, b.Words)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(scenario.Contact(a, 3), scenario.Contact(b, 3)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(scenario.Screen(a, 1, a.Words), scenario.Screen(sample(8), 1, a.Words)) {
		t.Error("another seed gives the same schedule")
	}
	// A block of fewer words gives each word what the full block gives it.
	full := map[string]scenario.Item{}
	for _, it := range scenario.Screen(a, 3, a.Words) {
		full[it.Key] = it
	}
	for _, it := range scenario.Screen(a, 3, a.Words[2:4]) {
		if diff := cmp.Diff(full[it.Key], it); diff != "" {
			t.Error(diff)
		}
	}
}

// TestOrderTellsNothingOfTheArm checks over many seeds that treatments come
// before their controls in half of the pairs, that each position holds a
// treatment half of the time, and that neighbours do not depend on each other.
func TestOrderTellsNothingOfTheArm(t *testing.T) {
	t.Parallel()
	const seeds = 600
	before, pairs, same, neighbours := 0, 0, 0, 0
	at := make([]int, 4*6)
	s := sample(0)
	s.Words = s.Words[:6]
	for seed := range uint64(seeds) {
		s.Seed = seed
		items := scenario.Screen(s, int(seed%3), s.Words)
		where := map[string]int{}
		for i, it := range items {
			where[it.Key] = i
			if it.Arm == telltale.ArmTreatment {
				at[i]++
			}
			if i > 0 {
				neighbours++
				if items[i-1].Arm == it.Arm {
					same++
				}
			}
		}
		for key, i := range where {
			if base, ok := strings.CutSuffix(key, "treatment"); ok {
				pairs++
				if i < where[base+"control"] {
					before++
				}
			}
		}
	}
	near(t, "treatments before their control", before, pairs, 0.5)
	for i, n := range at {
		near(t, fmt.Sprintf("treatments at position %d", i), n, seeds, 0.5)
	}
	// Of 24 shuffled items, 12 of each arm, neighbours agree with chance 11/23.
	near(t, "neighbours of one arm", same, neighbours, 11.0/23)
}

// near allows five standard deviations.
func near(t *testing.T, what string, k, n int, p float64) {
	t.Helper()
	mean, variance := float64(n)*p, float64(n)*p*(1-p)
	if d := float64(k) - mean; d*d > 25*variance {
		t.Errorf("%s: %d of %d, want about %.0f", what, k, n, mean)
	}
}

func TestContactCoversEveryAccountAndDirection(t *testing.T) {
	t.Parallel()
	s := sample(3)
	count, keys := map[string]int{}, map[string]bool{}
	for _, it := range scenario.Contact(s, 3) {
		count[it.From+">"+it.To+" "+string(it.Direction)]++
		keys[it.Key] = true
		if it.Arm != telltale.ArmContact || it.Word != "" || it.Body == "" {
			t.Errorf("%+v", it)
		}
		for _, w := range []string{"kettle", "桌子"} {
			if strings.Contains(it.Body, w) {
				t.Errorf("contact message %q holds the candidate %q", it.Body, w)
			}
		}
	}
	want := map[string]int{"alice>bob sent": 3, "bob>alice received": 3, "carol>bob sent": 3, "bob>carol received": 3}
	if diff := cmp.Diff(want, count); diff != "" || len(keys) != 12 {
		t.Errorf("%d keys, %s", len(keys), diff)
	}
}

func TestControlsMatchTheirWords(t *testing.T) {
	t.Parallel()
	s := sample(5)
	s.Trials = 6
	seen := map[string]map[string]bool{}
	for _, p := range scenario.Controls(s) {
		if p.Gap.Length != 0 || p.Gap.Overlap {
			t.Errorf("%q against %q: %+v", p.Word, p.Control, p.Gap)
		}
		switch p.Word {
		case "👍🏽": // marks on signs have no neutral counterpart
		default:
			if p.Gap.Shape {
				t.Errorf("%q against %q: other shape", p.Word, p.Control)
			}
		}
		for _, w := range s.Words {
			if w != "a" && strings.Contains(strings.ToLower(p.Control), strings.ToLower(w)) {
				t.Errorf("control %q holds the candidate %q", p.Control, w)
			}
		}
		if seen[p.Word] == nil {
			seen[p.Word] = map[string]bool{}
		}
		seen[p.Word][p.Control] = true
	}
	for _, w := range []string{"麒麟", "璇玑图", "kettle", "zorvaxil", "two words", "Big Kettle"} {
		if len(seen[w]) != 12 {
			t.Errorf("%q has %d different controls in 6 blocks and 2 directions: %v", w, len(seen[w]), seen[w])
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, word := range []string{"麒麟", "璇", "一二三四五六七八九", "abc", "a b c", "ABC-12", "Ünder", "тест кот", "おはよう", "안녕", "مرحبا", "שלום", "12345"} {
		got := scenario.Match(word, nil, rng)
		if d := scenario.Distance(word, got); d.Length != 0 || d.Overlap {
			t.Errorf("Match(%q) = %q: %+v", word, got, d)
		}
	}
	if got := scenario.Match("kettle", []string{"spoons", "drawer", "tin"}, rng); got != "spoons" && got != "drawer" {
		t.Errorf("own control %q, want one of six letters", got)
	}
	if got := scenario.Match("abcdefg hi", []string{"tin"}, rng); got != "tin" {
		t.Errorf("own control %q, want the only one", got)
	}
	if got := scenario.Match("kettle", []string{"kettle"}, rng); got != "kettle" {
		t.Errorf("a pool of the word alone gave %q", got)
	}
}

func TestMatchAlwaysHasTheLength(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("麒麟玑山a bZ1-é☂ж")), 1, 40, -1).Draw(t, "word")
		seed := rapid.Uint64().Draw(t, "seed")
		got := scenario.Match(word, nil, rand.New(rand.NewPCG(seed, 1)))
		again := scenario.Match(word, nil, rand.New(rand.NewPCG(seed, 1)))
		if got != again {
			t.Fatalf("%q and %q from one seed", got, again)
		}
		if utf8.RuneCountInString(got) != utf8.RuneCountInString(word) {
			t.Fatalf("%q for %q", got, word)
		}
	})
}

func TestCompose(t *testing.T) {
	t.Parallel()
	c := telltale.Canary{Latin: "abcdefgh", CJK: "山水火木石田"}
	if got := scenario.Compose("two words", c); got != "two words abcdefgh 山水火木石田" {
		t.Errorf("%q", got)
	}
	if got := scenario.Compose("", c); got != "abcdefgh 山水火木石田" {
		t.Errorf("%q", got)
	}
}
