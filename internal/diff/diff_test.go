package diff_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/diff"
)

// typed is a case in which messages with these texts were sent and arrived.
func typed(version string, texts ...string) *telltale.Record {
	r := &telltale.Record{
		App:       telltale.App{Name: "chat", Version: version},
		Scenario:  telltale.Scenario{Name: "case-" + version, Words: texts, Directions: []telltale.Direction{telltale.Sent}},
		Listening: []telltale.Span{{}},
		Coverage:  []telltale.Coverage{{Sensor: "sandbox", Sees: true, What: "all"}},
	}
	for i, text := range texts {
		id := string(rune('a' + i))
		r.Probes = append(r.Probes, telltale.Probe{ID: id, Text: "so " + text + " it is", Direction: telltale.Sent, From: "alice", To: "bob"})
		r.Receipts = append(r.Receipts, telltale.Receipt{Probe: id, Outcome: telltale.Delivered})
	}
	return r
}

func state(r *telltale.Record, v telltale.Verdict, claims ...telltale.Claim) *telltale.Record {
	for _, c := range claims {
		r.Findings = append(r.Findings, telltale.Finding{ID: "F" + string(rune('0'+len(r.Findings))), Claim: c, Verdict: v, Statement: c.Key()})
	}
	return r
}

func trigger(words ...string) telltale.Claim {
	return telltale.Claim{Kind: telltale.KindTrigger, Words: words, Direction: telltale.Sent, Cell: telltale.CellDropped}
}

func TestWhatBecameOfAFinding(t *testing.T) {
	t.Parallel()
	silent := trigger("heron")
	silent.Cell = telltale.CellDeliveredCopied
	void := typed("2", "heron")
	void.Receipts[0].Outcome = telltale.Void
	both := trigger("heron")
	both.Direction = telltale.Both
	for name, c := range map[string]struct {
		before, after *telltale.Record
		want          diff.Change
	}{
		"the same": {state(typed("1", "heron"), telltale.Supported, trigger("heron")), state(typed("2", "heron"), telltale.Supported, trigger("heron")), diff.Same},
		"another effect": {state(typed("1", "heron"), telltale.Supported, trigger("heron")),
			state(typed("2", "heron"), telltale.Supported, silent), diff.Changed},
		"asked again and not so":    {state(typed("1", "heron"), telltale.Supported, trigger("heron")), typed("2", "Heron"), diff.Gone},
		"not typed again":           {state(typed("1", "heron"), telltale.Supported, trigger("heron")), typed("2", "egret"), diff.Unasked},
		"typed, but void":           {state(typed("1", "heron"), telltale.Supported, trigger("heron")), void, diff.Unasked},
		"typed in one direction":    {state(typed("1", "heron"), telltale.Supported, both), typed("2", "heron"), diff.Unasked},
		"inconclusive after":        {state(typed("1", "heron"), telltale.Supported, trigger("heron")), state(typed("2", "heron"), telltale.Inconclusive, trigger("heron")), diff.Open},
		"not supported after":       {state(typed("1", "heron"), telltale.Supported, trigger("heron")), state(typed("2", "heron"), telltale.NotSupported, trigger("heron")), diff.Gone},
		"there now":                 {typed("1", "heron"), state(typed("2", "heron"), telltale.Supported, trigger("heron")), diff.Appeared},
		"there now, unasked before": {typed("1"), state(typed("2", "heron"), telltale.Supported, trigger("heron")), diff.New},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := diff.Cases(c.before, c.after)
			if len(d.Findings) != 1 || d.Findings[0].Change != c.want {
				t.Fatalf("findings = %+v, want one that is %q", d.Findings, c.want)
			}
			if back := diff.Cases(c.after, c.before); len(back.Findings) != 1 {
				t.Errorf("the other way round: %+v", back.Findings)
			}
		})
	}
}

func TestCopiesAreGoneOnlyIfTheirCausesWereTypedAgain(t *testing.T) {
	t.Parallel()
	copied := telltale.Claim{Kind: telltale.KindCopy, Direction: telltale.Sent, Condition: telltale.OnWords}
	there := telltale.Claim{Kind: telltale.KindDestination, Host: "log.test"}
	before := state(typed("1", "heron", "egret"), telltale.Supported, trigger("heron"), copied, there)
	for _, c := range []struct {
		words []string
		want  int
	}{{[]string{"egret"}, 0}, {[]string{"heron"}, 3}} {
		if d := diff.Cases(before, typed("2", c.words...)); d.Count(diff.Gone) != c.want || d.Count(diff.Unasked) != 3-c.want {
			t.Errorf("%q typed again: %d gone, want %d: %+v", c.words, d.Count(diff.Gone), c.want, d.Findings)
		}
	}
	// Without a known cause, every word that was tried has to be tried again.
	before = state(typed("1", "heron", "egret"), telltale.Supported, copied)
	if d := diff.Cases(before, typed("2", "heron")); d.Count(diff.Unasked) != 1 {
		t.Errorf("half of the words typed again: %+v", d.Findings)
	}
}

func TestChangedFieldsAreNamed(t *testing.T) {
	t.Parallel()
	now := trigger("heron")
	now.Cell, now.Without = telltale.CellDroppedCopied, []string{"zoo"}
	d := diff.Cases(state(typed("1", "heron"), telltale.Supported, trigger("heron")), state(typed("2", "heron"), telltale.Supported, now))
	got := strings.Join(d.Findings[0].Fields, "; ")
	if want := `unless: [], then ["zoo"]; effect: "dropped", then "dropped+copied"`; got != want {
		t.Errorf("fields = %s, want %s", got, want)
	}
	if !d.Differs() || d.Unsure() {
		t.Errorf("differs %v, unsure %v", d.Differs(), d.Unsure())
	}
}

func TestUnlikeCasesAreToldApart(t *testing.T) {
	t.Parallel()
	a, b := typed("1", "heron", "egret"), typed("2", "heron")
	b.App.Name, b.Coverage = "talk", nil
	got := diff.Cases(a, b).Unlike
	for _, want := range []string{"another app", "1 words were tested before and not after", `the sensor "sandbox" watched before and not after`} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q does not tell %q", got, want)
		}
	}
	if same := diff.Cases(a, a); len(same.Unlike) > 0 || same.Differs() || same.Unsure() {
		t.Errorf("a case differs from itself: %+v", same)
	}
}

func TestListsAreComparedByTheirNewestSnapshot(t *testing.T) {
	t.Parallel()
	fetched := func(words ...string) *telltale.Record {
		r := typed("1", "heron")
		r.Flows = []telltale.Flow{{ID: "f1", Host: "lists.test", Sensor: "sandbox"}}
		r.Layers = []telltale.Layer{{Flow: "f1", List: words}}
		r.Observations = []telltale.Observation{{Flow: "f1", Feature: "list", Text: "/keyfile"}}
		return r
	}
	d := diff.Cases(fetched("heron", "egret"), fetched("heron", "crane"))
	if len(d.Lists) != 1 || !slices.Equal(d.Lists[0].Added, []string{"crane"}) || !slices.Equal(d.Lists[0].Removed, []string{"egret"}) {
		t.Fatalf("lists = %+v", d.Lists)
	}
	if !d.Differs() {
		t.Error("another list is no difference")
	}
	none := diff.Cases(fetched("heron"), typed("2", "heron"))
	if len(none.Lists) != 1 || none.Lists[0].Missing != "after" || none.Differs() {
		t.Errorf("a list that was not fetched again: %+v", none.Lists)
	}
}
