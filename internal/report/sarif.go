package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// sarifPrint names the fingerprint: the digest of the claim, which is the
	// same in every case in which the same was found.
	sarifPrint = "telltaleClaim/v1"
	// caseBase stands for the case's directory, which paths are relative to.
	caseBase = "CASE"
	// mostPlaces is how many entries of the log one result points to.
	mostPlaces = 8
)

// SARIF writes the findings of a case as SARIF 2.1.0, for programs that gather
// the results of tools: a rule for each kind of finding, a result for each
// finding, and where in the case's log its evidence stands.
func SARIF(w io.Writer, in Input) error {
	x, err := in.index()
	if err != nil {
		return err
	}
	log := sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{x.sarifRun(in)}}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(log); err != nil {
		return fmt.Errorf("report: SARIF: %w", err)
	}
	if _, err := w.Write(escapeHidden(b.Bytes())); err != nil {
		return fmt.Errorf("report: write SARIF: %w", err)
	}
	return nil
}

func (x *index) sarifRun(in Input) sarifRun {
	r := sarifRun{
		Automation:  sarifAutomation{ID: "telltale/" + cut(x.rec.Scenario.Name, 200)},
		Invocations: []sarifInvocation{x.sarifInvocation(in)},
		Bases:       map[string]sarifBase{caseBase: {sarifText(x.Say("sarif.base"))}},
		Artifacts:   []sarifArtifact{{sarifArtifactLocation{"log/entries.jsonl", caseBase, 0}, "application/x-ndjson"}},
		Results:     []sarifResult{},
		ColumnKind:  "unicodeCodePoints", Language: x.Lang(),
		Properties: map[string]string{"app": cut(x.rec.App.Name, 200), "appVersion": cut(x.rec.App.Version, 200), "checkpoint": cut(in.Seal.Checkpoint, 1000)},
	}
	r.Tool.Driver = sarifDriver{Name: "telltale", SemanticVersion: telltale.Version, Rules: sarifRules(x.Catalogue)}
	for i := range x.rec.Findings {
		if rule := ruleIndex(x.rec.Findings[i].Claim.Kind); rule >= 0 {
			r.Results = append(r.Results, x.sarifResultOf(in, &x.rec.Findings[i], rule))
		}
	}
	return r
}

// sarifRules are the kinds of findings. Those of a case stand by their index.
func sarifRules(c *words.Catalogue) []sarifRule {
	var out []sarifRule
	for _, k := range Kinds() {
		rule := sarifRule{
			ID: string(k), Short: sarifText(c.Say("check." + string(k))), Full: sarifText(c.Say("check." + string(k) + ".more")),
			Help: sarifText(advice(telltale.Claim{Kind: k}, c)),
		}
		rule.Default.Level = sarifLevel(k)
		out = append(out, rule)
	}
	return out
}

func ruleIndex(k telltale.Kind) int {
	for i, one := range Kinds() {
		if one == k {
			return i
		}
	}
	return -1
}

// sarifLevel is how bad a finding of a kind is.
func sarifLevel(k telltale.Kind) string {
	switch k {
	case telltale.KindDestination, telltale.KindContent, telltale.KindWeak, telltale.KindList:
		return "warning"
	case telltale.KindException:
		return "note"
	}
	return "error"
}

func (x *index) sarifInvocation(in Input) sarifInvocation {
	why := x.unfinished(in)
	out := sarifInvocation{Successful: why == ""}
	if n := len(x.rec.Stages); n > 0 {
		out.Start, out.End = instant(x.rec.Stages[0].At), instant(x.rec.Stages[n-1].At)
	}
	if why != "" {
		out.Notifications = append(out.Notifications, sarifNotification{"warning", sarifText(x.Say("check.stopped", "why", why))})
	}
	for _, blind := range x.coverage().Blind {
		out.Notifications = append(out.Notifications, sarifNotification{"note", sarifText(x.Say("sarif.blind", "what", blind))})
	}
	return out
}

func (x *index) sarifResultOf(in Input, f *telltale.Finding, rule int) sarifResult {
	short := x.finding(f, nil)
	r := sarifResult{
		RuleID: string(f.Claim.Kind), RuleIndex: rule, Kind: "fail", Level: sarifLevel(f.Claim.Kind),
		Message: sarifText(f.Statement), Locations: sarifPlaces(in, f),
		Fingerprints: map[string]string{sarifPrint: string(telltale.DigestOf([]byte(claimKey(f.Claim))))},
		Properties: sarifProperties{
			Finding: cut(f.ID, 40), Verdict: cut(string(short.Verdict), 40), Basis: short.Basis, Trials: short.Trials,
			Needed: short.Needed, Effect: short.Effect, Claim: cut(claimKey(f.Claim), longest),
		},
	}
	// Only failures have a level (section 3.27.10).
	switch f.Verdict {
	case telltale.Inconclusive:
		r.Kind, r.Level = "open", "none"
	case telltale.NotSupported:
		r.Kind, r.Level = "pass", "none"
	case telltale.Supported:
	}
	return r
}

// sarifPlaces are the lines of the log on which the evidence stands, or the log
// itself if they are not known.
func sarifPlaces(in Input, f *telltale.Finding) []sarifLocation {
	var out []sarifLocation
	add := func(id, kind string) {
		if line := in.Lines[id]; line > 0 && len(out) < mostPlaces {
			out = append(out, sarifLocation{
				Physical: sarifPhysical{sarifArtifactLocation{"log/entries.jsonl", caseBase, 0}, &sarifRegion{line}},
				Logical:  []sarifLogical{{cut(id, 40), kind}},
			})
		}
	}
	for _, id := range f.Probes[:min(len(f.Probes), mostPlaces/2)] {
		add(id, "probe")
	}
	for _, id := range f.Flows[:min(len(f.Flows), mostPlaces)] {
		add(id, "flow")
	}
	if len(out) == 0 {
		out = []sarifLocation{{Physical: sarifPhysical{Artifact: sarifArtifactLocation{"log/entries.jsonl", caseBase, 0}}}}
	}
	return out
}

// sarifText makes a message: braces doubled, since single ones stand for
// arguments (section 3.11.5), and no embedded link (3.11.6).
func sarifText(s string) sarifMessage {
	s = strings.ReplaceAll(cut(s, longest), "](", "] (")
	return sarifMessage{strings.NewReplacer("{", "{{", "}", "}}").Replace(s)}
}
