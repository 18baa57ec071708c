package verify_test

import (
	"slices"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/verify"
)

// TestReplayNamesWhatDoesNotFollow changes what a real case states and wants
// to be told. The record is read anew for each change.
func TestReplayNamesWhatDoesNotFollow(t *testing.T) {
	t.Parallel()
	dir := unpack(t, "v1-tom-2011")
	for i, tt := range []struct {
		name string
		want string // empty: no problem
		do   func(r *telltale.Record)
	}{
		{"nothing", "", func(*telltale.Record) {}},
		{"a finding's verdict", "finding 1 does not follow", func(r *telltale.Record) { r.Findings[0].Verdict = telltale.NotSupported }},
		{"a finding's words", `\"marblewood\"`, func(r *telltale.Record) {
			i := slices.IndexFunc(r.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindTrigger })
			r.Findings[i].Claim.Words = []string{"marblewood"}
		}},
		{"a finding taken out", "finding 1 of those that follow from the raw records is not stated", func(r *telltale.Record) { r.Findings = r.Findings[1:] }},
		{"a finding added", "derived nothing like it", func(r *telltale.Record) { r.Findings = append(r.Findings, r.Findings[0]) }},
		{"findings in another order", "finding 1 and others stand in another order", func(r *telltale.Record) {
			r.Findings[0], r.Findings[1] = r.Findings[1], r.Findings[0]
		}},
		{"all findings taken out", "finding", func(r *telltale.Record) { r.Findings = nil }},
		{"an observation", "observation 3 does not follow", func(r *telltale.Record) { r.Observations[2].Value++ }},
		{"all observations taken out", "observation 1 of those", func(r *telltale.Record) { r.Observations = nil }},
		{"a layer's path", "layer 1", func(r *telltale.Record) { r.Layers[0].Path = append(r.Layers[0].Path, "base64") }},
		{"a layer's key", "layer 1", func(r *telltale.Record) { r.Layers[keyed(r)].Key = "0011223344556677" }},
		{"a layer's key, not hex", "not hex", func(r *telltale.Record) { r.Layers[0].Key = "zz" }},
		{"a layer's bytes", "layer 1", func(r *telltale.Record) { r.Layers[0].Bytes = r.Layers[1].Bytes }},
		{"a layer's flow", "no message", func(r *telltale.Record) { r.Layers[0].Flow = "f999999" }},
		{"a layer's message", "no message", func(r *telltale.Record) { r.Layers[0].Message = -1 }},
		{"a layer's first step", "layer 1", func(r *telltale.Record) { r.Layers[0].Steps = r.Layers[1].Steps }},
		{"a layer's probe", "does not hold the mark", func(r *telltale.Record) {
			a, b := copies(r)
			r.Layers[a].Probes = r.Layers[b].Probes
		}},
		{"a layer's probe that is none", "does not hold the mark", func(r *telltale.Record) {
			a, _ := copies(r)
			r.Layers[a].Probes = append(slices.Clone(r.Layers[a].Probes), "p999999")
		}},
		{"receipts", "does not follow", func(r *telltale.Record) {
			for i := range r.Receipts {
				r.Receipts[i].Outcome = telltale.Delivered
			}
		}},
	} {
		if testing.Short() && i%3 > 0 {
			continue
		}
		problems, err := verify.Replay(dir, tt.do)
		if err != nil {
			t.Fatal(err)
		}
		if tt.want == "" && len(problems) > 0 || tt.want != "" && !says(problems, tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, problems[:min(3, len(problems))], tt.want)
		}
	}
}

// keyed is a layer that a key opened, put first so that the row is short.
func keyed(r *telltale.Record) int {
	i := slices.IndexFunc(r.Layers, func(l telltale.Layer) bool { return l.Key != "" && l.Path[len(l.Path)-1] == "des-ecb" })
	r.Layers[0], r.Layers[i] = r.Layers[i], r.Layers[0]
	return 0
}

// copies are two layers with marks of different probes.
func copies(r *telltale.Record) (a, b int) {
	marked := func(l telltale.Layer) bool {
		return len(l.Probes) == 1 && !strings.HasPrefix(l.Path[len(l.Path)-1], "hash")
	}
	a = slices.IndexFunc(r.Layers, marked)
	b = slices.IndexFunc(r.Layers, func(l telltale.Layer) bool { return marked(l) && l.Probes[0] != r.Layers[a].Probes[0] })
	return a, b
}
