package report_test

import (
	"bytes"
	"testing"

	"example.org/telltale/internal/report"
	"example.org/telltale/internal/report/reporttest"
)

// TestBigCaseIsASmallPage: ten thousand probes and twice as many flows.
func TestBigCaseIsASmallPage(t *testing.T) {
	t.Parallel()
	probes := 10_000
	if testing.Short() {
		probes = 4000
	}
	rec, blob := reporttest.Big(probes, 2*probes)
	if len(rec.Probes) != probes || len(rec.Flows) != 2*probes {
		t.Fatalf("%d probes and %d flows", len(rec.Probes), len(rec.Flows))
	}
	in := report.Input{Record: rec, Blob: blob}
	page := printed(t, forms()[0], in)
	t.Logf("%d bytes", len(page))
	if len(page) > 2_000_000 {
		t.Errorf("%d bytes, want at most 2 MB", len(page))
	}
	v, err := report.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if v.Opened == nil || v.Answer.Tone != report.ToneAlarm || !v.Timeline.Binned || v.MoreHosts == 0 {
		t.Errorf("the big case is not told whole: %+v", v.Answer)
	}
	for _, want := range []string{"in the case", "wort0000"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
