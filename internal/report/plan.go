package report

import (
	"slices"
	"strconv"
	"strings"

	"example.org/telltale"
)

// mostPlanned bounds the lists of a plan.
const mostPlanned = 30

// methodsBetween stands between the methods of one finding.
const methodsBetween = "; "

// Plan is what was settled before the first message, and what departs from it.
type Plan struct {
	Facts    []Fact   `json:"facts"`
	Analysis []string `json:"analysis"`
	Stop     []string `json:"stop,omitempty"`
	// Departures from the plan; none is said where there is none.
	Departures []string `json:"departures,omitempty"`
}

// plan is nil for a case without one.
func (x *index) plan(in Input) *Plan {
	s := in.Seal
	p := s.Plan
	if p == nil {
		return nil
	}
	return &Plan{
		Facts: filled([]Fact{
			{x.Say("plan.signed"), moment(s.PlanSigned)},
			{x.Say("plan.program"), cut(p.Program, 60)},
			{x.Say("plan.questions"), x.Number(p.Questions)},
			{x.Say("plan.seed"), strconv.FormatUint(p.Seed, 10)},
			{x.Say("plan.alpha"), percent(p.Alpha)},
			{x.Say("plan.scenario"), cut(string(p.Scenario), 80)},
			{x.Say("plan.schedule"), cut(string(p.Schedule), 80)},
		}),
		Analysis: cutAll(p.Analysis, mostPlanned, 300), Stop: cutAll(p.Stop, mostPlanned, 200),
		Departures: x.departures(in),
	}
}

// departures compares the plan with what was done.
func (x *index) departures(in Input) []string {
	p := in.Seal.Plan
	var out []string
	if p.Alpha != x.rec.Scenario.Alpha {
		out = append(out, x.Say("depart.alpha", "plan", percent(p.Alpha), "done", percent(x.rec.Scenario.Alpha)))
	}
	if p.Seed != x.rec.Scenario.Seed {
		out = append(out, x.Say("depart.seed"))
	}
	for _, m := range x.unplanned(p) {
		out = append(out, x.Say("depart.method", "method", cut(m, 200)))
	}
	for _, r := range in.Seal.Resumed[:min(len(in.Seal.Resumed), mostPlanned)] {
		out = append(out, x.Say("depart.resumed", "program", cut(r, 300)))
	}
	if in.Stopped != "" {
		out = append(out, x.Say("depart.stopped", "why", cut(in.Stopped, 200)))
	}
	if in.Seal.Unfinished {
		out = append(out, x.Say("depart.unfinished"))
	}
	return out
}

// unplanned are the methods of findings that the plan does not name.
func (x *index) unplanned(p *telltale.Plan) []string {
	seen := map[string]bool{}
	for i := range x.rec.Findings {
		f := &x.rec.Findings[i]
		for _, m := range strings.Split(f.Method, methodsBetween) {
			// A plan names each method with the program's version behind it.
			m += " (" + f.Version + ")"
			if f.Method != "" && !slices.Contains(p.Analysis, m) && len(seen) < mostPlanned {
				seen[m] = true
			}
		}
	}
	return sorted(seen)
}
