package views

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"example.org/telltale/internal/flow"
)

// A message that goes on after it has been recorded is recorded again as a
// whole, if it is short and goes on soon: what was on its way when somebody
// asked for quiet would be in two flows otherwise, and in none of them whole.
const (
	againMost = 16 << 10
	againSoon = time.Second
)

// loose is a message that was recorded while it may have gone on.
type loose struct {
	out  bool
	b    []byte
	last time.Time
}

// loosen returns what p may go on from; nil if there is nothing, or too much.
func loosen(p *part) *loose {
	if p == nil || p.size > againMost || int64(len(p.kept)) < p.size {
		return nil
	}
	return &loose{p.out, append([]byte(nil), p.kept...), p.last}
}

// unfinished is what of a body that is made of messages is not a whole message
// yet: the rest of it is not told again.
func (l *loose) unfinished(kind string) *loose {
	if l == nil {
		return nil
	}
	switch {
	case strings.HasPrefix(kind, "application/grpc"), strings.HasPrefix(kind, "application/connect+"):
		l.b = partOfFrame(l.b)
	case kind == "text/event-stream":
		l.b = behind(l.b, "\n\n", "\r\n\r\n")
	case kind == "application/x-ndjson":
		l.b = behind(l.b, "\n")
	}
	if len(l.b) == 0 {
		return nil
	}
	return l
}

// behind is what stands behind the last of any of these ends.
func behind(b []byte, ends ...string) []byte {
	from := 0
	for _, end := range ends {
		if i := bytes.LastIndex(b, []byte(end)); i >= 0 {
			from = max(from, i+len(end))
		}
	}
	return b[from:]
}

// partOfFrame walks over the messages of gRPC: a flag and a length before each.
func partOfFrame(b []byte) []byte {
	if flow.ParseRequest(b).Version != "" || flow.ParseResponse(b).Status != 0 {
		b = b[max(flow.HeadEnd(b), 0):]
	}
	for len(b) >= 5 {
		n := 5 + uint64(binary.BigEndian.Uint32(b[1:]))
		if n > uint64(len(b)) {
			break
		}
		b = b[n:]
	}
	return b
}

// goOn begins a message with what was recorded of it before, if that is the
// one that goes on. What is told again does not count as passed again.
func (p *parts) goOn(l *loose, out bool) *part {
	if l == nil || l.out != out || p.c.at.Sub(l.last) > againSoon {
		return nil
	}
	one := p.message(out, l.b)
	if p.told == nil {
		p.told = map[bool]int64{}
	}
	p.told[out] += one.size
	return one
}
