package peel

import (
	"bytes"
	"fmt"
	"strings"
)

// jsonPeeler offers the string values of JSON one by one: "json:KEY". It
// scans without recursion, so that depth costs nothing, and reads JSON cut
// anywhere. Escapes of the whole text are the coat "json"; see textPeelers.
type jsonPeeler struct{}

func (jsonPeeler) Name() string { return "json" }

func (jsonPeeler) Peel(in Input) []Candidate {
	b := bytes.TrimLeft(in.Bytes, " \t\r\n\ufeff")
	if len(b) == 0 || b[0] != '{' && b[0] != '[' && b[0] != '"' || !in.Shape.Text() {
		return nil
	}
	var out []Candidate
	count := map[string]int{}
	key := ""
	for at := len(in.Bytes) - len(b); at < len(in.Bytes) && len(out) < partLimit; {
		if in.Bytes[at] != '"' {
			at++
			continue
		}
		end := stringEnd(in.Bytes, at+1)
		raw := in.Bytes[at+1 : end]
		next := skipBlanks(in.Bytes, end+1)
		switch {
		case next < len(in.Bytes) && in.Bytes[next] == ':':
			key = string(raw[:min(len(raw), 64)])
		case len(raw) >= 6:
			c := jsonValue(key, raw, at+1)
			if count[key]++; count[key] > 1 {
				c.Coats[0] = fmt.Sprintf("%s#%d", c.Coats[0], count[key])
			}
			out = append(out, c)
		}
		at = end + 1
	}
	return out
}

// jsonValue offers a value with its escapes undone; without any, it is a
// part of the input.
func jsonValue(key string, raw []byte, at int) Candidate {
	plain := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		plain, _ = unescape(raw, `\`, jsonEscape)
	}
	return Candidate{Coats: []string{"json:" + key}, Bytes: plain, Offset: at, Length: len(raw), Score: 0.94, Part: true}
}

// stringEnd returns the place of the closing quote, or of the end.
func stringEnd(b []byte, at int) int {
	for ; at < len(b) && b[at] != '"'; at++ {
		if b[at] == '\\' {
			at++
		}
	}
	return min(at, len(b))
}

func skipBlanks(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\n' || b[at] == '\r') {
		at++
	}
	return at
}

// formPeeler offers the values of "a=b&c=d" one by one: "form:KEY".
type formPeeler struct{}

func (formPeeler) Name() string { return "form" }

func (formPeeler) Peel(in Input) []Candidate {
	eq := bytes.IndexByte(in.Bytes, '=')
	if eq < 1 || eq > 64 || !in.Shape.ascii() || bytes.ContainsAny(in.Bytes[:eq], " \n<>{\"&") || bytes.ContainsAny(in.Bytes, " \n") {
		return nil
	}
	if n := len(in.Under); n > 0 && strings.HasPrefix(in.Under[n-1], "form:") && bytes.IndexByte(in.Bytes, '&') < 0 {
		return nil // a value with a sign of equality in it
	}
	var out []Candidate
	for _, p := range numbered(pairs(in.Bytes, 0, '&', "form:", 0.94)) {
		if len(p.value) >= 6 {
			out = append(out, Candidate{Coats: []string{p.coat}, Bytes: p.value, Offset: p.offset, Length: len(p.value), Score: p.score, Part: true})
		}
	}
	return out
}

// multipartPeeler offers the parts of a multipart body (RFC 2046).
type multipartPeeler struct{}

func (multipartPeeler) Name() string { return "multipart" }

func (multipartPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	at := bytes.Index(b[:min(len(b), 4096)], []byte("--"))
	if at < 0 || at > 0 && b[at-1] != '\n' {
		return nil
	}
	line, _, ok := bytes.Cut(b[at:], []byte("\r\n"))
	if !ok || len(line) < 4 || len(line) > 80 {
		return nil
	}
	var out []Candidate
	count := map[string]int{}
	for at += len(line); len(out) < partLimit; {
		end := bytes.Index(b[at:], line)
		until := len(b)
		if end >= 0 {
			until = at + end
		}
		if c, ok := multipartPart(b[at:until], at); ok {
			if count[c.Coats[0]]++; count[c.Coats[0]] > 1 {
				c.Coats[0] = fmt.Sprintf("%s#%d", c.Coats[0], count[c.Coats[0]])
			}
			out = append(out, c)
		}
		if end < 0 {
			return out
		}
		at = until + len(line)
	}
	return out
}

// multipartPart takes the head off one part; at is its place.
func multipartPart(b []byte, at int) (Candidate, bool) {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return Candidate{}, false
	}
	offset := at + len(head) + 4
	plain := bytes.TrimSuffix(body, []byte("\r\n"))
	coat := "multipart"
	if _, after, ok := strings.Cut(string(head), `name="`); ok {
		if name, _, ok := strings.Cut(after, `"`); ok && name != "" {
			coat += ":" + name[:min(len(name), 64)]
		}
	}
	return Candidate{Coats: []string{coat}, Bytes: plain, Offset: offset, Length: len(plain), Score: 0.94, Part: true}, true
}
