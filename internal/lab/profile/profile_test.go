package profile_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.org/telltale"
	"example.org/telltale/internal/lab/people"
	"example.org/telltale/internal/lab/profile"
)

const seeds = 50

func get(t *testing.T, name string) profile.Profile {
	t.Helper()
	p, err := profile.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGetNamesTheProfilesThereAre(t *testing.T) {
	t.Parallel()
	_, err := profile.Get("tom-2007")
	if err == nil || !strings.Contains(err.Error(), "tom-2008") {
		t.Errorf("Get: %v, want an error that lists the names", err)
	}
}

func TestPlansDependOnProfileAndSeedAlone(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		same := cmpopts.EquateComparable(profile.Member{})
		if diff := cmp.Diff(profile.NewPlan(p, 3), profile.NewPlan(p, 3), same); diff != "" {
			t.Errorf("%s: two plans of one seed differ:\n%s", p.Name, diff)
		}
		if cmp.Equal(profile.NewPlan(p, 3).Words, profile.NewPlan(p, 4).Words) {
			t.Errorf("%s: two seeds give the same words", p.Name)
		}
	}
}

// meant counts the entries that candidates are meant to hold.
func meant(p profile.Profile) int {
	switch p.Name {
	case "tom-2006", "tom-2008":
		return 8
	case "tom-2011":
		return 10
	case "sampled":
		return 5
	}
	return 0
}

func TestCandidatesHoldEntriesOnlyWhenMeantTo(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		for seed := range uint64(seeds) {
			plan := profile.NewPlan(p, seed)
			held := 0
			for _, text := range plan.Words {
				for _, entry := range plan.Entries() {
					if profile.Holds(text, entry) {
						held++
					}
				}
			}
			if held != meant(p) {
				t.Errorf("%s, seed %d: candidates hold %d entries, want %d", p.Name, seed, held, meant(p))
			}
			distinct := slices.Compact(slices.Sorted(slices.Values(plan.Words)))
			if len(distinct) != len(plan.Words) || len(distinct) < 10 || len(distinct) > 24 {
				t.Errorf("%s, seed %d: %d candidates, %d distinct", p.Name, seed, len(plan.Words), len(distinct))
			}
		}
	}
}

func TestNoEntryHoldsAnotherOrStandsInEverydayTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2008", "tom-2011", "server-side"} {
		p := get(t, name)
		for seed := range uint64(seeds) {
			plan := profile.NewPlan(p, seed)
			entries := plan.Entries()
			for _, rule := range plan.Rules {
				entries = append(append(entries, rule.All...), rule.Unless...)
			}
			draw := people.New(people.Source(seed, "everyday"))
			everyday := ""
			for range 100 {
				everyday += draw.Text() + " " + telltale.NewCanary([]byte{1}, draw.User()).Latin + "\n"
			}
			for i, entry := range entries {
				if profile.Holds(everyday, entry) {
					t.Errorf("%s, seed %d: %q stands in everyday texts", name, seed, entry)
				}
				for j, other := range entries {
					if i != j && strings.Contains(entry, other) { // entries are in lower case
						t.Errorf("%s, seed %d: %q holds %q", name, seed, entry, other)
					}
				}
			}
		}
	}
}

func TestBothListsHaveTriggersOfEveryKind(t *testing.T) {
	t.Parallel()
	plan := profile.NewPlan(get(t, "tom-2011"), 5)
	for _, list := range plan.Lists {
		var latin, phrase, inside bool
		for _, text := range plan.Words {
			for _, entry := range list.Lines {
				if !profile.Holds(text, entry) {
					continue
				}
				latin = latin || utf8.RuneCountInString(entry) == len(entry)
				phrase = phrase || strings.Contains(entry, " ")
				inside = inside || text != entry
			}
		}
		if !latin || !phrase || !inside {
			t.Errorf("%s: candidates with a Latin word %v, a phrase %v, a word inside other text %v", list.Path, latin, phrase, inside)
		}
	}
}

func TestOlderSnapshotsKeepTheWordsToTry(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tom-2008", "tom-2011", "watched-user"} {
		plan := profile.NewPlan(get(t, name), 6)
		tried := append(slices.Clone(plan.Words), profile.Alice)
		for _, list := range plan.Lists {
			if cmp.Equal(list.Older, list.Lines) {
				t.Errorf("%s %s: the older snapshot is no other", name, list.Path)
			}
			for _, line := range list.Lines {
				held := slices.ContainsFunc(tried, func(text string) bool { return strings.Contains(text, line) })
				if held && !slices.Contains(list.Older, line) {
					t.Errorf("%s %s: %q is tried and not on the older snapshot", name, list.Path, line)
				}
			}
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	rule := profile.Rule{All: []string{"甲", "Abc"}, Unless: []string{"乙"}}
	cases := []struct {
		text string
		hits bool
	}{
		{"", false}, {"甲", false}, {"abc", false}, {"abc 甲", true}, {"x甲yABCz", true}, {"甲 abc 乙", false}, {"乙", false},
	}
	for _, c := range cases {
		if got := rule.Hits(c.text); got != c.hits {
			t.Errorf("Hits(%q) = %v", c.text, got)
		}
	}
}

func TestRelayFilterDropsCombinationsOnly(t *testing.T) {
	t.Parallel()
	plan := profile.NewPlan(get(t, "server-side"), 2)
	filter, dropped := plan.Filter(), 0
	for _, text := range plan.Words {
		if filter("alice", "bob", text+" abcdefgh 山水火木石田") {
			dropped++
		}
	}
	if dropped != 5 {
		t.Errorf("%d candidates dropped, want 5: a pair in two orders, a triple, a pair without its exception, an article", dropped)
	}
	if profile.NewPlan(get(t, "tom-2008"), 2).Filter() != nil {
		t.Error("a relay filters in a profile where the client does")
	}
}

func TestServersAndScope(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ servers, scope int }{
		"clean": {0, 0}, "clean-noisy": {3, 0}, "tom-2006": {1, 1}, "tom-2008": {9, 9}, "always": {1, 1}, "server-side": {0, 0}, "sampled": {9, 9},
	}
	for name, want := range cases {
		plan := profile.NewPlan(get(t, name), 1)
		if len(plan.Servers()) != want.servers || len(plan.Scope()) != want.scope {
			t.Errorf("%s: %d servers, %d in scope, want %+v", name, len(plan.Servers()), len(plan.Scope()), want)
		}
	}
}

func TestEveryCollectorGetsSomebody(t *testing.T) {
	t.Parallel()
	u := profile.NewPlan(get(t, "tom-2008"), 1).Build.Upload
	draw, seen := people.New(people.Source(1, "x")), map[int]int{}
	for range 400 {
		n := u.Collector(draw.User())
		if n < 1 || n > profile.Collectors {
			t.Fatalf("collector %d", n)
		}
		seen[n]++
	}
	for n := 1; n <= profile.Collectors; n++ {
		if seen[n] < 20 {
			t.Errorf("collector %d takes %d of 400 accounts", n, seen[n])
		}
	}
}

func TestTalkIsMostlyEveryday(t *testing.T) {
	t.Parallel()
	plan := profile.NewPlan(get(t, "tom-2008"), 1)
	rng, hits := plan.Source("talk"), 0
	for range 800 {
		line := plan.Talk(rng)
		if line.From == line.To || line.Text == "" {
			t.Fatalf("line %+v", line)
		}
		if slices.ContainsFunc(plan.Entries(), func(word string) bool { return profile.Holds(line.Text, word) }) {
			hits++
		}
	}
	if hits < 60 || hits > 140 {
		t.Errorf("%d of 800 lines hold a listed word, want about 100", hits)
	}
}
