// Package headtext writes the heads of HTTP/2 and HTTP/3, which come as lists
// of fields, in the text form of HTTP/1, so that what reads one can read the
// others: "GET /path HTTP/2", "host: ...", and "HTTP/2 200".
package headtext

import "strings"

// Fields gathers the header lines of a block.
type Fields struct {
	// Limit is how many octets of text are kept; lines beyond it are left
	// out.
	Limit int
	// Version is what stands in the first line, as in "HTTP/2".
	Version string

	size int
	// pseudo header lines that make the first line, and which of them came.
	method, path, authority, scheme, protocol, status string
	lines                                             []byte
}

// Reset forgets all lines.
func (f *Fields) Reset() { *f = Fields{Limit: f.Limit, Version: f.Version, lines: f.lines[:0]} }

// TooLong reports whether lines were left out.
func (f *Fields) TooLong() bool { return f.size > f.Limit }

// Add takes one header line. Those beyond the limit are left out.
func (f *Fields) Add(name, value string) {
	f.size += len(name) + len(value) + len(": \r\n")
	if f.size > f.Limit {
		return
	}
	if first := f.first(name); first != nil && *first == "" {
		*first = value
		return
	}
	f.lines = line(f.lines, name, value)
}

// first is where a pseudo header line goes; a second one of the same name
// goes to the others.
func (f *Fields) first(name string) *string {
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

// Wants is the protocol that a request wants to speak (RFC 8441, RFC 9220),
// in lower case, "connect" for a tunnel, "" for other requests.
func (f *Fields) Wants() string {
	switch {
	case f.method != "CONNECT":
		return ""
	case f.protocol != "":
		return strings.ToLower(f.protocol)
	}
	return "connect"
}

// Text is the head as HTTP/1 would have it.
func (f *Fields) Text(request bool) []byte {
	b := make([]byte, 0, len(f.lines)+len(f.method)+len(f.path)+2*len(f.authority)+len(f.scheme)+len(f.protocol)+len(f.status)+80)
	if !request {
		b = append(append(append(b, f.Version...), ' '), inLine(f.status)...)
		return append(append(append(b, "\r\n"...), f.lines...), "\r\n"...)
	}
	target := f.path
	if target == "" && f.method == "CONNECT" {
		target = f.authority
	}
	b = append(append(b, inLine(f.method)...), ' ')
	b = append(append(append(append(b, inLine(target)...), ' '), f.Version...), "\r\n"...)
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

// Trailer is the lines alone.
func (f *Fields) Trailer() []byte {
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
