package peel

import (
	"bytes"
	"fmt"
	"strings"
)

// httpPeeler takes an HTTP/1 message apart: "http", then "target",
// "query:NAME", "header:NAME", "cookie:NAME", "body" or "rest". It reads leniently:
// what apps send is not always what RFC 9112 allows.
type httpPeeler struct{}

func (httpPeeler) Name() string { return "http" }

const (
	headLimit = 64 << 10
	partLimit = 300
)

// part is a piece of a message; its value is a slice of the message.
type part struct {
	coat   string
	offset int
	value  []byte
	score  float64
}

func (httpPeeler) Peel(in Input) []Candidate {
	var out []Candidate
	for _, p := range httpParts(in.Bytes) {
		coats := []string{"http", p.coat}
		if strings.HasPrefix(p.coat, "http") {
			coats = coats[:1]
		}
		out = append(out, Candidate{Coats: coats, Bytes: p.value, Offset: p.offset, Length: len(p.value), Score: p.score, Whole: true, Part: len(coats) == 2})
	}
	return out
}

func isContainer(coat string) bool { return coat == "http" }

// isHTTP reports whether b begins with an HTTP/1 request or status line, or
// with one that stands for the pseudo-headers of HTTP/2 or HTTP/3.
func isHTTP(b []byte) bool {
	for _, version := range []string{"HTTP/1.", "HTTP/2 ", "HTTP/3 "} {
		if bytes.HasPrefix(b, []byte(version)) {
			return true
		}
	}
	method, rest, ok := bytes.Cut(b[:min(len(b), 16)], []byte(" "))
	if !ok || len(method) < 3 || len(rest) == 0 || bytes.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return false
	}
	line, _, ok := bytes.Cut(b[:min(len(b), headLimit)], []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	return ok && (bytes.Contains(line, []byte(" HTTP/1.")) || bytes.HasSuffix(line, []byte(" HTTP/2")) || bytes.HasSuffix(line, []byte(" HTTP/3")))
}

// httpParts lists the parts of a message, the likeliest hiding places first.
func httpParts(b []byte) []part {
	if !isHTTP(b) {
		return nil
	}
	return numbered(allParts(b))
}

// numbered makes the names of parts unique: the second "query:r" becomes
// "query:r#2".
func numbered(parts []part) []part {
	count := map[string]int{}
	for i, p := range parts {
		if count[p.coat]++; count[p.coat] > 1 {
			parts[i].coat = fmt.Sprintf("%s#%d", p.coat, count[p.coat])
		}
	}
	return parts
}

func allParts(b []byte) []part {
	headEnd, bodyAt := headBounds(b)
	head := b[:headEnd]
	line, _, _ := bytes.Cut(head, []byte("\n"))
	var parts []part
	if !bytes.HasPrefix(b, []byte("HTTP/")) {
		parts = targetParts(line)
	}
	headers := headerParts(head, len(line)+1)
	if body := b[bodyAt:]; len(body) > 0 {
		parts = append(parts, bodyParts(body, bodyAt, headers)...)
	}
	return append(parts, headers...)
}

// headBounds returns where the head ends and where the body begins.
func headBounds(b []byte) (end, body int) {
	window := b[:min(len(b), headLimit)]
	crlf, lf := bytes.Index(window, []byte("\r\n\r\n")), bytes.Index(window, []byte("\n\n"))
	switch {
	case crlf >= 0 && (lf < 0 || crlf < lf):
		return crlf, crlf + 4
	case lf >= 0:
		return lf, lf + 2
	}
	return len(window), len(window)
}

// targetParts splits the request target of a request line.
func targetParts(line []byte) []part {
	from := bytes.IndexByte(line, ' ') + 1
	until := bytes.LastIndex(line, []byte(" HTTP/"))
	if from <= 0 || until < from {
		return nil
	}
	target := line[from:until]
	mark := bytes.IndexByte(target, '?')
	if mark < 0 {
		return []part{{"target", from, target, 0.95}}
	}
	parts := pairs(target[mark+1:], from+mark+1, '&', "query:", 0.97)
	if len(parts) == 0 {
		return []part{{"target", from, target, 0.95}}
	}
	return append(parts, part{"target", from, target[:mark], 0.9})
}

// pairs splits "name=value" pairs; values alone become parts.
func pairs(b []byte, offset int, sep byte, prefix string, score float64) []part {
	var parts []part
	for at := 0; at < len(b) && len(parts) < partLimit; {
		end := bytes.IndexByte(b[at:], sep)
		if end < 0 {
			end = len(b) - at
		}
		pair := b[at : at+end]
		if eq := bytes.IndexByte(pair, '='); eq > 0 {
			name := strings.TrimSpace(string(pair[:min(eq, 64)]))
			parts = append(parts, part{prefix + name, offset + at + eq + 1, pair[eq+1:], score})
		}
		at += end + 1
	}
	return parts
}

// headerParts lists the header fields, with cookies one by one.
func headerParts(head []byte, at int) []part {
	var parts []part
	for at < len(head) && len(parts) < partLimit {
		end := bytes.IndexByte(head[at:], '\n')
		if end < 0 {
			end = len(head) - at
		}
		field := head[at : at+end]
		if colon := bytes.IndexByte(field, ':'); colon > 0 {
			value := bytes.TrimSpace(field[colon+1:])
			offset := at + colon + 1 + bytes.Index(field[colon+1:], value)
			name := string(field[:min(colon, 64)])
			parts = append(parts, fieldParts(name, value, offset)...)
		}
		at += end + 1
	}
	return parts
}

func fieldParts(name string, value []byte, offset int) []part {
	var parts []part
	if strings.EqualFold(name, "Cookie") || strings.EqualFold(name, "Set-Cookie") {
		parts = pairs(value, offset, ';', "cookie:", 0.92)
	}
	return append(parts, part{"header:" + name, offset, value, 0.8})
}

// bodyParts is the body, and behind it the next message of the connection or
// what else is there.
func bodyParts(body []byte, offset int, headers []part) []part {
	length := len(body)
	for _, h := range headers {
		if strings.EqualFold(h.coat, "header:Content-Length") {
			if n, ok := decimal(h.value); ok && n <= len(body) {
				length = n
			}
		}
	}
	parts := []part{{"body", offset, body[:length], 0.98}}
	if rest := body[length:]; isHTTP(rest) {
		parts = append(parts, part{"http", offset + length, rest, 0.98})
	} else if len(rest) >= shortestField {
		parts = append(parts, part{"rest", offset + length, rest, 0.6})
	}
	return parts
}

// decimal reads a length that fits in an int32.
func decimal(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// chunkedPeeler joins the chunks of a body (RFC 9112, section 7.1).
type chunkedPeeler struct{}

func (chunkedPeeler) Name() string { return "chunked" }

func (chunkedPeeler) Peel(in Input) []Candidate {
	out, rest, whole := dechunk(in.Bytes)
	if out == nil {
		return nil
	}
	c := Candidate{Coats: []string{"chunked"}, Bytes: out, Length: len(in.Bytes) - len(rest), Rest: rest, Score: 0.98, Whole: true}
	if !whole {
		c.Note, c.Score = NoteTruncated, 0.8
	}
	cs := []Candidate{c}
	switch at := len(in.Bytes) - len(rest); {
	case isHTTP(rest):
		cs = append(cs, Candidate{Coats: []string{"http"}, Bytes: rest, Offset: at, Score: 0.98})
	case whole && len(rest) >= shortestField:
		cs = append(cs, Candidate{Coats: []string{"chunked:rest"}, Bytes: rest, Offset: at, Length: len(rest), Score: 0.9, Part: true})
	}
	return cs
}

// dechunk returns nil if b does not begin with a chunk.
func dechunk(b []byte) (out, rest []byte, whole bool) {
	rest = b
	for {
		line, after, ok := bytes.Cut(rest[:min(len(rest), 200)], []byte("\r\n"))
		size, good := hexSize(line)
		if !ok || !good {
			return out, rest, false
		}
		after = rest[len(rest[:min(len(rest), 200)])-len(after):]
		if size == 0 {
			return out, bytes.TrimPrefix(after, []byte("\r\n")), out != nil
		}
		if size > len(after) {
			return append(out, after...), nil, false
		}
		out = append(out, after[:size]...)
		rest = bytes.TrimPrefix(after[size:], []byte("\r\n"))
	}
}

// hexSize reads a chunk size up to 2^31, extensions ignored.
func hexSize(line []byte) (int, bool) {
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimSpace(digits)
	if len(digits) == 0 || len(digits) > 8 {
		return 0, false
	}
	n := 0
	for _, c := range digits {
		v := hexValue(c)
		if v < 0 {
			return 0, false
		}
		n = n<<4 | v
	}
	return n, n >= 0 && n <= 1<<31-1
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
