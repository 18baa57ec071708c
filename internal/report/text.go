package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// Text writes the report for a terminal of the given width (at least 40
// columns), with colours if wanted. Nothing captured can act on the terminal.
func Text(w io.Writer, in Input, width int, colour bool) error {
	v, err := Build(in)
	if err != nil {
		return err
	}
	catalogue, err := in.catalogue()
	if err != nil {
		return err
	}
	p := &printer{Catalogue: catalogue, width: max(width, 40), colour: colour}
	p.answer(v)
	p.matrix(p.Say("matrix.title"), v.Matrix)
	if len(v.Reference) > 0 {
		p.matrix(p.Say("matrix.reference"), v.Reference)
	}
	p.triggers(v)
	p.collectors(v)
	p.lists(v)
	p.findings(v)
	p.plan(v)
	p.coverage(v)
	p.verify(v)
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("report: write text: %w", err)
	}
	return nil
}

// printer lays out lines of a fixed width.
type printer struct {
	*words.Catalogue
	out    bytes.Buffer
	width  int
	colour bool
}

// The colours: SGR codes of ECMA-48.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
	faint  = "2"
)

func (p *printer) paint(code, s string) string {
	if !p.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) line(s string) { p.out.WriteString(strings.TrimRight(s, " ") + "\n") }

// para writes wrapped text behind an indent; the first line behind lead.
func (p *printer) para(lead, indent, code, text string) {
	for i, l := range wrap(text, p.width-cells(indent)) {
		if i == 0 {
			p.line(lead + p.paint(code, l))
			continue
		}
		p.line(indent + p.paint(code, l))
	}
}

func (p *printer) heading(s string) {
	p.line("")
	p.line(p.paint(bold, fit(s, p.width)))
}

func toneCode(t Tone) string {
	switch t {
	case ToneAlarm:
		return red
	case ToneQuiet:
		return green
	}
	return yellow
}

func verdictCode(v telltale.Verdict) string {
	switch v {
	case telltale.Supported:
		return red
	case telltale.Inconclusive:
		return yellow
	default:
		return green
	}
}

func (p *printer) answer(v View) {
	p.para("", "", bold+";"+toneCode(v.Answer.Tone), v.Answer.Headline)
	p.line("")
	p.para("", "", "", strings.Join(v.Answer.Sentences, " "))
	if v.Answer.Reference != "" {
		p.para("", "", green, v.Answer.Reference)
	}
	p.heading(p.Say("answer.sure"))
	for _, s := range v.Answer.Sure {
		p.para("- ", "  ", "", s)
	}
}

// matrix prints one table; the label takes what the six columns leave.
func (p *printer) matrix(title string, rows []MatrixRow) {
	p.heading(title)
	if len(rows) == 0 {
		p.line(p.Say("matrix.empty"))
		return
	}
	const columns = "%6s %6s %6s %6s %5s"
	label := p.width - 34
	head := fmt.Sprintf(columns, p.Say("text.delivered"), p.Say("text.copied"), p.Say("text.dropped"), p.Say("text.copied"), p.Say("text.void"))
	p.line(p.paint(faint, pad("", label)+" "+head))
	going := ""
	for _, r := range rows {
		if r.Going != going {
			going = r.Going
			p.line(p.paint(faint, p.Say("matrix.going", "going", r.Going)))
		}
		numbers := fmt.Sprintf(columns, p.n(r.Delivered), p.n(r.DeliveredCopied), p.n(r.Dropped), p.n(r.DroppedCopied), p.n(r.Void))
		code := ""
		if r.DeliveredCopied+r.Dropped+r.DroppedCopied > 0 {
			code = red
		}
		for i, l := range wrap(r.Label, label-2) {
			if i > 0 {
				numbers = ""
			}
			p.line("  " + pad(l, label-2) + " " + p.paint(code, numbers))
		}
	}
}

func (p *printer) n(c Count) string { return p.Number(int(c)) }

// pad fills s with spaces up to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-cells(s))) }
