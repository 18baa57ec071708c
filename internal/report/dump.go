package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"example.org/telltale"
)

// Bounds of a dump: bytes in a row, rows shown at once, bytes in all.
const (
	dumpRow   = 8
	dumpFirst = 8
	dumpMost  = 256
	// textMost is how much text is shown around a canary, in bytes.
	textMost = 600
)

// DumpRow is eight bytes, as hex and as text side by side.
type DumpRow struct {
	At   string    `json:"at"`
	Hex  []Segment `json:"hex"`
	Text []Segment `json:"text"`
}

// dump writes the first bytes of b in rows, canaries marked.
func dump(b []byte, p *telltale.Probe) []DumpRow {
	b = b[:min(len(b), dumpMost)]
	marked := canaryBytes(b, p)
	var rows []DumpRow
	for at := 0; at < len(b); at += dumpRow {
		row := DumpRow{At: fmt.Sprintf("%04x", at)}
		for i := at; i < min(at+dumpRow, len(b)); i++ {
			mark := ""
			if marked[i] {
				mark = "canary"
			}
			row.Hex = appendSegment(row.Hex, fmt.Sprintf("%02x ", b[i]), mark)
			row.Text = appendSegment(row.Text, shownByte(b[i]), mark)
		}
		rows = append(rows, row)
	}
	return rows
}

// shownByte is a byte as text: itself if printable, a dot if not.
func shownByte(c byte) string {
	if c < ' ' || c > '~' {
		return "·"
	}
	return string(rune(c))
}

func appendSegment(list []Segment, text, mark string) []Segment {
	if n := len(list); n > 0 && list[n-1].Mark == mark {
		list[n-1].Text += text
		return list
	}
	return append(list, Segment{Text: text, Mark: mark})
}

// canaryBytes says of each byte whether it belongs to a canary of p.
func canaryBytes(b []byte, p *telltale.Probe) []bool {
	marked := make([]bool, len(b))
	for _, c := range []string{p.Canary.Latin, p.Canary.CJK} {
		if c == "" {
			continue
		}
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(c))
			if i < 0 {
				break
			}
			for j := range len(c) {
				marked[at+i+j] = true
			}
			at += i + len(c)
		}
	}
	return marked
}

// around is the text of b near the probe's canary, cut to a bound.
func around(b []byte, p *telltale.Probe) string {
	at := bytes.Index(b, []byte(p.Canary.Latin))
	if p.Canary.Latin == "" || at < 0 {
		at = max(0, bytes.Index(b, []byte(p.Canary.CJK)))
	}
	if len(b) <= textMost {
		return Visible(string(b))
	}
	from := max(0, at-textMost/2)
	to := min(len(b), from+textMost)
	for from > 0 && !utf8.RuneStart(b[from]) {
		from--
	}
	for to < len(b) && !utf8.RuneStart(b[to]) {
		to++
	}
	s := Visible(string(b[from:to]))
	if from > 0 {
		s = "… " + s
	}
	if to < len(b) {
		s += " …"
	}
	return s
}

// segments splits a text at the probe's canaries and its word.
func segments(text string, p *telltale.Probe) []Segment {
	out := []Segment{{Text: text}}
	out = splitAt(out, p.Canary.Latin, "canary")
	out = splitAt(out, p.Canary.CJK, "canary")
	out = splitAt(out, Visible(p.Word), "word")
	for _, picture := range "\x00\t\n\r\x1b" {
		out = splitAt(out, controlName(picture), "control")
	}
	return out
}

// splitAt marks every place of a string in the unmarked segments.
func splitAt(list []Segment, what, mark string) []Segment {
	if what == "" {
		return list
	}
	var out []Segment
	for _, s := range list {
		if s.Mark != "" {
			out = append(out, s)
			continue
		}
		pieces := strings.Split(s.Text, what)
		for i, piece := range pieces {
			if i > 0 {
				out = append(out, Segment{Text: what, Mark: mark})
			}
			if piece != "" {
				out = append(out, Segment{Text: piece})
			}
		}
	}
	return out
}
