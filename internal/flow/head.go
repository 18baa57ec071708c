// Package flow reads captured bytes as protocols: HTTP/1 messages, request
// targets, the first bytes of a connection. It owns no sockets and waits for
// nothing: bytes go in, structure with offsets comes out.
//
// Captured bytes are hostile and often malformed, and the malformed part may
// be the interesting one. So nothing here fails: what could be read is
// returned as it stood on the wire, with a note for what could not. Work and
// memory are linear in the input.
package flow

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// MaxFields is the number of header lines that are read apart; a note tells
// of the rest.
const MaxFields = 1000

// Field is one header line as it stood on the wire.
type Field struct {
	// Name as written, without the colon. Empty for a line without a colon.
	Name string
	// Value without surrounding blanks; folded lines are joined by a space.
	Value string
	// Offset of the line and ValueOffset of Value in the message; End is
	// the offset of the first byte after the line break.
	Offset, ValueOffset, End int
}

// Head is the head of an HTTP/1 message (RFC 9112): start line and headers.
type Head struct {
	// Method, Target and TargetOffset are set for requests.
	Method       string
	Target       string
	TargetOffset int
	// Version as in "HTTP/1.1"; empty if the start line has none.
	Version string
	// Status and Reason are set for responses.
	Status int
	Reason string
	// Fields in order and case as on the wire.
	Fields []Field
	// Size in bytes, blank line included.
	Size int
	// Notes say what could not be read, with its offset.
	Notes []string
}

// HeadEnd returns the size of the head at the begin of b, blank line
// included, or -1 if the blank line has not come yet. Bare line feeds count
// as line breaks, and empty lines before the start line belong to the head.
func HeadEnd(b []byte) int {
	begin := 0
	for begin < len(b) && (b[begin] == '\r' || b[begin] == '\n') {
		begin++
	}
	for i := begin; i < len(b); {
		lf := bytes.IndexByte(b[i:], '\n')
		if lf < 0 {
			return -1
		}
		i += lf + 1
		if i < len(b) && b[i] == '\n' {
			return i + 1
		}
		if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
			return i + 2
		}
	}
	return -1
}

// ParseRequest reads the head of a request. A head without its blank line is
// read as far as it goes.
func ParseRequest(b []byte) Head {
	p := newHeadParser(b)
	line, at := p.start()
	p.head.Method, line, _ = strings.Cut(line, " ")
	p.head.TargetOffset = at + min(len(p.head.Method)+1, p.lineEnd-at)
	p.head.Target = line
	if cut := strings.LastIndexByte(line, ' '); cut >= 0 && strings.HasPrefix(line[cut+1:], "HTTP/") {
		p.head.Target, p.head.Version = line[:cut], line[cut+1:]
	} else {
		p.note(at, "the request line has no version")
	}
	p.fields()
	return p.head
}

// ParseResponse reads the head of a response.
func ParseResponse(b []byte) Head {
	p := newHeadParser(b)
	line, at := p.start()
	version, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	status, err := strconv.Atoi(code)
	if err != nil || status < 100 || status > 999 || !strings.HasPrefix(version, "HTTP/") {
		p.note(at, "no status line")
		status = 0
	}
	p.head.Version, p.head.Status, p.head.Reason = version, status, reason
	p.fields()
	return p.head
}

// headParser walks over the lines of a head.
type headParser struct {
	b       []byte
	at      int
	lineEnd int // of the last line, without its break
	head    Head
}

func newHeadParser(b []byte) *headParser {
	end := HeadEnd(b)
	p := &headParser{b: b}
	if end < 0 {
		end = len(b)
		p.note(end, "the head has no end")
	}
	p.b, p.head.Size = b[:end], end
	return p
}

func (p *headParser) note(at int, text string) {
	if len(p.head.Notes) < 20 {
		p.head.Notes = append(p.head.Notes, fmt.Sprintf("offset %d: %s", at, text))
	}
}

// line returns the next line without its break, and its offset.
func (p *headParser) line() (string, int) {
	begin := p.at
	end := len(p.b)
	p.at = end
	if lf := bytes.IndexByte(p.b[begin:], '\n'); lf >= 0 {
		end, p.at = begin+lf, begin+lf+1
		if end > begin && p.b[end-1] == '\r' {
			end--
		}
	}
	p.lineEnd = end
	return string(p.b[begin:end]), begin
}

// start returns the start line: the first that is not empty.
func (p *headParser) start() (string, int) {
	for p.at < len(p.b) {
		if line, at := p.line(); line != "" {
			return line, at
		}
	}
	p.lineEnd = p.at
	p.note(p.at, "no start line")
	return "", p.at
}

func (p *headParser) fields() {
	for p.at < len(p.b) {
		line, at := p.line()
		if line == "" {
			return
		}
		if len(p.head.Fields) == MaxFields {
			p.note(at, "too many header lines; the rest is not read apart")
			return
		}
		p.field(line, at)
	}
}

// field reads one header line. Names with blanks around them are kept so:
// they are how smuggled requests look.
func (p *headParser) field(line string, at int) {
	if n := len(p.head.Fields); n > 0 && (line[0] == ' ' || line[0] == '\t') {
		last := &p.head.Fields[n-1]
		last.Value, last.End = last.Value+" "+strings.Trim(line, " \t"), p.at
		p.note(at, "folded header line")
		return
	}
	name, value, found := strings.Cut(line, ":")
	if !found {
		p.note(at, "header line without a colon")
		p.head.Fields = append(p.head.Fields, Field{Value: line, Offset: at, ValueOffset: at, End: p.at})
		return
	}
	lead := len(value) - len(strings.TrimLeft(value, " \t"))
	p.head.Fields = append(p.head.Fields, Field{
		Name: name, Value: strings.Trim(value, " \t"),
		Offset: at, ValueOffset: at + len(name) + 1 + lead, End: p.at,
	})
}

// Get returns the value of the first field of that name, whatever its case.
func (h Head) Get(name string) string {
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Values returns the values of all fields of that name.
func (h Head) Values(name string) []string {
	var all []string
	for _, f := range h.Fields {
		if strings.EqualFold(f.Name, name) {
			all = append(all, f.Value)
		}
	}
	return all
}

// HasToken reports whether a comma-separated field holds the token.
func (h Head) HasToken(name, token string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// KeepAlive reports whether the connection may carry another exchange after
// this message, as far as its head tells.
func (h Head) KeepAlive() bool {
	for _, name := range []string{"Connection", "Proxy-Connection"} {
		if h.HasToken(name, "close") {
			return false
		}
	}
	if h.Version == "HTTP/1.1" {
		return true
	}
	return h.Version == "HTTP/1.0" &&
		(h.HasToken("Connection", "keep-alive") || h.HasToken("Proxy-Connection", "keep-alive"))
}
