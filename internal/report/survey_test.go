package report_test

import (
	"bytes"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// TestSurveyedTriggers: the forms of the report say how the words of a survey
// are compared, what they lead to and where, and what lets messages through.
func TestSurveyedTriggers(t *testing.T) {
	t.Parallel()
	w := newWorld("chat")
	rule := &telltale.Rule{
		Parts: []string{"blue", "falcon"}, Or: [][]string{nil, {"falcons"}}, Order: telltale.OrderListed, Border: telltale.BorderWord,
		Outcome: telltale.Refused, Reply: "554 no", Copies: []string{"watcher@chat.test"}, Places: []string{"#room"}, Spared: []string{"#free"},
	}
	words := []string{"blue", "falcon"}
	w.rec.Isolations = []telltale.Isolation{{Text: "blue falcon", Direction: telltale.Sent, Words: words, Exact: true, Rule: rule}}
	w.rec.Findings = []telltale.Finding{
		{ID: "F01", Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: words, Direction: telltale.Sent, Cell: telltale.CellDroppedCopied, Rule: rule}},
		{ID: "F02", Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindException, Words: []string{"museum tour"}, Direction: telltale.Sent}},
		// What a stranger's case may hold.
		{ID: "F03", Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindTrigger, Rule: &telltale.Rule{Or: [][]string{{"x"}}}}},
	}
	in := report.Input{Record: &w.rec, Blob: w.blob}
	var text, page bytes.Buffer
	if err := report.Text(&text, in, 100, false); err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(&page, in); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"falcon or falcons", "554 no", "watcher@chat.test", "in this order only", "as whole words only", "#room", "#free", "museum tour", "refused for 1, copied to somebody else for 1"} {
		for form, out := range map[string]string{"text": text.String(), "page": page.String()} {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("the %s does not say %q", form, want)
			}
		}
	}
}
