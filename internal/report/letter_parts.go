package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.org/telltale"
)

// says states what a point is about in our own words. Nothing of the findings'
// statements is in it, and of words only their number.
func (l *letter) says(p *point) string {
	c := &p.first.Claim
	host, key := l.host(c.Host), "letter.says."+string(c.Kind)
	switch c.Kind {
	case telltale.KindCopy:
		return l.say.Say(l.known("letter.says.copy.", string(c.Condition), "letter.says.copy.words"), "direction", l.direction(c.Direction))
	case telltale.KindSuppression:
		return l.say.Say(key, "direction", l.direction(c.Direction), "fate", l.say.Say(l.known("letter.fate.", c.Detail, "letter.fate.stopped")))
	case telltale.KindTrigger, telltale.KindException:
		return l.say.Count(key, len(p.ids))
	case telltale.KindDestination:
		return l.say.Say(key, "host", host, "protocol", prose(strings.ToUpper(short(c.Detail, 10))))
	case telltale.KindContent, telltale.KindWeak:
		return l.say.Say(key, "host", host, "what", l.details(p))
	case telltale.KindExposure:
		return l.say.Say(key, "host", host, "what", l.details(p)) + l.others(p)
	case telltale.KindList:
		return l.say.Say(key, "host", host, "path", l.listPath(c.Detail))
	}
	return l.say.Say(key)
}

// known is the key of a message if there is one, or else another.
func (l *letter) known(prefix, name, otherwise string) string {
	if l.say.Has(prefix + name) {
		return prefix + name
	}
	return otherwise
}

// details says the program's own details in words, in their order; any other is
// quoted.
func (l *letter) details(p *point) string {
	order, names := detailOrder(p.first.Claim.Kind), slices.Clone(p.details)
	slices.SortStableFunc(names, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	var out []string
	for _, name := range names[:min(len(names), mostEvidence)] {
		if slices.Contains(order, name) {
			out = append(out, l.say.Say("detail."+name))
		} else {
			out = append(out, code(short(name, 40)))
		}
	}
	return l.say.List(out)
}

func (l *letter) direction(d telltale.Direction) string {
	return l.say.Say(l.known("check.", string(d), "check.both"))
}

// listPath is where a list was fetched. A path that is longer than that of a
// file on a server may tell who asked, so only its end is told.
func (l *letter) listPath(p string) string {
	p, _, _ = strings.Cut(p, "?")
	if strings.ContainsAny(p, "@=;") || strings.Count(p, "/") > 4 || len(p) > 80 {
		p = "…/" + path.Base(p)
	}
	return code(short(p, 80))
}

// others counts the records of other people that lie open on a host.
func (l *letter) others(p *point) string {
	if !slices.Contains(p.details, telltale.OpenRecords) {
		return ""
	}
	n := 0
	for i := range l.rec.Visits {
		if v := &l.rec.Visits[i]; strings.EqualFold(v.Host, p.first.Claim.Host) {
			for _, r := range v.Recovered {
				n += max(0, r.Records-r.Own)
			}
		}
	}
	if n == 0 {
		return ""
	}
	return " " + l.say.Count("letter.count.others", n)
}

// repeat says how to see it without us.
func (l *letter) repeat() {
	l.heading("letter.repeat")
	triggers := l.supported(telltale.KindTrigger)
	steps := []string{l.say.Say("letter.repeat.install"), l.say.Say("letter.repeat.watch"), l.say.Say("letter.repeat.any")}
	if len(triggers) > 0 {
		steps[2] = l.say.Say("letter.repeat.type")
	}
	if hosts := l.hosts(); len(hosts) > 0 {
		steps = append(steps, l.say.Say("letter.repeat.look", "host", l.say.ListMore(hosts, 8)))
	}
	if len(l.supported(telltale.KindSuppression)) > 0 {
		steps = append(steps, l.say.Say("letter.repeat.arrive"))
	}
	for i, step := range steps {
		l.item(fmt.Sprintf("%d. ", i+1), step)
	}
	l.line("")
	if len(triggers) > 0 {
		l.words(triggers)
	}
}

// words is a table of the words that set it off: those that we typed.
func (l *letter) words(triggers []telltale.Finding) {
	l.row("letter.words", "letter.words.not", "letter.words.going", "letter.words.fate", "letter.words.proof")
	l.line("|---|---|---|---|---|")
	for i := range triggers[:min(len(triggers), mostLetterWords)] {
		f := &triggers[i]
		proof := "letter.words.shown"
		if certified, _, _ := certificate(l.rec, f); certified {
			proof = "letter.words.certified"
		}
		not := ""
		if len(f.Claim.Without) > 0 {
			not = code(strings.Join(cutAll(f.Claim.Without, 8, longestWord), " / "))
		}
		l.line("| " + strings.Join([]string{code(cut(claimWords(&f.Claim), 4*longestWord)), not, l.direction(f.Claim.Direction), l.fate(f), l.say.Say(proof)}, " | ") + " |")
	}
	l.line("")
	if more := len(triggers) - mostLetterWords; more > 0 {
		l.para(l.say.Count("letter.words.more", more))
	}
}

func (l *letter) row(keys ...string) {
	var cells []string
	for _, key := range keys {
		cells = append(cells, l.say.Say(key))
	}
	l.line("| " + strings.Join(cells, " | ") + " |")
}

// fate of a message with the words of a trigger: what arrived instead, and what
// the service said, is not quoted.
func (l *letter) fate(f *telltale.Finding) string {
	c := &f.Claim
	copied := c.Cell == telltale.CellDeliveredCopied || c.Cell == telltale.CellDroppedCopied
	key := "letter.fate.stopped"
	if c.Cell == telltale.CellDelivered || c.Cell == telltale.CellDeliveredCopied {
		key = "letter.fate.delivered"
	}
	if c.Rule != nil {
		key, copied = l.known("letter.fate.", string(c.Rule.Outcome), key), copied || len(c.Rule.Copies) > 0
	}
	if copied {
		return l.say.Say("letter.fate.copied", "fate", l.say.Say(key))
	}
	return l.say.Say(key)
}

// mend gives the advice for each finding, each advice once.
func (l *letter) mend() {
	l.heading("letter.mend")
	ids := map[string][]string{}
	var order []string
	for _, f := range l.stated() {
		key := adviceKey(f.Claim, l.say)
		if ids[key] == nil {
			order = append(order, key)
		}
		ids[key] = append(ids[key], f.ID)
	}
	for _, key := range order {
		l.item("- ", l.say.Say("letter.found.line", "id", prose(l.evidence(ids[key])), "what", l.say.Say(key)))
	}
	l.line("")
}

// again says how to find out whether it is mended.
func (l *letter) again() {
	l.heading("letter.again")
	l.para(l.say.Say("letter.again.text"))
	l.commands("telltale audit SCENARIO.yaml --case AFTER", "telltale case diff BEFORE AFTER")
	l.para(l.say.Say("letter.again.diff"))
	l.para(l.say.Say("letter.again.ci"))
}

func (l *letter) commands(lines ...string) {
	for _, line := range lines {
		l.line("    " + line)
	}
	l.line("")
}

// check says how to check the evidence.
func (l *letter) check(s Seal) {
	l.heading("letter.check")
	l.para(l.say.Say("letter.check.text"))
	l.commands("telltale case verify CASE")
	if lines := l.verify(s).Checkpoint; len(lines) > 0 {
		l.para(l.say.Say("letter.check.checkpoint"))
		l.commands(visibleAll(lines)...)
	}
	if s.PublicKey != "" {
		l.line(l.say.Say("letter.check.key", "key", code(cut(s.PublicKey, 200))))
		l.line("")
	}
}

func visibleAll(lines []string) []string {
	var out []string
	for _, line := range lines {
		out = append(out, Visible(line))
	}
	return out
}
