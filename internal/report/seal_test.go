package report_test

import (
	"bytes"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// TestWhatWasMaskedIsNoError: in a redacted copy, bytes that are not there were
// taken out.
func TestWhatWasMaskedIsNoError(t *testing.T) {
	t.Parallel()
	in := tom2011().input()
	in.Blob, in.Seal.Redacted, in.Seal.Masked = nil, true, []string{"other people's names: 12 values"}
	page := printed(t, forms()[0], in)
	for _, want := range []string{"This is a redacted copy", "masked in this copy", "other people&#39;s names: 12 values"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if bytes.Contains(page, []byte("not at hand")) {
		t.Error("the page calls masked bytes missing")
	}
}

// TestPlanAndWhatDepartsFromIt: a plan that was kept says so, and each thing
// that is not as it was settled is named.
func TestPlanAndWhatDepartsFromIt(t *testing.T) {
	t.Parallel()
	kept := tom2011().input()
	s := kept.Record.Scenario
	plan := &telltale.Plan{Program: "telltale " + telltale.Version, Seed: s.Seed, Alpha: s.Alpha}
	for _, f := range kept.Record.Findings {
		for _, m := range strings.Split(f.Method, "; ") {
			plan.Analysis = append(plan.Analysis, m+" ("+f.Version+")")
		}
	}
	kept.Seal.Plan = plan
	broken := full()
	for name, c := range map[string]struct {
		in   report.Input
		want []string
	}{
		"kept": {kept, nil},
		"broken": {broken, []string{
			"The error rate was to be 5 % and is 1 %.", "The seed", "A method that the plan does not name", "went on with telltale 10", "limits.messages", "not come to its end",
		}},
	} {
		v, err := report.Build(c.in)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(v.Plan.Departures, "\n")
		if len(c.want) == 0 && got != "" {
			t.Errorf("%s: departures %q, want none", name, got)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: departures %q do not say %q", name, got, want)
			}
		}
	}
	v, err := report.Build(tom2011().input())
	if err != nil || v.Plan != nil {
		t.Errorf("a case without a plan has the plan %+v, error %v", v.Plan, err)
	}
}

// TestCheckpointIsACode: the checkpoint is drawn, with the border that readers
// need, and what does not fit is left out.
func TestCheckpointIsACode(t *testing.T) {
	t.Parallel()
	in := tom2011().input()
	v, err := report.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if c := v.Verify.Code; c.Size < 21+8 || !strings.HasPrefix(c.Path, "M4 4.5h7M") {
		t.Errorf("the code is %d wide and begins with %.20q; want the first finder behind a border of 4", c.Size, c.Path)
	}
	in.Seal.Checkpoint = strings.Repeat("x", 5000)
	if v, err = report.Build(in); err != nil || v.Verify.Code.Size != 0 {
		t.Errorf("5,000 bytes gave a code %d wide, error %v; want none", v.Verify.Code.Size, err)
	}
}
