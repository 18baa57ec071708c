package bench_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
)

// TestRecompute changes what a case states and wants to be told. The record
// is read anew for each change.
func TestRecompute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, desApp(), question(filtered...))
		harvested(b)
		if rec := b.finish(); len(rec.Layers) == 0 || rec.Layers[0].Key == "" {
			t.Fatalf("no copy was deciphered: %+v", rec.Layers)
		}
		for _, tt := range []struct {
			name string
			want string // empty: no problem
			do   func(r *telltale.Record)
		}{
			{"nothing", "", func(*telltale.Record) {}},
			{"a finding's verdict", "finding 1", func(r *telltale.Record) { r.Findings[0].Verdict = telltale.NotSupported }},
			{"a finding's words", "finding", func(r *telltale.Record) {
				i := slices.IndexFunc(r.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindTrigger })
				r.Findings[i].Claim.Words = []string{"marblewood"}
			}},
			{"a finding taken out", "finding", func(r *telltale.Record) { r.Findings = r.Findings[1:] }},
			{"a finding added", "finding", func(r *telltale.Record) { r.Findings = append(r.Findings, r.Findings[0]) }},
			{"all findings taken out", "finding", func(r *telltale.Record) { r.Findings = nil }},
			{"an observation", "observation 3", func(r *telltale.Record) { r.Observations[2].Value++ }},
			{"all observations taken out", "observation", func(r *telltale.Record) { r.Observations = nil }},
			{"a layer's path", "layer 1", func(r *telltale.Record) { r.Layers[0].Path = append(r.Layers[0].Path, "base64") }},
			{"a layer's key", "layer 1", func(r *telltale.Record) { r.Layers[0].Key = "0011223344556677" }},
			{"a layer's key, not hex", "not hex", func(r *telltale.Record) { r.Layers[0].Key = "zz" }},
			{"a layer's bytes", "layer 1", func(r *telltale.Record) { r.Layers[0].Bytes = r.Layers[1].Bytes }},
			{"a layer's flow", "no message", func(r *telltale.Record) { r.Layers[0].Flow = "f999999" }},
			{"a layer's message", "no message", func(r *telltale.Record) { r.Layers[0].Message = -1 }},
			{"a layer's first step", "layer 1", func(r *telltale.Record) { r.Layers[0].Steps = r.Layers[1].Steps }},
			{"a layer's probe", "does not hold the mark", func(r *telltale.Record) { r.Layers[0].Probes = r.Layers[1].Probes }},
			{"a layer's probe that is none", "does not hold the mark", func(r *telltale.Record) {
				r.Layers[0].Probes = append(r.Layers[0].Probes, "p999999")
			}},
			{"a receipt", "does not follow", func(r *telltale.Record) {
				for i := range r.Receipts {
					r.Receipts[i].Outcome = telltale.Delivered
				}
			}},
			{"before anything was stated", "", func(r *telltale.Record) { r.Findings, r.Observations = nil, nil }},
		} {
			r, err := casefile.Read(b.dir)
			if err != nil {
				t.Fatal(err)
			}
			tt.do(r.Record)
			problems := bench.Recompute(r)
			if tt.want == "" && len(problems) > 0 || tt.want != "" && !reported(problems, tt.want) {
				t.Errorf("%s: %v, want %q", tt.name, problems, tt.want)
			}
		}
	})
}

func reported(problems []casefile.Problem, want string) bool {
	return slices.ContainsFunc(problems, func(p casefile.Problem) bool { return strings.Contains(p.String(), want) })
}
