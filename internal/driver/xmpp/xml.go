package xmpp

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// longestStanza bounds one stanza of the server in bytes, deepest its
	// nesting, mostNodes its elements.
	longestStanza = 512 << 10
	deepest       = 64
	mostNodes     = 10_000
)

// node is one element with what is in it.
type node struct {
	name  xml.Name
	attrs []xml.Attr
	kids  []*node
	// text is the character data directly in it.
	text string
}

// attr is the value of an attribute without a namespace.
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// kid is the first child of that name and namespace; empty stands for any.
// Nil if there is none.
func (n *node) kid(space, local string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if (space == "" || k.name.Space == space) && (local == "" || k.name.Local == local) {
			return k
		}
	}
	return nil
}

// words is the text of an element, empty for nil.
func (n *node) words() string {
	if n == nil {
		return ""
	}
	return n.text
}

// reader reads a stream of stanzas. It reads no byte beyond a stanza's end,
// so that TLS and a new stream can begin there.
type reader struct {
	in  *limited
	dec *xml.Decoder
}

func newReader(in *bufio.Reader) *reader {
	l := &limited{in: in}
	return &reader{in: l, dec: xml.NewDecoder(l)}
}

// limited stops a stanza that does not end.
type limited struct {
	in   *bufio.Reader
	left int
}

var errLong = fmt.Errorf("the server sent a stanza of over %d bytes", longestStanza)

// ReadByte keeps the decoder from reading ahead.
func (l *limited) ReadByte() (byte, error) {
	if l.left--; l.left < 0 {
		return 0, errLong
	}
	return l.in.ReadByte()
}

func (l *limited) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// header reads the beginning of a stream.
func (r *reader) header() (*node, error) {
	r.in.left = longestStanza
	for {
		t, err := r.token()
		if err != nil {
			return nil, fmt.Errorf("no stream of XMPP begins: %w", noEOF(err))
		}
		if start, ok := t.(xml.StartElement); ok {
			if start.Name.Local != "stream" || start.Name.Space != nsStreams {
				return nil, fmt.Errorf("the server does not speak XMPP: it begins with %q", clip(start.Name.Local))
			}
			return &node{name: start.Name, attrs: start.Attr}, nil
		}
	}
}

// next reads one stanza. io.EOF says that the stream has ended in order.
func (r *reader) next() (*node, error) {
	r.in.left = longestStanza
	for {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return r.element(t)
		case xml.EndElement:
			return nil, io.EOF
		}
	}
}

// element reads the rest of an element without recursion: its depth is the
// server's choice.
func (r *reader) element(start xml.StartElement) (*node, error) {
	root := &node{name: start.Name, attrs: start.Attr}
	open := []*node{root}
	texts := []*strings.Builder{{}}
	for count := 1; len(open) > 0; {
		t, err := r.token()
		if err != nil {
			return nil, noEOF(err)
		}
		last := len(open) - 1
		switch t := t.(type) {
		case xml.StartElement:
			if count++; len(open) == deepest || count > mostNodes {
				return nil, fmt.Errorf("the server sent a stanza nested over %d deep or of over %d elements", deepest, mostNodes)
			}
			n := &node{name: t.Name, attrs: t.Attr}
			open[last].kids = append(open[last].kids, n)
			open, texts = append(open, n), append(texts, &strings.Builder{})
		case xml.EndElement:
			open[last].text = texts[last].String()
			open, texts = open[:last], texts[:last]
		case xml.CharData:
			texts[last].Write(t)
		}
	}
	return root, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// token reads one token. Comments, directives and processing instructions
// are not allowed in XMPP (RFC 6120, 11.1), but for the XML declaration.
func (r *reader) token() (xml.Token, error) {
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Comment, xml.Directive:
		return nil, errors.New("the server sent a comment or a declaration, which XMPP forbids")
	case xml.ProcInst:
		if t.Target != "xml" {
			return nil, errors.New("the server sent a processing instruction, which XMPP forbids")
		}
	}
	return t, nil
}

// escape writes text so that a reader of XML gets it back to the byte.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;",
		"\n", "&#xA;", "\t", "&#x9;").Replace(s)
}

// uncarried is the first character that XML cannot carry (XML 1.0, 2.2), or a
// carriage return, which becomes a line feed wherever XML is read.
func uncarried(s string) (rune, bool) {
	for i, r := range s {
		switch {
		case r == '\t' || r == '\n' || (r >= 0x20 && r <= 0xD7FF) || (r >= 0x10000 && r <= 0x10FFFF):
		case r == 0xFFFD && strings.HasPrefix(s[i:], "\uFFFD"):
		case r >= 0xE000 && r < 0xFFFD:
		default:
			return r, true
		}
	}
	return 0, false
}

// clip shortens what a server said, for errors.
func clip(s string) string {
	const most = 200
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
