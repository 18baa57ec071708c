package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"regexp"
	"strings"

	"github.com/emersion/go-message"
	// Mails in other charsets than UTF-8 are read as well.
	_ "github.com/emersion/go-message/charset"
)

const (
	// mostBytes of a mail are read; what is longer is cut off there.
	mostBytes = 4 << 20
	// deepest nesting of parts, and most parts, that are looked at.
	deepest   = 8
	mostParts = 200
)

// ours are the names that this package gives to mails.
var ours = regexp.MustCompile(`<([bhsxa])\.[0-9a-f]{24}@[^<>\s]{1,255}>`)

// read is a mail as its reader sees it.
type read struct {
	// id is the Message-ID, with its angle brackets.
	id, from string
	// text that was put, if the mail is one of ours; else all there is.
	text string
	// notes are what was done to the rest of the mail.
	notes string
	// bounce is set for a notice that a mail could not be delivered.
	bounce *bounce
}

// leaf is one decoded part without parts of its own.
type leaf struct {
	kind     string
	attached bool
	text     string
}

// parse reads a captured mail. A mail that is broken is read as far as it goes.
func (o *Options) parse(raw []byte) (read, error) {
	entity, err := message.Read(bytes.NewReader(raw[:min(len(raw), mostBytes)]))
	if entity == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return read{}, fmt.Errorf("not a mail: %w", err)
	}
	r := read{id: strings.TrimSpace(entity.Header.Get("Message-Id")), from: address(entity.Header.Get("From"))}
	var leaves []leaf
	report := isReport(entity.Header)
	collect(entity, 0, &leaves)
	header := entity.Header
	mark := markOf(r.id)
	switch {
	case report || returned(header):
		r.bounce = bounceOf(leaves, header, raw)
	case mark == 0:
		r.text = everything(header, leaves)
		// A filter that wraps a mail in one of its own shows the name inside.
		if inner := wrappedID(leaves); inner != "" {
			r.id = inner
		}
	default:
		r.text = o.without(o.textAt(mark, header, leaves))
		r.notes = o.notes(mark, header, leaves)
	}
	return r, nil
}

// without cuts off what the service adds to every mail.
func (o *Options) without(text string) string {
	if o.Cut == "" {
		return text
	}
	re, err := regexp.Compile(o.Cut)
	if err != nil {
		return text // New has refused such options
	}
	return re.ReplaceAllString(text, "")
}

// markOf is the mark of a mail of ours, else 0.
func markOf(id string) byte {
	if m := ours.FindStringSubmatch(id); m != nil && m[0] == id {
		return m[1][0]
	}
	return 0
}

// collect decodes the leaves of a mail, to a bounded depth.
func collect(e *message.Entity, depth int, into *[]leaf) {
	if len(*into) >= mostParts || depth > deepest {
		return
	}
	if parts := e.MultipartReader(); parts != nil {
		for len(*into) < mostParts {
			p, err := parts.NextPart()
			if p == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
				return
			}
			collect(p, depth+1, into)
		}
		return
	}
	kind, params, _ := e.Header.ContentType()
	disposition, _, _ := e.Header.ContentDisposition()
	body, err := io.ReadAll(io.LimitReader(e.Body, mostBytes))
	if err != nil && len(body) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
		body = nil
	}
	*into = append(*into, leaf{
		kind:     strings.ToLower(kind),
		attached: disposition == "attachment" || params["name"] != "",
		text:     lines(string(body)),
	})
}

// lines are a text's, without the line end that closes every mail.
func lines(body string) string {
	return strings.TrimSuffix(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
}

// textAt finds the text where the mark says that it was put.
func (o *Options) textAt(mark byte, h message.Header, leaves []leaf) string {
	switch mark {
	case 's':
		return fieldText(h, "Subject")
	case 'x':
		return fieldText(h, o.Header)
	case 'a':
		for i, l := range leaves {
			if l.attached || i > 0 && !strings.HasPrefix(l.kind, "text/html") {
				return l.text
			}
		}
		return ""
	case 'h':
		if text, ok := first(leaves, "text/html"); ok {
			return text
		}
	}
	text, ok := first(leaves, "text/plain")
	if !ok {
		text, _ = first(leaves, "text/html")
	}
	return text
}

// first is the text of the first part of a kind that is not attached.
func first(leaves []leaf, kind string) (string, bool) {
	for _, l := range leaves {
		if l.kind != kind || l.attached {
			continue
		}
		if kind == "text/html" {
			return pageText(l.text), true
		}
		return l.text, true
	}
	return "", false
}

// everything that a reader sees of a stranger's mail.
func everything(h message.Header, leaves []leaf) string {
	out := []string{fieldText(h, "Subject")}
	for _, l := range leaves {
		switch {
		case l.kind == "text/html":
			out = append(out, pageText(l.text))
		case strings.HasPrefix(l.kind, "text/") || strings.HasPrefix(l.kind, "message/"):
			out = append(out, l.text)
		}
	}
	return strings.Join(out, "\n\n")
}

func wrappedID(leaves []leaf) string {
	for _, l := range leaves {
		if l.kind == "message/rfc822" {
			if id := ours.FindString(l.text); id != "" {
				return id
			}
		}
	}
	return ""
}

// fieldText is a field's value, decoded; as it stands if that fails.
func fieldText(h message.Header, name string) string {
	text, err := h.Text(name)
	if err != nil && text == "" {
		return h.Get(name)
	}
	return text
}

// address is the bare address of a From field.
func address(field string) string {
	if a, err := netmail.ParseAddress(field); err == nil {
		return a.Address
	}
	return strings.Trim(strings.TrimSpace(field), "<>")
}
