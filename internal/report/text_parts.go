package report

import "strings"

// mostTextRows bounds each list of the text form; the page and JSON have more.
const mostTextRows = 60

func (p *printer) more(n int) {
	if n > 0 {
		p.line(p.paint(faint, "  "+p.Count("more", n)))
	}
}

func (p *printer) triggers(v View) {
	if len(v.Triggers) == 0 {
		return
	}
	p.heading(p.Say("triggers.title"))
	for _, t := range v.Triggers[:min(len(v.Triggers), mostTextRows)] {
		words := strings.Join(t.Words, " + ")
		if len(t.Without) > 0 {
			words += " " + p.Say("triggers.unless") + " " + p.Choice(t.Without)
		}
		p.para("  "+p.mark(t), "    ", "", words+": "+t.Effect+" ("+t.Direction+")")
		p.manner(t)
		if len(t.Manner) == 0 {
			p.traits(t.Traits)
		}
	}
	p.more(len(v.Triggers) - mostTextRows + int(v.MoreTriggers))
	for _, e := range v.Exceptions {
		p.para("    ", "    ", "", p.Say("triggers.exceptions", "words", e))
	}
	p.para("", "", faint, p.Say("text.marks"))
}

// manner is how the words are compared and where, on one line.
func (p *printer) manner(t Trigger) {
	known := t.Manner
	if len(t.Places) > 0 {
		known = append(known, p.Say("text.places", "places", p.Comma(t.Places)))
	}
	if len(t.Spared) > 0 {
		known = append(known, p.Say("text.spared", "places", p.Comma(t.Spared)))
	}
	if len(known) > 0 {
		p.para("      ", "      ", faint, strings.Join(known, "; ")+".")
	}
}

// traits are what is known of how the words are compared, on one line.
func (p *printer) traits(list []Trait) {
	var known []string
	for _, t := range list {
		if t.Answer == "yes" || t.Answer == "no" {
			known = append(known, t.Statement)
		}
	}
	if len(known) > 0 {
		p.para("      ", "      ", faint, strings.Join(known, "; ")+".")
	}
}

// mark is a sign for how well a trigger is proven.
func (p *printer) mark(t Trigger) string {
	for _, proof := range t.Proofs {
		if proof.Exact {
			return p.paint(red, "= ")
		}
	}
	return p.paint(yellow, "~ ")
}

func (p *printer) collectors(v View) {
	if len(v.Collectors) == 0 {
		return
	}
	p.heading(p.Say("collectors.title"))
	for _, c := range v.Collectors {
		p.para("  ", "  ", bold, c.Host+": "+p.Count("collectors.got", int(c.Messages)))
		p.labelled(p.Say("host.address"), c.Whereabouts.Addresses)
		p.labelled(p.Say("collectors.contains"), c.Contains)
		p.labelled(p.Say("collectors.weak"), c.Weak)
		p.labelled(p.Say("collectors.open"), c.Open)
		for _, place := range c.Visits {
			for _, f := range place.Families {
				p.para("    ", "    ", "", p.familyLine(f))
			}
		}
	}
	p.more(int(v.MoreCollectors))
}

func (p *printer) labelled(label string, list []string) {
	if len(list) > 0 {
		p.para("    ", "    ", "", label+": "+strings.Join(list, "; "))
	}
}

func (p *printer) familyLine(f Family) string {
	out := []string{p.Count("text.family", int(f.Others), "name", f.Name, "users", p.Count("text.users", int(f.Users)))}
	if f.Days != "" {
		out = append(out, f.Days)
	}
	if f.Outsiders > 0 {
		out = append(out, p.Count("family.outsiders", int(f.Outsiders), "name", f.Name))
	}
	if f.Explained+f.Unexplained > 0 {
		out = append(out, p.Say("text.explained", "n", p.n(f.Explained), "others", p.n(f.Unexplained)))
	}
	return strings.Join(out, "; ")
}

func (p *printer) lists(v View) {
	if len(v.Lists.Fetched) == 0 {
		return
	}
	p.heading(p.Say("lists.title"))
	for _, l := range v.Lists.Fetched {
		p.para("  ", "    ", "", p.Count("text.list", int(l.Entries), "list", l.Host+l.Path, "repeated", p.n(l.Duplicates)))
		p.para("    ", "    ", "", p.Say("text.compared", "found", p.n(l.Found.Count), "silent", p.n(l.Silent.Count), "untested", p.n(l.Untested.Count)))
	}
	if v.Lists.OnlyProbing.Count > 0 {
		p.para("  ", "  ", "", p.Say("lists.only-probing")+" "+p.n(v.Lists.OnlyProbing.Count))
	}
}

func (p *printer) findings(v View) {
	p.heading(p.Say("findings.title"))
	if len(v.Findings) == 0 {
		p.para("", "", "", p.Say("findings.none"))
	}
	for _, f := range v.Findings[:min(len(v.Findings), mostTextRows)] {
		lead := pad(f.ID, 5)
		p.para(lead, "     ", "", f.Statement)
		line := f.Stands + ", " + f.Basis
		if f.Trials != "" {
			line += "; " + f.Trials
		}
		if f.Needed > 0 {
			line += "; " + p.Count("text.needed", int(f.Needed))
		}
		p.para("     ", "     ", verdictCode(f.Verdict), line)
	}
	p.more(len(v.Findings) - mostTextRows + int(v.MoreFindings))
}

// plan says what departs from what was settled beforehand, if anything was.
func (p *printer) plan(v View) {
	if v.Plan == nil {
		return
	}
	p.heading(p.Say("plan.title"))
	for _, f := range v.Plan.Facts {
		p.para("- ", "  ", "", f.Name+": "+f.Value)
	}
	if len(v.Plan.Departures) == 0 {
		p.para("- ", "  ", "", p.Say("plan.kept"))
	}
	for _, d := range v.Plan.Departures {
		p.para("- ", "  ", yellow, d)
	}
}

func (p *printer) coverage(v View) {
	p.heading(p.Say("coverage.title"))
	for _, list := range [][]string{v.Coverage.Blind, v.Coverage.Facts} {
		for _, s := range list {
			p.para("- ", "  ", "", s)
		}
	}
}

func (p *printer) verify(v View) {
	p.heading(p.Say("verify.title"))
	for _, c := range v.Verify.Commands {
		p.line("  " + c) // A command is not broken up: it is there to be copied.
	}
	if v.Verify.Outcome != "" {
		p.para("  ", "  ", faint, p.Say("verify.outcome", "outcome", v.Verify.Outcome))
	}
}
