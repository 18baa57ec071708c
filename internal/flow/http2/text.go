package http2

import (
	"strings"

	"golang.org/x/net/http2/hpack"
)

// fields gathers the header lines of a block.
type fields struct {
	limit int
	size  int
	// pseudo header lines that make the first line, and which of them came.
	method, path, authority, scheme, protocol, status string
	lines                                             []byte
}

func (f *fields) reset() { *f = fields{limit: f.limit, lines: f.lines[:0]} }

// add takes one header line. Those beyond the limit are left out.
func (f *fields) add(h hpack.HeaderField) {
	f.size += len(h.Name) + len(h.Value) + len(": \r\n")
	if f.size > f.limit {
		return
	}
	if first := f.first(h.Name); first != nil && *first == "" {
		*first = h.Value
		return
	}
	f.lines = line(f.lines, h.Name, h.Value)
}

// first is where a pseudo header line goes; a second one of the same name
// goes to the others.
func (f *fields) first(name string) *string {
	switch name {
	case ":method":
		return &f.method
	case ":path":
		return &f.path
	case ":authority":
		return &f.authority
	case ":scheme":
		return &f.scheme
	case ":protocol":
		return &f.protocol
	case ":status":
		return &f.status
	}
	return nil
}

// wants is the protocol that a request wants to speak (RFC 8441), "connect"
// for a tunnel, "" for other requests.
func (f *fields) wants() string {
	switch {
	case f.method != "CONNECT":
		return ""
	case f.protocol != "":
		return strings.ToLower(f.protocol)
	}
	return "connect"
}

// text is the head as HTTP/1 would have it.
func (f *fields) text(request bool) []byte {
	b := make([]byte, 0, len(f.lines)+len(f.method)+len(f.path)+2*len(f.authority)+len(f.scheme)+len(f.protocol)+len(f.status)+80)
	if !request {
		b = append(append(b, "HTTP/2 "...), inLine(f.status)...)
		return append(append(append(b, "\r\n"...), f.lines...), "\r\n"...)
	}
	target := f.path
	if target == "" && f.method == "CONNECT" {
		target = f.authority
	}
	b = append(append(b, inLine(f.method)...), ' ')
	b = append(append(b, inLine(target)...), " HTTP/2\r\n"...)
	if f.authority != "" {
		b = line(b, "host", f.authority)
	}
	if f.scheme != "" && f.scheme != "https" && f.scheme != "http" {
		b = line(b, "scheme", f.scheme)
	}
	if f.protocol != "" {
		b = line(b, "protocol", f.protocol)
	}
	return append(append(b, f.lines...), "\r\n"...)
}

// trailer is the lines alone.
func (f *fields) trailer() []byte {
	return append(f.lines[:len(f.lines):len(f.lines)], "\r\n"...)
}

// line appends a header line. Line breaks, which are not allowed, become
// those of a folded line.
func line(b []byte, name, value string) []byte {
	b = append(append(b, inLine(name)...), ": "...)
	if strings.IndexByte(value, '\n') >= 0 {
		value = strings.ReplaceAll(value, "\n", "\n ")
	}
	return append(append(b, value...), "\r\n"...)
}

// inLine keeps line breaks out of what must stand in one line.
func inLine(s string) string {
	if strings.ContainsAny(s, "\r\n") {
		return strings.NewReplacer("\r", "%0D", "\n", "%0A").Replace(s)
	}
	return s
}
