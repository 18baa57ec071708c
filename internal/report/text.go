package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Text writes the report for a terminal of the given width (at least 40
// columns), with colours if wanted. Nothing captured can act on the terminal.
func Text(w io.Writer, in Input, width int, colour bool) error {
	v, err := Build(in)
	if err != nil {
		return err
	}
	p := &printer{width: max(width, 40), colour: colour}
	p.answer(v)
	p.matrix("Delivered, copied, dropped", v.Matrix)
	if len(v.Reference) > 0 {
		p.matrix("The reference client, tested the same way", v.Reference)
	}
	p.triggers(v)
	p.collectors(v)
	p.lists(v)
	p.findings(v)
	p.coverage(v)
	p.verify(v)
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("report: write text: %w", err)
	}
	return nil
}

// printer lays out lines of a fixed width.
type printer struct {
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

func verdictCode(verdict string) string {
	switch verdict {
	case "supported":
		return red
	case "inconclusive":
		return yellow
	}
	return green
}

func (p *printer) answer(v View) {
	p.para("", "", bold+";"+toneCode(v.Answer.Tone), v.Answer.Headline)
	p.line("")
	p.para("", "", "", strings.Join(v.Answer.Sentences, " "))
	if v.Answer.Reference != "" {
		p.para("", "", green, v.Answer.Reference)
	}
	p.heading("How sure is that?")
	for _, s := range v.Answer.Sure {
		p.para("- ", "  ", "", s)
	}
}

// matrix prints one table; the label takes what the six columns leave.
func (p *printer) matrix(title string, rows []MatrixRow) {
	p.heading(title)
	if len(rows) == 0 {
		p.line("No message was typed.")
		return
	}
	const columns = "%6s %6s %6s %6s %5s"
	label := p.width - 34
	p.line(p.paint(faint, pad("", label)+" "+fmt.Sprintf(columns, "deliv.", "+copy", "drop.", "+copy", "void")))
	going := ""
	for _, r := range rows {
		if r.Going != going {
			going = r.Going
			p.line(p.paint(faint, "Messages "+going))
		}
		numbers := fmt.Sprintf(columns, r.Delivered, r.DeliveredCopied, r.Dropped, r.DroppedCopied, r.Void)
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

// pad fills s with spaces up to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-cells(s))) }
