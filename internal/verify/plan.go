package verify

import (
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/scenario"
)

// plan compares what was settled before the first message with what was done.
func (c *check) plan() {
	if c.version == 1 || c.unreadable() {
		return // version 1 has none
	}
	b := &c.book
	if b.plan == nil {
		if b.firstProbe > 0 && c.res.Sources == 0 && b.rec.Scenario.Driver.Kind != telltale.DriverReplay {
			c.problem(format.LogFile, b.firstProbe, "a message was typed, and no plan was written down before")
		}
		return
	}
	c.planFirst()
	c.planQuestion()
	c.planSchedule()
	c.planMethods()
	c.planLimits()
}

// planFirst: the plan was written before anything was typed. That it was signed
// before is checked where the log is read.
func (c *check) planFirst() {
	planned, typed := c.book.seen[format.TypePlan], c.book.firstProbe
	if typed > 0 && typed < planned {
		c.problem(format.LogFile, typed, "a message was typed before the plan on line %d", planned)
	}
}

// planQuestion: the plan is about this scenario.
func (c *check) planQuestion() {
	plan, s, line := c.book.plan, c.book.scenario, c.book.seen[format.TypePlan]
	switch {
	case s.line == 0:
		c.problem(format.LogFile, line, "there is a plan and no scenario")
		return
	case s.line > line:
		c.problem(format.LogFile, s.line, "the scenario was written down after the plan on line %d", line)
	case s.masked:
		c.note(format.LogFile, s.line, "the scenario was not compared with the plan: values of it were taken out")
		return
	case plan.Scenario != s.digest:
		c.problem(format.LogFile, line, "the plan is for another scenario: %.80q, the one on line %d is %s", plan.Scenario, s.line, s.digest)
	}
	rec := c.book.rec
	if plan.Seed != rec.Scenario.Seed || plan.Alpha != rec.Scenario.Alpha {
		c.problem(format.LogFile, line, "the plan has seed %d and alpha %v, the scenario on line %d %d and %v", plan.Seed, plan.Alpha, s.line, rec.Scenario.Seed, rec.Scenario.Alpha)
	}
}

// mostQuestions bounds what is laid out of a scenario that anybody may have
// written.
const mostQuestions = 1 << 20

// planSchedule lays the questions out again. Another program may lay them out
// in another way.
func (c *check) planSchedule() {
	plan, line, s := c.book.plan, c.book.seen[format.TypePlan], c.book.rec.Scenario
	if c.book.scenario.masked || plan.Scenario != c.book.scenario.digest {
		return // named already
	}
	if s.Trials > mostQuestions/(1+len(s.Words)) || len(s.Accounts)*len(s.Directions) > mostQuestions {
		c.note(format.LogFile, line, "the questions were not laid out again: there are more than %d", mostQuestions)
		return
	}
	digest, count := schedule(s)
	switch {
	case plan.Schedule == digest && plan.Questions == count:
	case plan.Program == "telltale "+telltale.Version:
		c.problem(format.LogFile, line, "the plan's questions are not those of the scenario: %d, %.80q; laid out again %d, %s", plan.Questions, plan.Schedule, count, digest)
	default:
		c.note(format.LogFile, line, "the plan's questions could not be laid out again as %.60q did", plan.Program)
	}
}

// schedule is the digest of the questions that are known beforehand, a line
// each, and their number.
func schedule(s telltale.Scenario) (telltale.Digest, int) {
	var b []byte
	items, ok := known(s)
	if !ok {
		return "", 0
	}
	for _, i := range items {
		b = fmt.Appendf(b, "%s\t%s\t%s\t%s\n", i.Key, i.Arm, i.Direction, i.Word)
	}
	return telltale.DigestOf(b), len(items)
}

// known lays out the questions. A scenario that nobody validated may have no
// account, or exclude every harmless sentence: it has no schedule.
func known(s telltale.Scenario) (items []scenario.Item, ok bool) {
	defer func() { ok = recover() == nil }()
	return scenario.Known(s), true
}

// planMethods names findings whose method was not settled beforehand.
func (c *check) planMethods() {
	planned := map[string]bool{}
	for _, method := range c.book.plan.Analysis {
		planned[method] = true
	}
	for _, f := range c.book.rec.Findings {
		for method := range strings.SplitSeq(f.Method, "; ") {
			if !planned[method] && !planned[method+" ("+f.Version+")"] {
				c.note(format.LogFile, c.book.findings, "finding %.20s: its method is not in the plan: %.200q of version %.40q", f.ID, method, f.Version)
			}
		}
	}
}

// planLimits: no more was typed than the scenario allows. Void messages do
// not count, nor do those whose fate a crash left open.
func (c *check) planLimits() {
	most, typed := c.book.rec.Scenario.Limits.Messages, 0
	for _, receipt := range c.book.rec.LastReceipts() {
		if receipt.Outcome != telltale.Void {
			typed++
		}
	}
	if most > 0 && typed > most {
		c.problem(format.LogFile, 0, "%d messages were typed, the limit of the scenario is %d", typed, most)
	}
}
