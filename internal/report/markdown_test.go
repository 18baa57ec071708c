package report_test

import (
	"bytes"
	"testing"

	"example.org/telltale/internal/report"
)

func summary(t *testing.T, in report.Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Markdown(&b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGoldenSummary(t *testing.T) {
	t.Parallel()
	golden(t, "tom-2011.md", summary(t, withReference()))
	golden(t, "clean.md", summary(t, clean().input()))
}

func TestHostileSummaryIsPlain(t *testing.T) {
	t.Parallel()
	for from := 0; from < len(attacks()); from += 7 {
		markdownIsDead(t, summary(t, sealed(attackedWorld(from, itself), itself)))
	}
	if testing.Short() {
		return
	}
	in := hostileInput()
	in.Seal = report.Seal{CaseDir: attack, Checkpoint: attack, PublicKey: attack, Verified: attack}
	got := summary(t, in)
	markdownIsDead(t, got)
	if len(got) > 2<<20 {
		t.Errorf("the summary of a hostile case has %d bytes", len(got))
	}
}
