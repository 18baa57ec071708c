package wordlist_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.org/telltale"
	"example.org/telltale/internal/wordlist"
)

func snapshot(list, date string, entries ...string) wordlist.Snapshot {
	s := wordlist.Snapshot{List: list, Date: date}
	for _, e := range entries {
		s.Entries = append(s.Entries, wordlist.Entry{Text: e})
	}
	return s
}

func TestCompareTellsWhatCameAndWent(t *testing.T) {
	t.Parallel()
	got := wordlist.Compare([]string{"a", "b", "b", "c"}, []string{"c", "d", "B", "d"}, wordlist.Exact)
	want := wordlist.Change{Added: []string{"d", "B"}, Removed: []string{"a", "b"}, Kept: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = wordlist.Compare([]string{"a", "ＦＬＧ  x", "c"}, []string{"C", "flg x "}, wordlist.Folded)
	want = wordlist.Change{Added: []string{}, Removed: []string{"a"}, Kept: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDuplicatesAreCounted(t *testing.T) {
	t.Parallel()
	got := wordlist.Duplicates(snapshot("k", "2011-01-01", "a", "b", "a", "c", "b", "a"), wordlist.Exact)
	want := []wordlist.Duplicate{{Snapshot: "k 2011-01-01", Text: "a", Times: 3}, {Snapshot: "k 2011-01-01", Text: "b", Times: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestStaleMirrorsAndTestPushes follows a list that two servers serve in two
// versions, with a test list in production for a day.
func TestStaleMirrorsAndTestPushes(t *testing.T) {
	t.Parallel()
	old, fresh := []string{"a", "b", "c"}, []string{"b", "c", "d"}
	days := []wordlist.Snapshot{
		snapshot("k", "2011-01-06", "b", "c", "d", "e"), snapshot("k", "2011-01-01", old...), snapshot("k", "2011-01-02", fresh...),
		snapshot("k", "2011-01-03", old...), snapshot("k", "2011-01-04", fresh...), snapshot("k", "2011-01-07", "test"),
		snapshot("k", "2011-01-08", "e", "b", "c", "d"), snapshot("other", "2011-01-01", "x"),
	}
	histories := wordlist.Histories(days, wordlist.Exact)
	if len(histories) != 1 || len(histories[0].Steps) != 6 {
		t.Fatalf("%+v", histories)
	}
	h := histories[0]
	flips := map[string]string{}
	for _, f := range h.FlipFlops {
		flips[f.Text] = f.Pattern
	}
	want := map[string]string{"a": "+-+----", "d": "-+-++-+", "b": "+++++-+", "c": "+++++-+", "e": "----+-+", "test": "-----+-"}
	if diff := cmp.Diff(want, flips); diff != "" {
		t.Error(diff)
	}
	wantReturns := []wordlist.Return{{"2011-01-03", "2011-01-01"}, {"2011-01-04", "2011-01-02"}, {"2011-01-08", "2011-01-06"}}
	if diff := cmp.Diff(wantReturns, h.Returns); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(h.Brief, []string{"2011-01-07"}) {
		t.Errorf("brief: %q", h.Brief)
	}
	if h.FlipFlops[0].Text != "d" || h.FlipFlops[0].Changes != 5 {
		t.Errorf("the most restless entry is %+v", h.FlipFlops[0])
	}
}

func TestVersionsAreOrderedByNumber(t *testing.T) {
	t.Parallel()
	var all []wordlist.Snapshot
	for _, v := range []string{"v10", "v9", "v9.2", "v1"} {
		all = append(all, wordlist.Snapshot{List: "l", Version: v, Entries: []wordlist.Entry{{Text: v}}})
	}
	var got []string
	for _, s := range wordlist.Join(wordlist.List{Snapshots: all}).Snapshots {
		got = append(got, s.When())
	}
	if !slices.Equal(got, []string{"v1", "v9", "v9.2", "v10"}) {
		t.Errorf("%q", got)
	}
	if latest := wordlist.Latest(all); len(latest) != 1 || latest[0].Version != "v10" {
		t.Errorf("%+v", latest)
	}
}

func TestStepsLeadFromTheFirstToTheLast(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"})
	rapid.Check(t, func(t *rapid.T) {
		var all []wordlist.Snapshot
		for range rapid.IntRange(2, 8).Draw(t, "n") {
			all = append(all, snapshot("l", "", rapid.SliceOfN(word, 1, 8).Draw(t, "entries")...))
		}
		h := wordlist.Trace("l", all, wordlist.Exact)
		set := map[string]bool{}
		for _, e := range all[0].Entries {
			set[e.Text] = true
		}
		changes := map[string]int{}
		for _, s := range h.Steps {
			for _, x := range s.Added {
				set[x], changes[x] = true, changes[x]+1
			}
			for _, x := range s.Removed {
				delete(set, x)
				changes[x]++
			}
		}
		for _, e := range all[len(all)-1].Texts() {
			if !set[e] {
				t.Fatalf("%q is on the last list, the steps do not lead there", e)
			}
		}
		if len(set) != wordlist.Distinct(all[len(all)-1], wordlist.Exact) {
			t.Fatalf("the steps lead to %v", set)
		}
		for _, f := range h.FlipFlops {
			if f.Changes != changes[f.Text] || strings.Count(f.Pattern, "")-1 != len(all) {
				t.Fatalf("%+v, but %d changes", f, changes[f.Text])
			}
		}
	})
}

func TestListsAreSetAgainstTriggers(t *testing.T) {
	t.Parallel()
	first := snapshot("k", "2011-01-01", "山水", "gone")
	second := snapshot("k", "2011-02-01", "山水", "FLG", "风 云", "untyped", "silent")
	second.Entries = append(second.Entries, wordlist.Entry{Text: ".*天.*(地|人).*", Pattern: true})
	second.Entries = append(second.Entries, wordlist.Entry{Text: "x+y", Words: []string{"x", "y"}, Unless: [][]string{{"ok"}, {"fine", "too"}}})
	rec := &telltale.Record{
		Scenario: telltale.Scenario{Words: []string{"a silent one", "山水"}},
		Findings: []telltale.Finding{
			trigger("F01", "山水"), trigger("F02", "flg"), trigger("F03", "云", "风"), trigger("F04", "人", "天"),
			trigger("F05", "only here"), {ID: "F06", Claim: telltale.Claim{Kind: telltale.KindCopy, Words: []string{"untyped"}}, Verdict: telltale.Supported},
			{ID: "F07", Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"untyped"}}, Verdict: telltale.Inconclusive},
			{ID: "F08", Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"y", "x"}, Without: []string{"OK", "more"}}, Verdict: telltale.Supported},
			trigger("F09", "天"), trigger("F10", "山水"),
		},
	}
	m := wordlist.Against(wordlist.ProbingOf(rec), []wordlist.Snapshot{second, first})
	both := map[string]string{}
	for _, p := range m.Both {
		both[p.Finding] = p.Entries[0].Text
	}
	want := map[string]string{"F01 F10": "山水", "F02": "FLG", "F03": "风 云", "F04": ".*天.*(地|人).*", "F08": "x+y"}
	if diff := cmp.Diff(want, both); diff != "" {
		t.Error(diff)
	}
	if on := m.Both[0].Entries[0].On; len(on) != 1 || on[0] != (wordlist.Standing{List: "k", Times: 2, First: "2011-01-01", Last: "2011-02-01", Now: true}) {
		t.Errorf("%+v", on)
	}
	x := m.Both[len(m.Both)-1].Exceptions
	if diff := cmp.Diff(&wordlist.Exceptions{Both: []string{"OK"}, OnlyList: []string{"fine+too"}, OnlyProbing: []string{"more"}}, x); diff != "" {
		t.Error(diff)
	}
	if got := textsOf(m.Silent); got != "silent" {
		t.Errorf("silent: %q", got)
	}
	if got := textsOf(m.Untested); got != "gone untyped" {
		t.Errorf("untested: %q", got)
	}
	if len(m.OnlyProbing) != 2 || m.OnlyProbing[0].Finding != "F05" || m.OnlyProbing[1].Finding != "F09" {
		t.Errorf("only probing: %+v", m.OnlyProbing)
	}
}

func trigger(id string, words ...string) telltale.Finding {
	return telltale.Finding{ID: id, Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: words}, Verdict: telltale.Supported}
}

func textsOf(entries []wordlist.Listed) string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Text)
	}
	return strings.Join(out, " ")
}

func TestFetchedListsOfACase(t *testing.T) {
	t.Parallel()
	rec := &telltale.Record{
		Flows:        []telltale.Flow{{ID: "f1", Host: "h.test"}, {ID: "f2", Host: "h.test"}, {ID: "f3", Host: "h.test", Sensor: "expose"}},
		Observations: []telltale.Observation{{Flow: "f1", Feature: "list", Text: "/k"}, {Flow: "f2", Feature: "list", Text: "/k"}},
		Layers: []telltale.Layer{
			{Flow: "f1", List: []string{"a", "b", " "}, Path: []string{"xor-chain"}}, {Flow: "f2", List: []string{"a", "b"}},
			{Flow: "f3", List: []string{"c"}}, {Flow: "f2", Probes: []string{"p"}},
		},
	}
	l := wordlist.FromRecord(rec, "case")
	if len(l.Snapshots) != 1 || l.Snapshots[0].List != "h.test/k" || !slices.Equal(l.Snapshots[0].Texts(), []string{"a", "b"}) {
		t.Errorf("%+v", l)
	}
}
