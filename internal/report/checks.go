package report

import (
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// Kinds lists the kinds of findings that there are, in the order of reports.
func Kinds() []telltale.Kind {
	return []telltale.Kind{
		telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindException, telltale.KindTargeting,
		telltale.KindDestination, telltale.KindContent, telltale.KindWeak, telltale.KindExposure, telltale.KindList,
	}
}

// check is one question of a case for programs that count passes and failures:
// whether anything of a kind was found, in one direction if that matters.
type check struct {
	kind      telltale.Kind
	direction telltale.Direction
	// found are supported findings, open the inconclusive ones.
	found, open []*telltale.Finding
	// unasked says why the question was not put, or not answered.
	unasked string
}

// directed reports whether findings of a kind hold for a direction.
func directed(k telltale.Kind) bool {
	switch k {
	case telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindException:
		return true
	}
	return false
}

// checks lists what could have been found, and what was. Nothing passes that
// was not asked and answered.
func (x *index) checks(in Input) []check {
	var out []check
	for _, k := range Kinds() {
		directions := []telltale.Direction{""}
		if directed(k) {
			directions = []telltale.Direction{telltale.Sent, telltale.Received}
		}
		for _, d := range directions {
			one := check{kind: k, direction: d}
			for i := range x.rec.Findings {
				one.take(&x.rec.Findings[i])
			}
			if k == telltale.KindException && len(one.found)+len(one.open) == 0 {
				continue
			}
			if len(one.found)+len(one.open) == 0 {
				one.unasked = x.unasked(in, one)
			}
			out = append(out, one)
		}
	}
	return out
}

// take adds a finding if it answers the question.
func (c *check) take(f *telltale.Finding) {
	d := f.Claim.Direction
	if f.Claim.Kind != c.kind || c.direction != "" && d != c.direction && (d == telltale.Sent || d == telltale.Received) {
		return
	}
	switch f.Verdict {
	case telltale.Supported:
		c.found = append(c.found, f)
	case telltale.Inconclusive:
		c.open = append(c.open, f)
	case telltale.NotSupported:
	}
}

// unasked says why the absence of findings means nothing; empty if it does.
func (x *index) unasked(in Input, one check) string {
	t := x.tally()
	switch {
	case x.unfinished(in) != "":
		return x.Say("check.stopped", "why", x.unfinished(in))
	case t.valid == 0 || t.void > t.valid:
		return x.Say("check.undecided")
	case one.direction != "" && !x.typed(one.direction):
		return x.Say("check.not-asked.direction")
	case one.kind == telltale.KindTargeting && len(x.accounts(telltale.SideApp)) < 2:
		return x.Say("check.not-asked.account")
	case one.kind == telltale.KindExposure && len(x.rec.Scenario.Scope) == 0:
		return x.Say("check.not-asked.scope")
	}
	return ""
}

func (x *index) typed(d telltale.Direction) bool {
	for i := range x.rec.Probes {
		if x.rec.Probes[i].Direction == d {
			return true
		}
	}
	return false
}

// unfinished says why the plan was not carried out; empty if it was. Cases of
// old versions say it by their stages alone: the last mark of each counts, and
// one that was cut short has a note.
func (x *index) unfinished(in Input) string {
	if in.Stopped != "" {
		return cut(in.Stopped, 300)
	}
	last := map[string]telltale.Stage{}
	var names []string
	for _, s := range x.rec.Stages {
		if _, known := last[s.Name]; !known {
			names = append(names, s.Name)
		}
		last[s.Name] = s
	}
	for _, name := range names {
		switch s := last[name]; {
		case !s.Done:
			return x.Say("check.stage", "stage", cut(name, 60))
		case s.Note != "":
			return cut(s.Note, 300)
		}
	}
	return ""
}

// Undecided says in words why the findings of a case are not all there could
// be: the run was stopped, or too little of it gave an answer. Empty for a case
// that was carried out.
func Undecided(in Input) (string, error) {
	x, err := in.index()
	if err != nil {
		return "", err
	}
	t := x.tally()
	switch why := x.unfinished(in); {
	case why != "":
		return x.Say("check.stopped", "why", why), nil
	case t.valid == 0 || t.void > t.valid:
		return x.Say("check.undecided"), nil
	}
	return "", nil
}

// Unasked says of each of some kinds of which nothing was found why that means
// nothing: nobody asked, or nothing answered.
func Unasked(in Input, kinds []telltale.Kind) ([]string, error) {
	x, err := in.index()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, one := range x.checks(in) {
		if slices.Contains(kinds, one.kind) && one.unasked != "" {
			out = append(out, one.name(x.Catalogue)+" "+cut(one.unasked, 300))
		}
	}
	return out, nil
}

// name of a check in words.
func (one check) name(c *words.Catalogue) string {
	name := c.Say("check." + string(one.kind))
	if one.direction == "" {
		return name
	}
	return c.Say("check.title", "what", name, "direction", c.Say("check."+string(one.direction)))
}
