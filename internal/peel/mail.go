package peel

import (
	"bytes"
	"strconv"
	"strings"
)

// mailPeeler takes a mail or another MIME entity apart (RFC 5322, RFC 2046):
// "mail:NAME" for header fields, unfolded, and "mail:1.2" for the second part
// of the first. It stands at the front, or behind the DATA of an SMTP
// session. What a part is encoded with is for other peelers.
type mailPeeler struct{}

func (mailPeeler) Name() string { return "mail" }

const (
	mailDepth = 8
	mailHeads = 2 // header fields that a mail must have
)

func (mailPeeler) Peel(in Input) []Candidate {
	b, at := in.Bytes, 0
	if isHTTP(b) {
		return nil
	}
	if data := bytes.Index(b[:min(len(b), headLimit)], []byte("\nDATA\r\n")); data >= 0 {
		at = data + len("\nDATA\r\n")
		if reply := b[at:]; bytes.HasPrefix(reply, []byte("354")) { // both directions in one
			at += bytes.IndexByte(reply, '\n') + 1
		}
		if end := bytes.Index(b[at:], []byte("\r\n.\r\n")); end >= 0 {
			b = b[:at+end]
		}
	} else if bytes.HasPrefix(b, []byte("From ")) { // a line of a mailbox
		at = bytes.IndexByte(b, '\n') + 1
	}
	heads, body := mailHead(b[at:], at)
	if body < 0 || !mailNames(heads) {
		return nil
	}
	w := mailWalk{b: b}
	for _, h := range heads {
		w.fields = append(w.fields, field{name: h.name, bytes: h.value, at: h.at, length: h.length})
	}
	w.entity(heads, body, len(b), "", 0)
	return fieldBids(in, "mail", w.fields, 0.92)
}

// mailField is one header field, its lines joined.
type mailField struct {
	name       string
	value      []byte
	at, length int
}

// mailHead reads header fields; body is where the body begins, or -1 if this
// is no head.
func mailHead(b []byte, base int) (fields []mailField, body int) {
	for at := 0; at < len(b) && at < headLimit && len(fields) < partLimit; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			end = len(b) - at - 1
		}
		line := bytes.TrimRight(b[at:at+end+1], "\r\n")
		next := at + end + 1
		switch colon := bytes.IndexByte(line, ':'); {
		case len(line) == 0:
			return fields, base + next
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			last := &fields[len(fields)-1]
			last.value = append(last.value[:len(last.value):len(last.value)], line...)
			last.length = base + at + len(line) - last.at
		case colon <= 0 || colon > 60 || !mailName(line[:colon]):
			return fields, -1
		default:
			value := bytes.TrimLeft(line[colon+1:], " \t")
			fields = append(fields, mailField{string(line[:colon]), value, base + at + len(line) - len(value), len(value)})
		}
		at = next
	}
	return fields, -1
}

func mailName(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if c != '-' && (c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// mailNames reports whether the fields are those of a mail.
func mailNames(fields []mailField) bool {
	known := 0
	for _, f := range fields {
		switch strings.ToLower(f.name) {
		case "from", "to", "subject", "date", "received", "mime-version", "content-type", "message-id", "return-path", "content-transfer-encoding", "delivered-to":
			known++
		}
	}
	return known >= mailHeads
}

// mailWalk gathers the parts of an entity.
type mailWalk struct {
	b      []byte
	fields []field
}

// entity offers the body between two places, or its parts.
func (w *mailWalk) entity(heads []mailField, from, until int, number string, depth int) {
	boundary := boundaryOf(heads)
	if boundary == "" || depth >= mailDepth {
		name := number
		if name == "" {
			name = "body"
		}
		w.fields = append(w.fields, field{name: name, bytes: w.b[from:until], at: from})
		return
	}
	mark := []byte("--" + boundary)
	parts := 0
	for at := bytes.Index(w.b[from:until], mark); at >= 0 && len(w.fields) < partLimit; parts++ {
		from += at + len(mark)
		if bytes.HasPrefix(w.b[from:until], []byte("--")) {
			return
		}
		end := until
		if at = bytes.Index(w.b[from:until], mark); at >= 0 {
			end = from + at
		}
		w.part(from, end, number, parts+1, depth)
	}
}

// part reads the head of a part, which may be empty, and goes on with it.
func (w *mailWalk) part(from, until int, number string, n, depth int) {
	if line := bytes.IndexByte(w.b[from:until], '\n'); line >= 0 {
		from += line + 1
	}
	heads, body := mailHead(w.b[from:until], from)
	if body < 0 {
		body = from
	}
	until -= len(w.b[body:until]) - len(bytes.TrimSuffix(bytes.TrimSuffix(w.b[body:until], []byte("\n")), []byte("\r")))
	name := strconv.Itoa(n)
	if number != "" {
		name = number + "." + name
	}
	w.entity(heads, body, until, name, depth+1)
}

// boundaryOf is the boundary of a multipart entity, else empty.
func boundaryOf(heads []mailField) string {
	for _, h := range heads {
		if !strings.EqualFold(h.name, "Content-Type") || len(h.value) < 10 || !strings.EqualFold(string(h.value[:10]), "multipart/") {
			continue
		}
		at := strings.Index(strings.ToLower(string(h.value)), "boundary=")
		if at < 0 {
			return ""
		}
		value := string(h.value[at+len("boundary="):])
		if rest, ok := strings.CutPrefix(value, `"`); ok {
			value, _, _ = strings.Cut(rest, `"`)
		} else if end := strings.IndexAny(value, "; \t"); end >= 0 {
			value = value[:end]
		}
		return value[:min(len(value), 200)]
	}
	return ""
}
