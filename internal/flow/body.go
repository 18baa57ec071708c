package flow

import (
	"bytes"
	"strconv"
	"strings"
)

// BodyKind says how the end of a body is found (RFC 9112, section 6).
type BodyKind int

// The kinds.
const (
	// BodyNone: the message ends with its head.
	BodyNone BodyKind = iota
	// BodyLength: a counted number of bytes.
	BodyLength
	// BodyChunked: chunks, then trailers.
	BodyChunked
	// BodyClose: everything up to the end of the connection.
	BodyClose
)

// Framing is how a body is delimited.
type Framing struct {
	Kind BodyKind
	// Length in bytes, for BodyLength.
	Length int64
	// Note is set when the head contradicts itself. The connection cannot
	// be trusted to carry another message then.
	Note string
}

// RequestFraming says how the body of a request ends. From HTTP/2 on it needs
// no header to have a body: it ends with its stream.
func RequestFraming(h Head) Framing {
	if h.Version == "HTTP/2" || h.Version == "HTTP/3" {
		return framing(h, Framing{Kind: BodyClose})
	}
	return framing(h, Framing{Kind: BodyNone})
}

// ResponseFraming says how the body of a response ends; method is that of
// its request.
func ResponseFraming(h Head, method string) Framing {
	if method == "HEAD" || h.Status/100 == 1 || h.Status == 204 || h.Status == 304 {
		return Framing{Kind: BodyNone}
	}
	return framing(h, Framing{Kind: BodyClose})
}

// framing reads the two headers that matter; without them it is as given.
func framing(h Head, otherwise Framing) Framing {
	lengths := h.Values("Content-Length")
	if coding := h.Values("Transfer-Encoding"); len(coding) > 0 {
		f := Framing{Kind: BodyChunked}
		last := coding[len(coding)-1]
		if !strings.EqualFold(strings.Trim(last[strings.LastIndexByte(last, ',')+1:], " \t"), "chunked") {
			f = Framing{Kind: BodyClose, Note: "the last transfer coding is not chunked"}
		} else if len(lengths) > 0 {
			f.Note = "both Transfer-Encoding and Content-Length"
		}
		return f
	}
	if len(lengths) == 0 {
		return otherwise
	}
	n, err := strconv.ParseUint(lengths[0], 10, 63)
	if err != nil {
		otherwise.Note = "Content-Length is not a number"
		return otherwise
	}
	f := Framing{Kind: BodyLength, Length: int64(n)}
	for _, other := range lengths[1:] {
		if other != lengths[0] {
			f.Note = "several Content-Length headers that differ"
		}
	}
	return f
}

// Scanner finds the end of a body in a stream that comes in pieces. It holds
// no more than one line of the chunk framing.
type Scanner struct {
	kind  BodyKind
	left  int64
	state chunkState
	line  []byte
	// sum of the trailer lines' lengths
	trailer int
	note    string
	done    bool
}

type chunkState int

const (
	chunkSize chunkState = iota
	chunkData
	chunkBreak
	chunkTrailer
)

const (
	maxChunkLine = 8 << 10
	maxTrailer   = 64 << 10
)

// NewScanner returns a scanner for one body.
func NewScanner(f Framing) *Scanner {
	s := &Scanner{kind: f.Kind, left: f.Length}
	s.done = f.Kind == BodyNone || f.Kind == BodyLength && f.Length == 0
	return s
}

// Done reports whether the body is complete. A BodyClose never is.
func (s *Scanner) Done() bool { return s.done }

// EndsByClosing reports whether the body ends with the connection, and does
// so by rights, not because its chunks were broken.
func (s *Scanner) EndsByClosing() bool { return s.kind == BodyClose && s.note == "" }

// Note tells what was wrong with the chunks, if anything. After that, all
// that comes is taken for body.
func (s *Scanner) Note() string { return s.note }

// Scan takes the next bytes of the stream and returns how many of them
// belong to the body: all, unless the body ends among them.
func (s *Scanner) Scan(b []byte) int {
	n := 0
	for n < len(b) && !s.done {
		took, _ := s.step(b[n:])
		n += took
	}
	return n
}

// step takes some bytes and returns how many, and which of them are content.
func (s *Scanner) step(b []byte) (n int, content []byte) {
	switch s.kind {
	case BodyLength:
		n = s.take(b)
		s.done = s.left == 0
		return n, b[:n]
	case BodyChunked:
		return s.chunk(b)
	}
	return len(b), b
}

// take counts off up to the bytes that are left.
func (s *Scanner) take(b []byte) int {
	n := int(min(s.left, int64(len(b))))
	s.left -= int64(n)
	return n
}

func (s *Scanner) chunk(b []byte) (int, []byte) {
	if s.state == chunkData {
		n := s.take(b)
		if s.left == 0 {
			s.state = chunkBreak
		}
		return n, b[:n]
	}
	n := bytes.IndexByte(b, '\n') + 1
	whole := n > 0
	if !whole {
		n = len(b)
	}
	if s.line = append(s.line, b[:min(n, maxChunkLine+1)]...); len(s.line) > maxChunkLine {
		s.fail("a line of the chunk framing is too long")
	} else if whole {
		s.lineDone(string(bytes.TrimRight(s.line, "\r\n")))
		s.line = s.line[:0]
	}
	return n, nil
}

func (s *Scanner) lineDone(line string) {
	switch s.state {
	case chunkSize:
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseUint(strings.Trim(digits, " \t"), 16, 62)
		if err != nil {
			s.fail("a chunk size is not a number")
			return
		}
		if s.left, s.state = int64(size), chunkData; size == 0 {
			s.state = chunkTrailer
		}
	case chunkBreak:
		if s.state = chunkSize; line != "" {
			s.fail("a chunk is longer than its size")
		}
	case chunkTrailer:
		s.trailer += len(line)
		if s.done = line == ""; s.trailer > maxTrailer {
			s.fail("the trailers are too long")
		}
	}
}

// fail gives up on the chunks: the rest of the stream passes as body.
func (s *Scanner) fail(note string) { s.kind, s.note, s.line = BodyClose, note, nil }
