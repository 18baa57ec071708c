package peel

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/charset"
)

// markupPeeler offers the texts between the tags of XML and HTML, and CDATA
// sections: "xml:ELEMENT".
type markupPeeler struct{}

func (markupPeeler) Name() string { return "xml" }

const cdata = "<![CDATA["

func (markupPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	start := bytes.TrimLeft(b[:min(len(b), 64)], " \t\r\n\ufeff")
	if len(start) == 0 || start[0] != '<' || bytes.HasPrefix(start, []byte("<~")) || bytes.Count(b, []byte(">")) < 2 {
		return nil
	}
	var fields []field
	name := ""
	for at := 0; at < len(b) && len(fields) < partLimit; {
		open := bytes.IndexByte(b[at:], '<')
		text := b[at:]
		if open >= 0 {
			text = text[:open]
		}
		if len(bytes.TrimSpace(text)) >= shortestField {
			fields = append(fields, field{name: name, bytes: text, at: at})
		}
		if open < 0 {
			break
		}
		at += open
		if body, ok := bytes.CutPrefix(b[at:], []byte(cdata)); ok {
			end := bytes.Index(body, []byte("]]>"))
			if end < 0 {
				end = len(body)
			}
			fields = append(fields, field{name: name, bytes: body[:end], at: at + len(cdata)})
			at = min(at+len(cdata)+end+3, len(b))
			continue
		}
		end := bytes.IndexByte(b[at:], '>')
		if end < 0 {
			break
		}
		name = tagName(b[at+1 : at+end])
		at += end + 1
	}
	return fieldBids(in, "xml", fields, 0.9)
}

func tagName(tag []byte) string {
	name, _, _ := bytes.Cut(bytes.TrimLeft(tag, "/?"), []byte(" "))
	return nameOf(bytes.TrimRight(name, "/?"))
}

// mimeWord reads an encoded word of a mail's head (RFC 2047).
func mimeWord(b []byte) (int, []byte) {
	if !bytes.HasPrefix(b, []byte("=?")) {
		return 0, nil
	}
	parts := strings.SplitN(string(b[2:min(len(b), 256)]), "?", 4)
	if len(parts) < 4 || !strings.HasPrefix(parts[3], "=") || len(parts[1]) != 1 {
		return 0, nil
	}
	n := 2 + len(parts[0]) + len(parts[1]) + len(parts[2]) + 4
	var raw []byte
	switch parts[1][0] | 0x20 {
	case 'b':
		raw = unbase64([]byte(strings.TrimRight(parts[2], "=")))
	case 'q':
		raw, _ = unescape([]byte(strings.ReplaceAll(parts[2], "_", " ")), "=", qpEscape)
	}
	if raw == nil {
		return 0, nil
	}
	if enc, _ := charset.Lookup(parts[0]); enc != nil {
		if text, err := enc.NewDecoder().Bytes(raw); err == nil {
			raw = text
		}
	}
	for _, gap := range []string{"\r\n ", "\n ", " ", "\r\n\t", "\n\t"} { // a gap between two words is none
		if bytes.HasPrefix(b[n:], []byte(gap+"=?")) {
			n += len(gap)
			break
		}
	}
	return n, raw
}
