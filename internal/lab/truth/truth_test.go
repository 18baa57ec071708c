package truth_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/truth"
)

func planOf(t *testing.T, name string, seed uint64) profile.Plan {
	t.Helper()
	p, err := profile.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return profile.NewPlan(p, seed)
}

// decidable groups the decidable claims of a truth by kind.
func decidable(tr truth.Truth) map[telltale.Kind][]telltale.Claim {
	claims := map[telltale.Kind][]telltale.Claim{}
	for _, e := range tr.Findings {
		if e.Decidable {
			claims[e.Kind] = append(claims[e.Kind], e.Claim)
		}
	}
	return claims
}

func TestDecidableClaimsOfEveryProfile(t *testing.T) {
	t.Parallel()
	type counts map[telltale.Kind]int
	cases := map[string]counts{
		"clean":        {},
		"clean-noisy":  {},
		"tom-2006":     {"suppression": 1, "trigger": 8, "list": 1, "weak-protection": 2},
		"tom-2008":     {"copy": 2, "suppression": 2, "trigger": 8, "destination": 1, "content": 3, "weak-protection": 7, "exposure": 4, "list": 1},
		"tom-2011":     {"copy": 2, "suppression": 2, "trigger": 10, "destination": 1, "content": 3, "weak-protection": 8, "exposure": 4, "list": 2},
		"watched-user": {"copy": 2, "targeting": 1, "destination": 1, "content": 3, "weak-protection": 8, "exposure": 4, "list": 1},
		"always":       {"copy": 2, "destination": 1, "content": 3},
		"server-side":  {"suppression": 2, "trigger": 4},
		"sampled":      {"copy": 2, "trigger": 5, "destination": 1, "content": 3, "weak-protection": 8, "exposure": 4, "list": 1},
	}
	for _, p := range profile.All() {
		want, ok := cases[p.Name]
		if !ok {
			t.Errorf("no case for profile %q", p.Name)
		}
		for seed := range uint64(20) {
			got := counts{}
			for kind, claims := range decidable(truth.For(profile.NewPlan(p, seed))) {
				got[kind] = len(claims)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, seed %d: decidable claims (-want +got):\n%s", p.Name, seed, diff)
			}
		}
	}
}

func TestClaimsInDetail(t *testing.T) {
	t.Parallel()
	cases := []struct{ profile, key string }{
		{"tom-2006", "suppression|received|words||||||dropped"},
		{"tom-2006", "weak-protection|||||||skypetools.tom.test|xor"},
		{"tom-2011", "copy|sent|words||||||"},
		{"tom-2011", "list|||||||skypetools.tom.test|/agent/newkeyfile/keyfile"},
		{"tom-2011", "list|||||||skypetools.tom.test|/agent/keyfile_u"},
		{"tom-2011", "weak-protection|||||||skypetools.tom.test|key-in-app"},
		{"watched-user", "copy|received|account||||||"},
		{"watched-user", "targeting||||||alice||"},
		{"always", "copy|sent|always||||||"},
		{"always", "destination|||||||sere.hiido.test|https"},
		{"always", "content|||||||sere.hiido.test|recipient"},
	}
	for _, c := range cases {
		found := slices.ContainsFunc(truth.For(planOf(t, c.profile, 4)).Findings, func(e truth.Expected) bool { return e.Decidable && e.Key() == c.key })
		if !found {
			t.Errorf("%s: no decidable claim %q", c.profile, c.key)
		}
	}
}

func TestEveryCandidateHoldsAtMostOneTrigger(t *testing.T) {
	t.Parallel()
	for _, p := range profile.All() {
		for seed := range uint64(20) {
			plan := profile.NewPlan(p, seed)
			for _, text := range plan.Words {
				var holds []string
				for _, c := range decidable(truth.For(plan))[telltale.KindTrigger] {
					if (profile.Rule{All: c.Words}).Hits(text) {
						holds = append(holds, c.Key())
					}
				}
				if len(holds) > 1 {
					t.Errorf("%s, seed %d: %q holds %q", p.Name, seed, text, holds)
				}
			}
		}
	}
}

func TestOnlyCarolsCollectorIsUndecidable(t *testing.T) {
	t.Parallel()
	differ := 0
	for seed := range uint64(20) {
		plan := planOf(t, "tom-2008", seed)
		alice, carol := plan.CollectorHost("alice"), plan.CollectorHost("carol")
		if alice != carol {
			differ++
		}
		for _, e := range truth.For(plan).Findings {
			if e.Kind == telltale.KindExposure && e.Decidable != (e.Host == alice) {
				t.Errorf("seed %d: %q: decidable %v; alice uses %s, carol %s", seed, e.Key(), e.Decidable, alice, carol)
			}
			if e.Kind == telltale.KindExposure && !e.Decidable && (e.Host != carol || e.Why == "") {
				t.Errorf("seed %d: %q is undecidable (%q)", seed, e.Key(), e.Why)
			}
		}
	}
	if differ == 0 {
		t.Error("alice and carol share a collector with every seed")
	}
}

func TestSaveLoad(t *testing.T) {
	t.Parallel()
	want := truth.For(planOf(t, "server-side", 7))
	path := filepath.Join(t.TempDir(), "truth.json")
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := truth.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after Save and Load (-want +got):\n%s", diff)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	tr := truth.For(planOf(t, "tom-2008", 1))
	var all []telltale.Finding
	for _, e := range tr.Findings {
		all = append(all, telltale.Finding{Claim: e.Claim, Verdict: telltale.Supported})
	}
	invented := telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindTargeting, Account: "carol"}, Verdict: telltale.Supported}
	doubtful := invented
	doubtful.Verdict = telltale.Inconclusive
	unknown := telltale.Finding{Claim: telltale.Claim{Kind: "no-such-kind"}, Verdict: telltale.Supported}
	n := len(flatten(decidable(tr)))
	cases := []struct {
		name     string
		findings []telltale.Finding
		want     truth.Row
	}{
		{"nothing found", nil, truth.Row{Truth: n, Missed: n}},
		{"all, undecidable ones too", all, truth.Row{Truth: n, Found: n}},
		{"each twice", append(slices.Clone(all), all...), truth.Row{Truth: n, Found: n}},
		{"one false, twice", append(slices.Clone(all), invented, invented), truth.Row{Truth: n, Found: n, False: 1}},
		{"inconclusive counts nowhere", append(slices.Clone(all), doubtful), truth.Row{Truth: n, Found: n}},
		{"a kind nobody knows", []telltale.Finding{unknown}, truth.Row{Truth: n, Missed: n, False: 1}},
	}
	for _, c := range cases {
		table := truth.Score(tr, c.findings)
		if diff := cmp.Diff(c.want, table.Total); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if len(table.Missed) != c.want.Missed || len(table.False) != c.want.False || table.Perfect() != (c.want.Missed+c.want.False == 0) {
			t.Errorf("%s: missed %q, false %q, perfect %v", c.name, table.Missed, table.False, table.Perfect())
		}
	}
}

func flatten(m map[telltale.Kind][]telltale.Claim) []telltale.Claim {
	var all []telltale.Claim
	for _, claims := range m {
		all = append(all, claims...)
	}
	return all
}

func TestSharesOfACleanTruth(t *testing.T) {
	t.Parallel()
	tr := truth.For(planOf(t, "clean-noisy", 1))
	if table := truth.Score(tr, nil); table.Recall() != 1 || table.Precision() != 1 || !table.Perfect() {
		t.Errorf("nothing to find, nothing found: %+v", table)
	}
	table := truth.Score(tr, []telltale.Finding{{Claim: telltale.Claim{Kind: telltale.KindCopy}, Verdict: telltale.Supported}})
	if table.Precision() != 0 || table.Recall() != 1 {
		t.Errorf("one false finding: precision %v, recall %v", table.Precision(), table.Recall())
	}
}

func TestTableAsText(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	table := truth.Score(truth.For(planOf(t, "always", 1)), []telltale.Finding{
		{Claim: telltale.Claim{Kind: telltale.KindCopy, Direction: telltale.Sent, Condition: telltale.Always}, Verdict: telltale.Supported},
		{Claim: telltale.Claim{Kind: telltale.KindTargeting, Account: "\x1b[31m"}, Verdict: telltale.Supported},
	})
	if err := table.Text(&b); err != nil {
		t.Fatal(err)
	}
	shown := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{" copy 2 1 1 0 ", " targeting 0 0 0 1 ", `missed: "copy|received|always||||||"`, `\x1b[31m`} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
