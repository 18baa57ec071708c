package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"unicode"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

const attack = "<script>alert(1)</script>\"'><img src=http://evil.test/x onerror=1>\x1b[31m\x1b]0;owned\x07\u202e{{.}}\u0000\xff`-->"

// hostile is a record in which everything captured is an attack or huge.
func hostile() *world {
	w := newWorld(attack)
	start := w.now
	probes, large := 10_000, 1<<18
	if testing.Short() {
		probes, large = 300, 1<<9
	}
	huge := attack + strings.Repeat("龍\u202e", large)
	w.rec.App.Version, w.rec.App.Vantage = huge, attack
	w.rec.Scenario.Words = []string{attack, huge}
	w.rec.Scenario.Channel = append(w.rec.Scenario.Channel, attack, "[")
	w.rec.Coverage = append(w.rec.Coverage, telltale.Coverage{What: huge})
	w.stage(attack, false)
	for i := range probes {
		cell := []telltale.Cell{telltale.CellDelivered, telltale.CellDroppedCopied, telltale.CellVoid}[i%3]
		w.ask(question{telltale.ArmTreatment, direction(i), fmt.Sprint(attack, i), cell})
	}
	w.stage(attack, true)
	said, many := attack+huge, make([]string, 5000) // Made once: they are large.
	for i := range 1000 {
		w.find(telltale.Finding{
			Claim:     telltale.Claim{Kind: telltale.Kind(attack), Words: []string{huge}, Host: attack, Detail: huge},
			Statement: said, Method: attack, Coverage: []string{attack}, Probes: many,
			Effect: &telltale.Effect{What: attack, Size: float64(i) * 1e300, Low: math.Inf(-1), High: 1},
		})
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{attack, huge}, Without: []string{huge}, Direction: telltale.Direction(attack), Cell: telltale.Cell(attack)}})
		w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindDestination, Host: fmt.Sprint(attack, i), Detail: attack}})
	}
	w.rec.Isolations = append(w.rec.Isolations, telltale.Isolation{
		Text: huge, Words: []string{attack, huge}, Without: []string{huge}, Why: huge,
		Certificate: []telltale.Proof{{Claim: attack, Text: huge, Probes: []string{attack, "p000001"}}},
	})
	names := make([]telltale.Entry, 20_000)
	for i := range names {
		names[i] = telltale.Entry{Name: fmt.Sprint(attack, i, ".log"), Kind: "log"}
	}
	w.rec.Visits = append(w.rec.Visits, telltale.Visit{Host: attack, Base: huge, Entries: names, Notes: []string{huge}, Recovered: []telltale.Recovered{{Family: attack, Sample: []string{huge}, Records: -5, Key: "zz", KeySource: attack}}})
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindList, Host: hostList, Detail: "/" + attack}, Flows: []string{w.list("/"+attack, []string{attack, huge, ""})}})
	w.listened(start)
	return w
}

// hostileInput is made once: it is large, and nobody writes to it.
var hostileInput = sync.OnceValue(func() report.Input { return hostile().input() })

func TestHostileRecordIsBoundedAndEscaped(t *testing.T) {
	t.Parallel()
	in := hostileInput()
	in.Seal = report.Seal{CaseDir: attack, Checkpoint: strings.Repeat(attack+"\n", 1000), PublicKey: attack, Verified: attack}
	for _, f := range forms() {
		out := printed(t, f, in)
		if len(out) > 5<<20 {
			t.Errorf("%s: %d bytes, want at most 5 MB", f.ext, len(out))
		}
		for _, r := range string(out) {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s: %U came through", f.ext, r)
				break
			}
		}
		if f.ext != "txt" && bytes.Contains(out, []byte("<script")) {
			t.Errorf("%s: a <script> came through", f.ext)
		}
	}
}

func TestHostileClaimSurvivesInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld("x")
	w.find(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"a\u202eb\x1b\U000e0041"}}})
	var v struct {
		Version  int
		Findings []struct{ Claim telltale.Claim }
	}
	if err := json.Unmarshal(printed(t, forms()[1], w.input()), &v); err != nil {
		t.Fatal(err)
	}
	if v.Version != report.SchemaVersion || v.Findings[0].Claim.Words[0] != "a\u202eb\x1b\U000e0041" {
		t.Errorf("got version %d and claim %q", v.Version, v.Findings[0].Claim.Words)
	}
}
