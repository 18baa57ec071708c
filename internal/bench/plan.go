package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/scenario"
)

// program is what plans and entries call this program.
const program = "telltale " + telltale.Version

// PlanOf is what a scenario settles before anything is typed.
func PlanOf(s telltale.Scenario) (telltale.Plan, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return telltale.Plan{}, fmt.Errorf("planning: %w", err)
	}
	canonical, err := casefile.Canonical(raw)
	if err != nil {
		return telltale.Plan{}, fmt.Errorf("planning: the scenario: %w", err)
	}
	known := scenario.Known(s)
	return telltale.Plan{
		Program: program, Scenario: telltale.DigestOf(canonical), Seed: s.Seed,
		Schedule: scenario.Digest(known), Questions: len(known),
		Analysis: attribute.Methods(), Alpha: s.Alpha, Stop: stopRule(s.Limits),
	}, nil
}

// stopRule says in words when a run stops before its last question.
func stopRule(l telltale.Limits) []string {
	var rule []string
	add := func(set bool, format string, args ...any) {
		if set {
			rule = append(rule, fmt.Sprintf(format, args...))
		}
	}
	add(l.Messages > 0, "after %d messages", l.Messages)
	add(l.Triggering > 0, "after %d messages that were copied or did not arrive", l.Triggering)
	add(l.Duration > 0, "after %v", l.Duration)
	add(l.Voids > 0, "after %d questions in a row that could not be put", l.Voids)
	add(true, "when the investigator stops it")
	return rule
}

// describe records the question, and how it will be judged, before anything is
// asked. Both are signed before anybody listens.
func (e *engine) describe() error {
	plan, err := PlanOf(e.Scenario)
	if err != nil {
		return err
	}
	if !e.Resume {
		return oneByOne(func() error { return e.Case.PutScenario(e.Scenario) }, func() error { return e.Case.PutPlan(plan) })
	}
	settled := e.Case.Plan()
	if settled == nil { // cut off before it was written
		return oneByOne(func() error { return e.Case.PutResume(program) }, func() error { return e.Case.PutPlan(plan) })
	}
	if settled.Scenario != plan.Scenario {
		return errors.New("the case was begun with another scenario: what is settled cannot be changed; begin a new case")
	}
	return oneByOne(func() error { return e.Case.PutResume(departure(settled, plan)) }, e.Case.Checkpoint)
}

// oneByOne does one thing after the other until one fails.
func oneByOne(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// departure names the program that goes on, and what of it is not as it was
// settled.
func departure(settled *telltale.Plan, now telltale.Plan) string {
	var other []string
	if settled.Program != now.Program {
		other = append(other, "planned with "+settled.Program)
	}
	if settled.Schedule != now.Schedule {
		other = append(other, "the questions known beforehand are others")
	}
	for _, method := range now.Analysis {
		if !slices.Contains(settled.Analysis, method) {
			other = append(other, "not in the plan: "+method)
		}
	}
	if len(other) == 0 {
		return now.Program
	}
	return now.Program + "; " + strings.Join(other, "; ")
}
