package report

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// Bounds on the letter.
const (
	mostLetterWords = 40
	mostLetterLines = 60
	mostLetterFiles = 4
)

// Letter writes a letter to the maker of the app, as Markdown that reads well as
// plain text: what was found in which version, how to see it, what to mend, how
// to test again, and how to check the evidence. Name, date and deadline are left
// to be filled in.
//
// It holds nothing that anyone but us wrote: of all that was captured only the
// names of the hosts that the app itself turned to. Statements of findings are
// not repeated, since they may quote; the letter is made from the claims.
func Letter(w io.Writer, in Input) error {
	x, err := in.index()
	if err != nil {
		return err
	}
	l := &letter{index: x, say: x.Catalogue}
	l.head()
	l.tested()
	l.found()
	if len(l.stated()) > 0 {
		l.repeat()
		l.mend()
		l.again()
	}
	l.check(in.Seal)
	l.line(l.say.Say("letter.sign"))
	l.line("")
	l.line(l.say.Say("letter.name"))
	if _, err := w.Write(l.out.Bytes()); err != nil {
		return fmt.Errorf("report: write the letter: %w", err)
	}
	return nil
}

// letter is one on its way to paper.
type letter struct {
	*index
	say *words.Catalogue
	out bytes.Buffer
}

func (l *letter) line(s string) { l.out.WriteString(s + "\n") }

// para is a paragraph: lines that end where they are broken, and a blank one.
func (l *letter) para(s string) {
	for _, one := range wrapped(s, 100) {
		l.line(one)
	}
	l.line("")
}

// item is a point of a list.
func (l *letter) item(lead, s string) {
	for i, one := range wrapped(s, 100-len(lead)) {
		if i > 0 {
			lead = strings.Repeat(" ", len(lead))
		}
		l.line(lead + one)
	}
}

func (l *letter) heading(key string) {
	l.line("## " + l.say.Say(key))
	l.line("")
}

// stated lists the supported findings.
func (l *letter) stated() []*telltale.Finding { return l.with(telltale.Supported) }

// with lists the findings with a verdict, by kind.
func (l *letter) with(v telltale.Verdict) []*telltale.Finding {
	var out []*telltale.Finding
	for i := range l.rec.Findings {
		if f := &l.rec.Findings[i]; f.Verdict == v && ruleIndex(f.Claim.Kind) >= 0 {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *telltale.Finding) int {
		return ruleIndex(a.Claim.Kind) - ruleIndex(b.Claim.Kind)
	})
	return out
}

func (l *letter) app() string { return prose(short(l.rec.App.Name+" "+l.rec.App.Version, 80)) }

func (l *letter) head() {
	title := "letter.title"
	if len(l.stated()) == 0 {
		title = "letter.title.nothing"
	}
	l.line("# " + l.say.Say(title, "app", l.app()))
	l.line("")
	for _, key := range []string{"letter.to", "letter.from", "letter.date", "letter.deadline"} {
		l.line("- " + l.say.Say(key))
	}
	l.line("")
	l.para(l.say.Say("letter.hello"))
	typed := l.tally().valid
	if len(l.stated()) == 0 {
		l.para(l.say.Count("letter.intro.nothing", typed, "app", l.app()))
		return
	}
	l.para(l.say.Count("letter.intro.found", typed, "app", l.app()))
	l.para(l.say.Say("letter.plea"))
	l.para(l.say.Say("letter.no-others"))
}

// tested says which app it was. Of its files only the names are told, since
// the folders may name whoever tested.
func (l *letter) tested() {
	l.heading("letter.tested")
	s := l.subject()
	version := l.say.Say("letter.tested.unknown")
	if l.rec.App.Version != "" {
		version = prose(short(l.rec.App.Version, 60))
	}
	l.fact("letter.tested.app", prose(short(l.rec.App.Name, 60)))
	l.fact("letter.tested.version", version)
	l.fact("letter.tested.platform", prose(s.Platform))
	l.fact("letter.tested.when", s.Began)
	for _, f := range l.rec.App.Files[:min(len(l.rec.App.Files), mostLetterFiles)] {
		l.fact("letter.tested.program", code(cut(path.Base(strings.ReplaceAll(f.Path, `\`, "/")), 60))+" "+code(cut(string(f.Digest), 80)))
	}
	l.line("")
}

func (l *letter) fact(key, value string) {
	if value != "" {
		l.line("- " + l.say.Say(key) + ": " + value)
	}
}

// found states the findings, those of words together.
func (l *letter) found() {
	if stated := l.stated(); len(stated) > 0 {
		l.heading("letter.found")
		l.claims(stated)
	}
	if open := l.with(telltale.Inconclusive); len(open) > 0 {
		l.para(l.say.Say("letter.open"))
		l.claims(open)
	}
}

// point is one or more findings that are stated in one sentence.
type point struct {
	ids     []string
	first   *telltale.Finding
	details []string
}

// points joins findings: words are told in a table, and of each host what is
// wrong with it stands together.
func points(findings []*telltale.Finding) []*point {
	var out []*point
	known := map[string]*point{}
	for _, f := range findings {
		key := f.ID
		switch f.Claim.Kind {
		case telltale.KindTrigger, telltale.KindException:
			key = string(f.Claim.Kind)
		case telltale.KindContent, telltale.KindWeak, telltale.KindExposure:
			key = string(f.Claim.Kind) + " " + f.Claim.Host
		}
		p := known[key]
		if p == nil {
			p = &point{first: f}
			known[key], out = p, append(out, p)
		}
		p.ids, p.details = append(p.ids, f.ID), append(p.details, f.Claim.Detail)
	}
	return out
}

func (l *letter) claims(findings []*telltale.Finding) {
	all := points(findings)
	for _, p := range all[:min(len(all), mostLetterLines)] {
		text := l.says(p)
		if basis := l.basis(p.first); basis != "" && p.first.Verdict == telltale.Supported {
			text += " " + basis
		}
		l.item("- ", l.say.Say("letter.found.line", "id", prose(l.evidence(p.ids)), "what", text))
	}
	l.line("")
}

// basis says how a finding is known.
func (l *letter) basis(f *telltale.Finding) string {
	switch f.Claim.Kind {
	case telltale.KindCopy, telltale.KindSuppression, telltale.KindTargeting, telltale.KindDestination:
	default:
		return ""
	}
	if f.Direct {
		return l.say.Say("letter.seen")
	}
	if trials := l.causalTrials(f); trials != "" {
		return l.say.Say("letter.statistics", "trials", prose(trials))
	}
	return ""
}
