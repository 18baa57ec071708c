package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.org/telltale/internal/report/words"
)

// Bounds on the summary, which is for one screen and its tables.
const (
	mostSummaryFindings = 100
	mostSummaryWords    = 60
	mostSummaryBlind    = 12
)

// Markdown writes a summary of a case for a forge, a wiki or a mail: the answer,
// how sure it is, and tables. Captured text stands in code spans or is made of
// words alone, so that no markup, link, mention or reference comes alive.
func Markdown(w io.Writer, in Input) error {
	v, err := Build(in)
	if err != nil {
		return err
	}
	c, err := in.catalogue()
	if err != nil {
		return err
	}
	m := &markdown{say: c}
	m.answer(&v)
	m.matrix(v.Matrix)
	m.findings(&v)
	m.triggers(&v)
	m.hosts(&v)
	m.blind(v.Coverage.Blind)
	m.check(v.Verify)
	if _, err := w.Write(m.out.Bytes()); err != nil {
		return fmt.Errorf("report: write Markdown: %w", err)
	}
	return nil
}

type markdown struct {
	say *words.Catalogue
	out bytes.Buffer
}

func (m *markdown) line(s string) { m.out.WriteString(s + "\n") }

func (m *markdown) heading(key string) {
	m.line("## " + m.say.Say(key))
	m.line("")
}

// table begins a table; its columns are named by messages.
func (m *markdown) table(columns ...string) {
	cells := make([]string, len(columns))
	for i, key := range columns {
		cells[i] = m.say.Say(key)
	}
	m.row(cells...)
	m.line("|" + strings.Repeat("---|", len(columns)))
}

func (m *markdown) row(cells ...string) { m.line("| " + strings.Join(cells, " | ") + " |") }

// more ends a table or list of which n rows were left out.
func (m *markdown) more(n int) {
	m.line("")
	if n > 0 {
		m.line(m.say.Count("summary.more", n))
		m.line("")
	}
}

func (m *markdown) answer(v *View) {
	m.line("# " + prose(v.Answer.Headline))
	m.line("")
	var parts []string
	for _, s := range []string{v.Subject.App, v.Subject.Platform, v.Subject.Vantage, v.Subject.Began} {
		if s != "" {
			parts = append(parts, prose(s))
		}
	}
	m.line(m.say.Say("summary.tested", "what", strings.Join(parts, " · ")))
	m.line("")
	for _, s := range append(v.Answer.Sentences, v.Answer.Reference) {
		if s != "" {
			m.line(prose(s))
		}
	}
	m.line("")
	m.heading("summary.sure")
	for _, s := range v.Answer.Sure {
		m.line("- " + prose(s))
	}
	m.line("")
}

func (m *markdown) matrix(rows []MatrixRow) {
	if len(rows) == 0 {
		return
	}
	m.heading("summary.matrix")
	m.table("summary.matrix.what", "summary.matrix.going", "summary.matrix.delivered", "summary.matrix.delivered-copied",
		"summary.matrix.dropped", "summary.matrix.dropped-copied", "summary.matrix.void")
	for _, r := range rows {
		m.row(prose(r.Label), prose(r.Going), m.say.Number(int(r.Delivered)), m.say.Number(int(r.DeliveredCopied)), m.say.Number(int(r.Dropped)), m.say.Number(int(r.DroppedCopied)), m.say.Number(int(r.Void)))
	}
	m.more(0)
}

func (m *markdown) findings(v *View) {
	if len(v.Findings) == 0 {
		return
	}
	m.heading("summary.findings")
	m.table("summary.findings.id", "summary.findings.kind", "summary.findings.verdict", "summary.findings.what", "summary.findings.basis")
	shown := v.Findings[:min(len(v.Findings), mostSummaryFindings)]
	for _, f := range shown {
		m.row(prose(f.ID), prose(string(f.Kind)), prose(f.Stands), prose(f.Statement), prose(f.Basis))
	}
	m.more(len(v.Findings) + int(v.MoreFindings) - len(shown))
}

func (m *markdown) triggers(v *View) {
	if len(v.Triggers) == 0 {
		return
	}
	m.heading("summary.words")
	m.table("summary.findings.id", "letter.words", "letter.words.not", "letter.words.going", "summary.words.effect", "summary.findings.verdict")
	shown := v.Triggers[:min(len(v.Triggers), mostSummaryWords)]
	for _, t := range shown {
		m.row(prose(t.Finding), m.each(t.Words, " + "), m.each(t.Without, " / "), prose(t.Direction), prose(t.Effect), prose(t.Stands))
	}
	m.more(len(v.Triggers) + int(v.MoreTriggers) - len(shown))
}

// each writes words in code spans of their own.
func (m *markdown) each(list []string, between string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = code(s)
	}
	return strings.Join(out, between)
}

func (m *markdown) hosts(v *View) {
	if len(v.Collectors) == 0 {
		return
	}
	m.heading("summary.hosts")
	m.table("summary.hosts.host", "summary.hosts.messages", "summary.hosts.holds", "summary.hosts.weak", "summary.hosts.open", "summary.hosts.others")
	for _, c := range v.Collectors {
		m.row(code(c.Host), m.say.Number(int(c.Messages)), prose(m.say.Comma(c.Contains)), prose(m.say.Comma(c.Weak)), prose(m.say.Comma(c.Open)), m.say.Number(int(c.Others)))
	}
	m.more(int(v.MoreCollectors))
}

func (m *markdown) blind(list []string) {
	if len(list) == 0 {
		return
	}
	m.heading("summary.blind")
	shown := list[:min(len(list), mostSummaryBlind)]
	for _, s := range shown {
		m.line("- " + prose(s))
	}
	m.more(len(list) - len(shown))
}

// check says how to check the case. A block of code is indented: nothing in it
// can end it.
func (m *markdown) check(v Verify) {
	m.heading("summary.check")
	for _, line := range append(v.Commands, v.Checkpoint...) {
		m.line("    " + Visible(line))
	}
}
