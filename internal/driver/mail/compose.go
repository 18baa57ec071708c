package mail

import (
	"bytes"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is one place. Its mark stands in the Message-ID, so that whoever reads
// the mail knows where the text is.
type kind struct {
	name string
	mark byte
}

var kinds = []kind{
	{"body", 'b'}, {"body-base64", 'b'}, {"body-quoted", 'b'}, {"html", 'h'},
	{"subject", 's'}, {"header", 'x'}, {"attachment", 'a'}, {nobody, 'b'},
}

const nobody = "nobody"

func kindOf(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// letter is a mail to write.
type letter struct {
	From, To, ID string
	Place        string
	Text         string
	Date         time.Time
	// EightBit says that the server takes bytes above 127.
	EightBit bool
}

// part is one leaf of a mail.
type part struct {
	kind, coding, extra string
	body                []byte
}

// compose writes the mail. Every body ends with one line end which is not
// part of the text.
func (o *Options) compose(l letter) []byte {
	var b bytes.Buffer
	subject := o.Subject
	if l.Place == "subject" {
		subject = l.Text
	}
	fmt.Fprintf(&b, "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nMessage-ID: %s\r\n", l.Date.Format(time.RFC1123Z), l.From, l.To, l.ID)
	fmt.Fprintf(&b, "Subject: %s\r\n", headerText(subject))
	if l.Place == "header" {
		fmt.Fprintf(&b, "%s: %s\r\n", o.Header, headerText(l.Text))
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	o.parts(&b, l)
	return b.Bytes()
}

// parts writes what follows the fields that every mail has.
func (o *Options) parts(b *bytes.Buffer, l letter) {
	switch l.Place {
	case "subject", "header":
		write(b, plain(o.Body, "", l.EightBit))
	case "html":
		page := `<html><body><div style="white-space: pre-wrap">` + html.EscapeString(l.Text) + "</div></body></html>"
		p := plain(page, "", l.EightBit)
		p.kind = "text/html; charset=utf-8"
		write(b, p)
	case "attachment":
		edge := "=_" + strings.Trim(l.ID, "<>")[2:18]
		fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", edge, edge)
		write(b, plain(o.Body, "", l.EightBit))
		fmt.Fprintf(b, "--%s\r\n", edge)
		p := plain(l.Text, "base64", l.EightBit)
		p.extra = "Content-Disposition: attachment; filename=\"note.txt\"\r\n"
		write(b, p)
		fmt.Fprintf(b, "--%s--\r\n", edge)
	default:
		coding := map[string]string{"body-base64": "base64", "body-quoted": "quoted-printable"}[l.Place]
		write(b, plain(l.Text, coding, l.EightBit))
	}
}

func write(b *bytes.Buffer, p part) {
	fmt.Fprintf(b, "Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n%s\r\n", p.kind, p.coding, p.extra)
	b.Write(p.body)
}

// plain encodes a text, in a coding that preserves it if none is named.
func plain(text, coding string, eightBit bool) part {
	p := part{kind: "text/plain; charset=utf-8", coding: coding}
	if coding == "" {
		p.coding = fitting(text, eightBit)
	}
	lines := strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
	switch p.coding {
	case "base64":
		p.body = wrapped64(lines)
	case "quoted-printable":
		p.body = quoted(text)
	default:
		p.body = []byte(lines)
	}
	return p
}

// fitting names the plainest coding in which the text survives the way: long
// lines are cut, blanks at line ends are lost, and "From " gets a mark.
func fitting(text string, eightBit bool) string {
	ascii := true
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 900 || strings.HasPrefix(line, "From ") || strings.TrimRight(line, " \t") != line {
			return "quoted-printable"
		}
		for i := range len(line) {
			switch c := line[i]; {
			case c < ' ' && c != '\t' || c == 0x7f:
				return "quoted-printable"
			case c >= utf8.RuneSelf:
				ascii = false
			}
		}
	}
	switch {
	case ascii:
		return "7bit"
	case eightBit:
		return "8bit"
	}
	return "quoted-printable"
}

// unfit says why a text cannot be put into a place; empty if it can.
func unfit(place, text string) string {
	switch {
	case !utf8.ValidString(text):
		return "the text is not UTF-8"
	case strings.ContainsAny(text, "\r\x00"):
		return "a mail cannot carry a carriage return or a zero byte inside a text"
	case (place == "subject" || place == "header") && strings.Contains(text, "\n"):
		return "a " + place + " is one line"
	}
	return ""
}
