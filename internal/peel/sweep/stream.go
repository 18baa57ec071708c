package sweep

import (
	"bytes"
	"strconv"
	"strings"
)

// Stream cuts the bytes of one direction into HTTP/1 messages (RFC 9112). What
// is no HTTP is searched in pieces.
type Stream struct {
	s      *Searcher
	name   string
	number int
	offset int64 // of the next byte
	state  state
	left   int64 // bytes of a body or of a chunk that are still to come
	line   []byte
	job    *job
	answer bool // the head was one of a response
	whole  bool // the body must be whole to be opened
	cut    bool // the rest of the body is dropped
}

type state int

const (
	atHead    state = iota
	inBody          // of known length
	inRest          // everything up to the end
	atSize          // of a chunk
	inChunk         // whose bytes are left
	atTrailer       // lines up to an empty one
)

const (
	headLimit = 64 << 10
	shortHead = 8 // no head is shorter
	lineLimit = 4 << 10
)

// Stream begins a stream.
func (s *Searcher) Stream(name string) *Stream {
	s.stats.Streams++
	return &Stream{s: s, name: name, number: s.stats.Streams, job: s.fresh()}
}

// Data takes the next bytes.
func (t *Stream) Data(b []byte) {
	for len(b) > 0 {
		n := 0
		switch t.state {
		case atHead:
			n = t.takeHead(b)
		case inBody, inChunk:
			if t.answer && len(t.job.body) == 0 && bytes.HasPrefix(b, []byte("HTTP/1.")) {
				t.send() // the answer to HEAD has no body, whatever its length
				continue
			}
			n = int(min(int64(len(b)), t.left))
			t.keep(b[:n])
			t.left -= int64(n)
		case inRest:
			n = len(b)
			t.keep(b)
		default:
			n = t.takeLine(b)
		}
		t.offset += int64(n)
		b = b[n:]
		if t.left == 0 && t.state == inChunk {
			t.state = atSize
		} else if t.left == 0 && t.state == inBody {
			t.send()
		}
	}
}

// Gap says that bytes are missing. The message ends there; what follows is
// searched as it is, up to the next head.
func (t *Stream) Gap(n int) {
	t.send()
	t.offset += int64(n)
}

// End sends what waits.
func (t *Stream) End() { t.send() }

// takeHead gathers a head and returns how many bytes of b belong to it.
func (t *Stream) takeHead(b []byte) int {
	j := t.job
	before := len(j.head)
	if before == 0 && len(b) >= shortHead && !beginsHTTP(b) {
		t.state = inRest
		return 0
	}
	j.head = append(j.head, b[:min(len(b), headLimit+1-before)]...)
	n := len(j.head) - before
	t.s.held += n
	if len(j.head) < shortHead {
		return n
	}
	if !beginsHTTP(j.head) {
		t.raw(before)
		return n
	}
	from := max(before-shortHead, 0)
	end := bytes.Index(j.head[from:], []byte("\r\n\r\n"))
	if end < 0 {
		if len(j.head) > headLimit {
			t.raw(before)
		}
		return n
	}
	end += from + 4
	t.s.held -= len(j.head) - end
	j.head = j.head[:end]
	j.headAt = t.offset - int64(before)
	t.frame()
	return end - before
}

// raw makes what was taken for a head the beginning of a body; before is how
// much of it came before the offset.
func (t *Stream) raw(before int) {
	j := t.job
	j.body, j.head = append(j.body, j.head...), j.head[:0]
	j.offset = t.offset - int64(before)
	t.state = inRest
}

// beginsHTTP wants a status line or a method.
func beginsHTTP(b []byte) bool {
	if bytes.HasPrefix(b, []byte("HTTP/1.")) {
		return true
	}
	for i, c := range b[:min(len(b), 24)] {
		if c == ' ' {
			return i >= 3
		}
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) < 24
}

// frame reads from the head how the body ends and how it is coded.
func (t *Stream) frame() {
	h := headOf(t.job.head)
	t.answer, t.whole, t.cut = !h.request, len(h.codings) > 0, false
	t.job.coats = append(t.job.coats[:0], h.codings...)
	switch {
	case h.empty:
		t.send()
	case h.chunked:
		t.state = atSize
	case h.length > 0:
		t.state, t.left = inBody, h.length
	case h.length == 0 || h.request:
		t.send()
	default:
		t.state = inRest
	}
}

// takeLine gathers a line of the framing of chunks (RFC 9112, section 7.1).
func (t *Stream) takeLine(b []byte) int {
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	t.line = append(t.line, b[:min(n, lineLimit)]...)
	if len(t.line) > lineLimit {
		t.line, t.state = t.line[:0], inRest
		return n
	}
	if b[n-1] != '\n' {
		return n
	}
	line := strings.TrimSpace(string(t.line))
	t.line = t.line[:0]
	if t.state == atTrailer {
		if line == "" {
			t.send()
		}
		return n
	}
	if line == "" {
		return n // behind a chunk
	}
	size, _, _ := strings.Cut(line, ";")
	left, err := strconv.ParseUint(strings.TrimSpace(size), 16, 32)
	switch {
	case err != nil:
		t.state = inRest
	case left == 0:
		t.state = atTrailer
	default:
		t.state, t.left = inChunk, int64(left)
	}
	return n
}

// keep adds to the body; large ones go piece by piece.
func (t *Stream) keep(b []byte) {
	if t.cut {
		return
	}
	j := t.job
	if len(j.body) == 0 {
		j.offset = t.offset
		if t.state == inBody && !t.whole {
			j.body = growTo(j.body, min(t.left, pieceSize))
		}
	}
	j.body = append(j.body, b...)
	t.s.held += len(b)
	switch full := t.s.held > heldLimit; {
	case t.whole && (full || len(j.body) > bodyLimit):
		t.s.stats.Limited++
		t.dispatch()
		t.cut = true
	case !t.whole && (full || len(j.body) >= pieceSize):
		tail := bytes.Clone(j.body[max(0, len(j.body)-overlap):])
		t.dispatch()
		t.job.body = append(t.job.body, tail...)
		t.job.offset = t.offset + int64(len(b)-len(tail))
		t.job.skip = len(tail)
		t.s.held += len(tail)
	}
}

func growTo(b []byte, n int64) []byte {
	if int64(cap(b)) < n {
		return make([]byte, 0, n)
	}
	return b
}

// send ends a message; the next one begins.
func (t *Stream) send() {
	if len(t.job.head)+len(t.job.body) > t.job.skip {
		t.dispatch()
	} else {
		t.s.held -= len(t.job.body)
		t.job.body, t.job.skip = t.job.body[:0], 0
	}
	t.state, t.left, t.whole, t.cut, t.line = atHead, 0, false, false, t.line[:0]
	t.job.coats = t.job.coats[:0]
}

// dispatch gives what was gathered to the workers.
func (t *Stream) dispatch() {
	j := t.job
	t.s.held -= len(j.head) + len(j.body)
	t.s.stats.Messages++
	t.s.stats.Bytes += int64(len(j.head) + len(j.body) - j.skip)
	j.stream = t
	t.s.jobs <- j
	t.job = t.s.fresh()
}
