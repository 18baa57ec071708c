package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/report"
)

const (
	// mostItems bounds lists, longestLine the bytes of a line.
	mostItems, longestLine = 40, 2000
	// width is the number of bytes in a row of a dump.
	width = 16
)

// printer writes lines in which nothing acts, and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

// line writes one line. Whatever stands in it is made visible.
func (p *printer) line(text string, args ...any) {
	if p.err != nil {
		return
	}
	s := fmt.Sprintf(text, args...)
	if len(s) > longestLine {
		at := longestLine
		for at > 0 && !utf8.RuneStart(s[at]) {
			at--
		}
		s = s[:at] + fmt.Sprintf("… [%d bytes]", len(s))
	}
	_, p.err = fmt.Fprintln(p.w, strings.TrimRight(report.Visible(s), " "))
}

// head begins a part.
func (p *printer) head(text string, args ...any) {
	p.line("")
	p.line(text, args...)
}

// list writes the first items of a list under a head.
func list[T any](p *printer, head string, items []T, line func(T)) {
	if len(items) == 0 {
		return
	}
	p.head("%s (%d)", head, len(items))
	for n, item := range items {
		if n == mostItems {
			p.line("  … and %d more", len(items)-n)
			return
		}
		line(item)
	}
}

// stamp writes a time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05.000Z")
}

// Text writes a thing for a person.
func (v *View) Text(w io.Writer) error {
	p := &printer{w: w}
	switch {
	case v.Entry != nil:
		p.entry(v.Entry)
	case v.Probe != nil:
		p.probe(v.Probe)
	case v.Flow != nil:
		p.flow(v.Flow)
	case v.Finding != nil:
		p.finding(v.Finding)
	case v.Blob != nil:
		p.line("Blob of %d bytes", v.Blob.Size)
		list(p, "named by", v.Blob.Named, func(s string) { p.line("  %s", s) })
		p.line("")
		p.bytes(v.Blob.Bytes)
	}
	return p.err
}

func (p *printer) entry(e *Entry) {
	p.line("Entry %d, %s, written %s", e.N, e.Type, stamp(e.At))
	p.line("")
	var b bytes.Buffer
	if err := json.Indent(&b, e.Body, "", "  "); err != nil {
		p.line("%s", e.Body)
		return
	}
	for line := range strings.Lines(b.String()) {
		p.line("%s", strings.TrimSuffix(line, "\n"))
	}
}

func (p *printer) probe(v *Probe) {
	p.line("Probe %s: %s, %s to %s, arm %s", v.ID, v.Direction, v.From, v.To, v.Arm)
	p.line("  question  %s", v.Key)
	p.line("  planned   %s", stamp(v.Planned))
	p.line("  text      %s", v.Text)
	p.line("  canary    %s %s", v.Canary.Latin, v.Canary.CJK)
	if v.Word != "" {
		p.line("  word      %s", v.Word)
	}
	if len(v.Receipts) == 0 {
		p.head("No receipt: whether it was typed is not known, and it counts for nothing.")
	}
	list(p, "receipts; the last one counts", v.Receipts, p.receipt)
	list(p, "observations", v.Observations, func(o telltale.Observation) {
		p.line("  %-16s %s %s %s", o.Feature, strings.TrimSuffix(fmt.Sprintf("%.6g", o.Value), ".0"), o.Text, strings.TrimSpace(o.Flow+" "+o.Host))
	})
	p.flowLines(v.Flows)
	p.layers(v.Layers)
	p.findingLines(v.Findings)
}

func (p *printer) receipt(r telltale.Receipt) {
	p.line("  %s: %s, settled %s", stamp(r.Sent), r.Outcome, stamp(r.Settled))
	if r.Reason != "" {
		p.line("    reason  %s", r.Reason)
	}
	p.line("    typed   %s", r.Typed)
	if r.Got != "" {
		p.line("    got     %s", r.Got)
	}
}

func (p *printer) flow(v *Flow) {
	p.line("Flow %s: %s to %s, port %d, seen by %s (%s)", v.ID, v.Protocol, v.Host, v.Port, v.Sensor, v.Visibility)
	p.line("  from      %s to %s", v.Client, v.Server)
	p.line("  time      %s to %s", stamp(v.Start), stamp(v.End))
	p.line("  bytes     %d out, %d in", v.BytesOut, v.BytesIn)
	if v.Process != "" {
		p.line("  process   %s", v.Process)
	}
	if v.Error != "" {
		p.line("  error     %s", v.Error)
	}
	for n, m := range v.Messages {
		way := "received"
		if m.Out {
			way = "sent"
		}
		p.head("message %d: %s at %s, %d bytes on the side of the %s", n, way, stamp(m.At), m.Size, m.Leg)
		p.bytes(v.Contents[n])
	}
	p.layers(v.Layers)
	list(p, "probes", v.Probes, p.probeLine)
	p.findingLines(v.Findings)
}

func (p *printer) layers(all []Layer) {
	list(p, "opened", all, func(l Layer) {
		p.line("  %s, message %d, at byte %d: %s (score %.2f)", l.Flow, l.Message, l.Offset, path(l.Path), l.Score)
		if l.Key != "" {
			p.line("    key     %s from %s", l.Key, l.KeySource)
		}
		if len(l.Probes) > 0 {
			p.line("    probes  %s", strings.Join(l.Probes, " "))
		}
		if len(l.List) > 0 {
			p.line("    a list of %d: %s", len(l.List), strings.Join(l.List[:min(len(l.List), mostItems)], ", "))
		}
		if l.Bytes == "" {
			p.line("    sealed: nothing opened it")
			return
		}
		p.bytes(l.Opened)
	})
}

func (p *printer) finding(v *Finding) {
	p.line("Finding %s: %s", v.ID, v.Verdict)
	p.line("  %s", v.Statement)
	p.head("  claim     %s", v.Claim.Key())
	if v.Direct {
		p.line("  basis     the canary itself stands in the bytes")
	}
	t := v.Trials
	p.line("  trials    %d of %d reacted, %d of %d controls, %d void", t.TreatedReacted, t.Treated, t.ControlReacted, t.Control, t.Void)
	if e := v.Effect; e != nil {
		p.line("  effect    %s: %.3g (%.3g to %.3g), p %.3g, adjusted %.3g", e.What, e.Size, e.Low, e.High, e.P, e.Adjusted)
	}
	p.line("  method    %s, version %s", v.Method, v.Version)
	list(p, "not seen, and so not denied", v.Coverage, func(s string) { p.line("  %s", s) })
	list(p, "probes", v.ProbeLines, p.probeLine)
	p.flowLines(v.FlowLines)
	list(p, "bytes", v.Digests, func(d telltale.Digest) { p.line("  %s", d) })
}

func (p *printer) probeLine(l ProbeLine) { p.line("  %s  %-9s  %s", l.ID, l.Outcome, l.Text) }

func (p *printer) flowLines(all []FlowLine) {
	list(p, "flows", all, func(l FlowLine) {
		p.line("  %s  %s  %s %s:%d, %d out, %d in %s", l.ID, stamp(l.Start), l.Protocol, l.Host, l.Port, l.BytesOut, l.BytesIn, l.Error)
	})
}

func (p *printer) findingLines(all []FindingLine) {
	list(p, "findings", all, func(l FindingLine) { p.line("  %s  %-13s  %s", l.ID, l.Verdict, l.Statement) })
}

// bytes writes a dump, and below it the text if it is one.
func (p *printer) bytes(b Bytes) {
	if b.Missing != "" {
		p.line("    not shown: %s", b.Missing)
		return
	}
	p.line("    %s, %d bytes", b.Digest, b.Size)
	for at := 0; at < len(b.Shown); at += width {
		row := b.Shown[at:min(at+width, len(b.Shown))]
		text := []byte(strings.Repeat(".", len(row)))
		for i, c := range row {
			if c >= ' ' && c <= '~' {
				text[i] = c
			}
		}
		p.line("    %06x  %-*s  %s", at, 3*width-1, fmt.Sprintf("% x", row), text)
	}
	if b.Cut {
		p.line("    … %d more bytes; --bytes shows more", b.Size-len(b.Shown))
	}
	p.asText(b)
}

// asText writes bytes that are text in more than ASCII, which a dump shows
// badly, line by line.
func (p *printer) asText(b Bytes) {
	shown := b.Shown
	for n := 0; b.Cut && n < utf8.UTFMax && len(shown) > 0 && !utf8.Valid(shown); n++ {
		shown = shown[:len(shown)-1] // a character that was cut
	}
	if !utf8.Valid(shown) || len(shown) == utf8.RuneCount(shown) {
		return
	}
	for line := range strings.Lines(string(shown)) {
		p.line("    | %s", strings.TrimRight(line, "\r\n"))
	}
}
