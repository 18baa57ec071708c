package report

import (
	"fmt"
	"strings"
)

// mostTextRows bounds each list of the text form; the page and JSON have more.
const mostTextRows = 60

func (p *printer) more(n int) {
	if n > 0 {
		p.line(p.paint(faint, fmt.Sprintf("  and %s more", Count(n))))
	}
}

func (p *printer) triggers(v View) {
	if len(v.Triggers) == 0 {
		return
	}
	p.heading("The words that set it off")
	for _, t := range v.Triggers[:min(len(v.Triggers), mostTextRows)] {
		words := strings.Join(t.Words, " + ")
		if len(t.Without) > 0 {
			words += " unless " + strings.Join(t.Without, " or ")
		}
		p.para("  "+p.mark(t), "    ", "", fmt.Sprintf("%s: %s (%s)", words, t.Effect, t.Direction))
		p.manner(t)
		if len(t.Manner) == 0 {
			p.traits(t.Traits)
		}
	}
	p.more(len(v.Triggers) - mostTextRows + int(v.MoreTriggers))
	for _, e := range v.Exceptions {
		p.para("    ", "    ", "", "a message with "+e+" in it gets through, whatever else it says")
	}
	p.para("", "", faint, "= proven exact with fresh messages; ~ reacts, exact borders not settled.")
}

// manner is how the words are compared and where, on one line.
func (p *printer) manner(t Trigger) {
	known := t.Manner
	if len(t.Places) > 0 {
		known = append(known, "in "+strings.Join(t.Places, ", "))
	}
	if len(t.Spared) > 0 {
		known = append(known, "not in "+strings.Join(t.Spared, ", "))
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
	p.heading("Where the copies go")
	for _, c := range v.Collectors {
		p.para("  ", "  ", bold, fmt.Sprintf("%s, copies of %s", c.Host, many(int(c.Messages), "message", "messages")))
		p.labelled("also says", c.Contains)
		p.labelled("protection", c.Weak)
		p.labelled("open", c.Open)
		for _, place := range c.Visits {
			for _, f := range place.Families {
				p.para("    ", "    ", "", familyLine(f))
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

func familyLine(f Family) string {
	s := fmt.Sprintf("%s: %s of others, %s", f.Name, many(int(f.Others), "record", "records"), many(int(f.Users), "user", "users"))
	if f.Days != "" {
		s += ", " + f.Days
	}
	if f.Outsiders > 0 {
		s += fmt.Sprintf("; %s who never used this client", many(int(f.Outsiders), "person", "people"))
	}
	if f.Explained+f.Unexplained > 0 {
		s += fmt.Sprintf("; %s explained by known words, %s not", f.Explained, f.Unexplained)
	}
	return s
}

func (p *printer) lists(v View) {
	if len(v.Lists.Fetched) == 0 {
		return
	}
	p.heading("The word list, against what probing found")
	for _, l := range v.Lists.Fetched {
		p.para("  ", "    ", "", fmt.Sprintf("%s%s: %s, %s repeated", l.Host, l.Path, many(int(l.Entries), "entry", "entries"), l.Duplicates))
		p.para("    ", "    ", "", fmt.Sprintf("%s found by probing as well, %s typed without being found, %s not tried", l.Found.Count, l.Silent.Count, l.Untested.Count))
	}
	if v.Lists.OnlyProbing.Count > 0 {
		p.para("  ", "  ", "", fmt.Sprintf("found by probing and on no list: %s", v.Lists.OnlyProbing.Count))
	}
}

func (p *printer) findings(v View) {
	p.heading("Findings")
	if len(v.Findings) == 0 {
		p.para("", "", "", "None. Nothing reached the evidence that a finding needs.")
	}
	for _, f := range v.Findings[:min(len(v.Findings), mostTextRows)] {
		lead := pad(f.ID, 5)
		p.para(lead, "     ", "", f.Statement)
		line := f.Verdict + ", " + f.Basis
		if f.Trials != "" {
			line += "; " + f.Trials
		}
		if f.Needed > 0 {
			line += fmt.Sprintf("; about %s would decide", many(int(f.Needed), "further trial", "further trials"))
		}
		p.para("     ", "     ", verdictCode(f.Verdict), line)
	}
	p.more(len(v.Findings) - mostTextRows + int(v.MoreFindings))
}

func (p *printer) coverage(v View) {
	p.heading("What could not be seen")
	for _, list := range [][]string{v.Coverage.Blind, v.Coverage.Facts} {
		for _, s := range list {
			p.para("- ", "  ", "", s)
		}
	}
}

func (p *printer) verify(v View) {
	p.heading("Check it yourself")
	for _, c := range v.Verify.Commands {
		p.line("  " + c) // A command is not broken up: it is there to be copied.
	}
	if v.Verify.Outcome != "" {
		p.para("  ", "  ", faint, v.Verify.Outcome)
	}
}
