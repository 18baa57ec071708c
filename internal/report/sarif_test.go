package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

// shape is what SARIF 2.1.0 says of one kind of object, as far as we write it.
type shape struct {
	// required properties, and those that may be there too.
	required, optional []string
	// holds names the shape of a property's object, or of the objects of a list.
	holds map[string]string
	// one of these values, by property.
	oneOf map[string][]string
}

// sarifShapes is the part of the specification that concerns what we write:
// sections 3.13 (log), 3.14 (run), 3.18 and 3.19 (tool), 3.49 (rule), 3.20
// (invocation), 3.27 (result), 3.28 (location) and those they use.
func sarifShapes() map[string]shape {
	level := []string{"none", "note", "warning", "error"}
	return map[string]shape{
		"log": {required: []string{"version", "runs"}, optional: []string{"$schema"}, holds: map[string]string{"runs": "run"}, oneOf: map[string][]string{"version": {"2.1.0"}}},
		"run": {
			required: []string{"tool"}, optional: []string{"automationDetails", "invocations", "originalUriBaseIds", "artifacts", "results", "columnKind", "language", "properties"},
			holds: map[string]string{"tool": "tool", "automationDetails": "automation", "invocations": "invocation", "originalUriBaseIds": "bases", "artifacts": "artifact", "results": "result", "properties": "bag"},
			oneOf: map[string][]string{"columnKind": {"utf16CodeUnits", "unicodeCodePoints"}},
		},
		"tool":             {required: []string{"driver"}, holds: map[string]string{"driver": "driver"}},
		"driver":           {required: []string{"name"}, optional: []string{"semanticVersion", "rules"}, holds: map[string]string{"rules": "rule"}},
		"rule":             {required: []string{"id"}, optional: []string{"shortDescription", "fullDescription", "help", "defaultConfiguration"}, holds: map[string]string{"shortDescription": "message", "fullDescription": "message", "help": "message", "defaultConfiguration": "configuration"}},
		"configuration":    {optional: []string{"level"}, oneOf: map[string][]string{"level": level}},
		"message":          {required: []string{"text"}},
		"automation":       {optional: []string{"id"}},
		"invocation":       {required: []string{"executionSuccessful"}, optional: []string{"startTimeUtc", "endTimeUtc", "toolExecutionNotifications"}, holds: map[string]string{"toolExecutionNotifications": "notification"}},
		"notification":     {required: []string{"message"}, optional: []string{"level"}, holds: map[string]string{"message": "message"}, oneOf: map[string][]string{"level": level}},
		"bases":            {required: []string{"CASE"}, holds: map[string]string{"CASE": "base"}},
		"base":             {optional: []string{"uri", "description"}, holds: map[string]string{"description": "message"}},
		"artifact":         {optional: []string{"location", "mimeType"}, holds: map[string]string{"location": "artifactLocation"}},
		"artifactLocation": {optional: []string{"uri", "uriBaseId", "index"}},
		"result": {
			required: []string{"message"}, optional: []string{"ruleId", "ruleIndex", "kind", "level", "locations", "partialFingerprints", "properties"},
			holds: map[string]string{"message": "message", "locations": "location", "partialFingerprints": "prints", "properties": "bag"},
			oneOf: map[string][]string{"level": level, "kind": {"notApplicable", "pass", "fail", "review", "open", "informational"}},
		},
		"location": {optional: []string{"physicalLocation", "logicalLocations"}, holds: map[string]string{"physicalLocation": "physical", "logicalLocations": "logical"}},
		"physical": {required: []string{"artifactLocation"}, optional: []string{"region"}, holds: map[string]string{"artifactLocation": "artifactLocation", "region": "region"}},
		"region":   {required: []string{"startLine"}},
		"logical":  {optional: []string{"name", "kind"}},
		"prints":   {required: []string{"telltaleClaim/v1"}},
	}
}

// conform holds a JSON value against its shape.
func conform(t *testing.T, v any, name, where string) {
	t.Helper()
	if list, ok := v.([]any); ok {
		for i, one := range list {
			conform(t, one, name, fmt.Sprintf("%s[%d]", where, i))
		}
		return
	}
	if name == "bag" {
		return
	}
	s := sarifShapes()[name]
	object, ok := v.(map[string]any)
	if !ok {
		t.Errorf("%s is %T, want an object", where, v)
	}
	for _, p := range s.required {
		if object[p] == nil {
			t.Errorf("%s has no %q", where, p)
		}
	}
	for p, value := range object {
		if !slices.Contains(s.required, p) && !slices.Contains(s.optional, p) {
			t.Errorf("%s has %q, which SARIF does not know there", where, p)
		}
		if inner := s.holds[p]; inner != "" {
			conform(t, value, inner, where+"."+p)
		}
		if values := s.oneOf[p]; values != nil && !slices.Contains(values, fmt.Sprint(value)) {
			t.Errorf("%s.%s is %v, want one of %q", where, p, value, values)
		}
	}
}

// sarif is what a reader of SARIF looks at.
type sarif struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct{ Message struct{ Text string } }
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			Kind, Level         string
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

func readSARIF(t *testing.T, in report.Input) sarif {
	t.Helper()
	var b bytes.Buffer
	if err := report.SARIF(&b, in); err != nil {
		t.Fatal(err)
	}
	harmless(t, strings.ReplaceAll(b.String(), "\n", ""))
	var tree any
	if err := json.Unmarshal(b.Bytes(), &tree); err != nil {
		t.Fatal(err)
	}
	conform(t, tree, "log", "log")
	var out sarif
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSARIFIsAsThePublishedFormAsks(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]report.Input{
		"monitored": tom2011().input(), "clean": clean().input(), "hostile": attackedWorld(0, itself).input(), "empty": {Record: &telltale.Record{}}, "stopped": {Record: &clean().rec, Stopped: "x"},
	} {
		run := readSARIF(t, in).Runs[0]
		prints := map[string]bool{}
		for i, r := range run.Results {
			if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
				t.Errorf("%s: result %d has the rule %q and the index of another", name, i, r.RuleID)
			}
			if (r.Kind != "fail") != (r.Level == "none") {
				t.Errorf("%s: result %d is %s with the level %s", name, i, r.Kind, r.Level)
			}
			if p := r.PartialFingerprints["telltaleClaim/v1"]; prints[p] {
				t.Errorf("%s: two results have the fingerprint %s", name, p)
			} else {
				prints[p] = true
			}
			for _, l := range r.Locations {
				if u, err := url.Parse(l.PhysicalLocation.ArtifactLocation.URI); err != nil || u.IsAbs() {
					t.Errorf("%s: result %d is at %q, want a relative address", name, i, u)
				}
			}
		}
	}
}

func TestSARIFPointsToTheLogAndKeepsItsFingerprints(t *testing.T) {
	t.Parallel()
	w := tom2011()
	in := w.input()
	in.Lines = map[string]int{"p000009": 41, "f000011": 44}
	first := readSARIF(t, in).Runs[0]
	i := slices.IndexFunc(w.rec.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindCopy })
	var lines []int
	for _, l := range first.Results[i].Locations {
		lines = append(lines, l.PhysicalLocation.Region.StartLine)
	}
	if !slices.Equal(lines, []int{41, 44}) {
		t.Errorf("the copy is at lines %v, want 41 and 44", lines)
	}
	// The same claim in another case, at another place of it.
	again := tom2011()
	slices.Reverse(again.rec.Findings)
	second := readSARIF(t, again.input()).Runs[0]
	if got, want := second.Results[len(second.Results)-1-i].PartialFingerprints, first.Results[i].PartialFingerprints; got["telltaleClaim/v1"] != want["telltaleClaim/v1"] {
		t.Errorf("fingerprints %v and %v of the same claim", got, want)
	}
}

func TestSARIFMessagesHoldNoLinksAndNoPlaceholders(t *testing.T) {
	t.Parallel()
	single := regexp.MustCompile(`(^|[^{])\{[^{]|[^}]\}([^}]|$)|\]\(`)
	for from := 0; from < len(attacks()); from += 9 {
		for _, r := range readSARIF(t, attackedWorld(from, itself).input()).Runs[0].Results {
			if bad := single.FindString(strings.ReplaceAll(strings.ReplaceAll(r.Message.Text, "{{", ""), "}}", "")); bad != "" {
				t.Errorf("%q in %.200q acts in a viewer", bad, r.Message.Text)
			}
		}
	}
}

func TestSARIFSaysWhatKeptTheRunFromItsEnd(t *testing.T) {
	t.Parallel()
	in := clean().input()
	in.Stopped = "the limit of 5 messages is reached"
	got := readSARIF(t, in).Runs[0].Invocations[0]
	if got.ExecutionSuccessful || !strings.Contains(got.ToolExecutionNotifications[0].Message.Text, in.Stopped) {
		t.Errorf("invocation %+v, want one that was not successful and says why", got)
	}
}
