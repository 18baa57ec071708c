package flow

import "fmt"

// Message is a whole HTTP/1 message taken apart.
type Message struct {
	Head    Head
	Framing Framing
	// Body with the transfer coding taken off, the content coding left on.
	// For bodies that are not chunked it is part of the input, not a copy.
	Body []byte
	// BodyOffset is where the body begins on the wire, End where it ends;
	// bytes after End belong to a later message.
	BodyOffset, End int
	// Trailers that came after the chunks.
	Trailers []Field
	// Complete is false when bytes are missing at the end.
	Complete bool
	// Notes say what was malformed; those of Head and Framing included.
	Notes []string
}

// Request takes a request apart.
func Request(b []byte) Message {
	head := ParseRequest(b)
	return assemble(b, head, RequestFraming(head))
}

// Response takes a response apart; method is that of its request.
func Response(b []byte, method string) Message {
	head := ParseResponse(b)
	return assemble(b, head, ResponseFraming(head, method))
}

func assemble(b []byte, head Head, framing Framing) Message {
	m := Message{Head: head, Framing: framing, BodyOffset: head.Size, Notes: head.Notes}
	if framing.Note != "" {
		m.note(head.Size, framing.Note)
	}
	scan := NewScanner(framing)
	at, trailer := head.Size, -1
	for at < len(b) && !scan.Done() {
		n, content := scan.step(b[at:])
		if framing.Kind != BodyChunked {
			m.Body = content
		} else {
			m.Body = append(m.Body, content...)
		}
		at += n
		if trailer < 0 && scan.state == chunkTrailer {
			trailer = at
		}
	}
	m.End = at
	m.Complete = HeadEnd(b) >= 0 && (scan.Done() || scan.kind == BodyClose && scan.note == "")
	if scan.Note() != "" {
		m.note(at, scan.Note())
	}
	if trailer >= 0 && scan.Done() {
		m.Trailers = trailers(b[:at], trailer)
	}
	return m
}

func (m *Message) note(at int, text string) {
	m.Notes = append(m.Notes, fmt.Sprintf("offset %d: %s", at, text))
}

func trailers(b []byte, at int) []Field {
	p := &headParser{b: b, at: at}
	p.fields()
	return p.head.Fields
}
