package main

import (
	"errors"
	"os"
	"os/exec"
	"slices"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
)

// check waits for the end of an audit and holds all that it says against the
// truth.
func (p *platform) check(r *run) *telltale.Record {
	p.t.Helper()
	<-r.done
	want := exitFound
	if p.clean {
		want = exitNothing
	}
	var exit *exec.ExitError
	got := 0
	if errors.As(r.err, &exit) {
		got = exit.ExitCode()
	}
	if got != want || (r.err != nil && exit == nil) {
		p.t.Fatalf("the audit ended with %v, want exit code %d\n%s", r.err, want, r.out.String())
	}
	p.verify()
	if err := countsOnce(p.caseDir()); err != nil {
		p.t.Error(err)
	}
	rec, err := recordOf(p.caseDir())
	if err != nil {
		p.t.Fatal(err)
	}
	p.checkFates(rec)
	var claims []string
	for _, f := range rec.Findings {
		if f.Verdict == telltale.Supported {
			claims = append(claims, f.Claim.Key())
		}
	}
	slices.Sort(claims)
	if diff := cmp.Diff(p.truth(), claims); diff != "" {
		p.t.Errorf("findings (-truth +stated):\n%s", diff)
	}
	return rec
}

// verify has the program check the case.
func (p *platform) verify() {
	p.t.Helper()
	program, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), program, "case", "verify", p.caseDir())
	cmd.Env = p.env
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Errorf("case verify: %v\n%s", err, out)
	}
}

// checkFates wants of every message that was settled what the filter does
// with its text, and nothing else.
func (p *platform) checkFates(rec *telltale.Record) {
	p.t.Helper()
	last := rec.LastReceipts()
	for _, probe := range rec.Probes {
		want := telltale.Delivered
		if !p.clean {
			want = platformFate(probe.Text)
		}
		if r, ok := last[probe.ID]; ok && r.Outcome != telltale.Void && r.Outcome != want {
			p.t.Errorf("%s %q: %+v, want %s", probe.ID, probe.Text, r, want)
		}
	}
}

// typedOnce wants no question put again that had its answer: a copy that was
// seen, or silence that was watched to the end of the window. One message for
// each kill may be without a fate.
func (p *platform) typedOnce(rec *telltale.Record, kills int) {
	p.t.Helper()
	copied := map[string]bool{}
	for _, l := range rec.Layers {
		for _, id := range l.Probes {
			copied[id] = true
		}
	}
	answered, last, open := map[string]bool{}, rec.LastReceipts(), 0
	for _, probe := range rec.Probes {
		if answered[probe.Key] {
			p.t.Errorf("%s was typed again as %s", probe.Key, probe.ID)
		}
		r, ok := last[probe.ID]
		end := r.Sent.Add(rec.Scenario.Window)
		watched := slices.ContainsFunc(rec.Listening, func(s telltale.Span) bool { return !s.From.After(r.Sent) && !s.To.Before(end) })
		answered[probe.Key] = ok && r.Outcome != telltale.Void && (copied[probe.ID] || watched)
		if !ok || r.Outcome == telltale.Void {
			open++
		}
	}
	if open > kills {
		p.t.Errorf("%d messages have no outcome, but %d at most were under way", open, kills)
	}
}
