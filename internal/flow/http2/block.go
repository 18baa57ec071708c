package http2

import (
	"encoding/binary"

	"example.org/telltale/internal/flow"
)

// block says what a header block is for.
type block struct {
	// frame is the stream of the frames, stream the one the head is of: with
	// a pushed request it is another.
	frame, stream uint32
	pushed        bool
	endStream     bool
}

// fragment takes the payload of a frame that holds a part of a header block.
// It says what is wrong with it.
func (c *Conn) fragment(d *direction, payload []byte) (why string) {
	f := d.frame
	b, pad, ok := unpad(payload, f)
	p := block{frame: f.id, stream: f.id, endStream: f.flags&flagEndStream != 0}
	switch f.kind {
	case kindContinuation:
		b, pad, ok, p = payload, nil, true, *d.pending
	case kindHeaders:
		if f.flags&flagPriority != 0 {
			ok = ok && len(b) >= 5
			b = b[min(5, len(b)):]
		}
	case kindPush:
		if ok = ok && len(b) >= 4; ok {
			p.stream, p.pushed, p.endStream = binary.BigEndian.Uint32(b)&^(1<<31), true, false
			b = b[4:]
		}
	}
	if !ok {
		return "a frame with a header block is too short"
	}
	c.padding(d, pad)
	if f.flags&flagEndHeaders == 0 {
		d.block = append(d.block, b...)
		d.pending = &p
		return ""
	}
	if d.pending != nil {
		b = append(d.block, b...)
	}
	d.block, d.pending = nil, nil
	c.head(d, p, b)
	return ""
}

// unpad takes the padding off (RFC 9113, section 6.2).
func unpad(b []byte, f frame) (content, pad []byte, ok bool) {
	if f.flags&flagPadded == 0 {
		return b, nil, true
	}
	if len(b) == 0 || int(b[0]) > len(b)-1 {
		return nil, nil, false
	}
	end := len(b) - int(b[0])
	return b[1:end], b[end:], true
}

// head has a whole header block.
func (c *Conn) head(d *direction, p block, b []byte) {
	d.fields.Reset()
	_, err := d.hpack.Write(b)
	if end := d.hpack.Close(); err == nil {
		err = end
	}
	if err != nil {
		c.raw(d.out, b, "a header block cannot be read whole")
	} else if d.fields.TooLong() {
		c.raw(d.out, b, "a head is too long as text")
	}
	s := c.stream(d, p)
	if s == nil {
		c.raw(d.out, d.fields.Text(p.pushed || d.out), "")
		return
	}
	switch {
	case p.pushed:
		s.asked, s.outEnd = true, true
		c.emitHead(d, s, true)
	case d.out && !s.asked:
		s.asked = true
		s.connect = d.fields.Wants()
		c.emitHead(d, s, true)
	case !d.out && !s.answered:
		c.answer(d, s)
	default:
		c.emit(flow.Event{Kind: flow.EventTrailer, Exchange: uint64(s.id), Out: d.out, Bytes: d.fields.Trailer()})
	}
	if p.endStream {
		c.end(s, d.out)
	}
}

func (c *Conn) answer(d *direction, s *stream) {
	h := c.emitHead(d, s, false)
	s.answered = h.Status/100 != 1
	if s.connect != "" && h.Status/100 == 2 {
		s.upgraded = true
		c.emit(flow.Event{Kind: flow.EventUpgrade, Exchange: uint64(s.id), Text: s.connect})
	}
}

func (c *Conn) emitHead(d *direction, s *stream, request bool) flow.Head {
	raw := d.fields.Text(request)
	h := flow.ParseResponse
	if request {
		h = flow.ParseRequest
	}
	head := h(raw)
	c.emit(flow.Event{Kind: flow.EventHead, Exchange: uint64(s.id), Out: d.out, Bytes: raw, Head: &head})
	return head
}

// stream finds the stream of a head, or begins it. It is nil for one that is
// over, or one too many.
func (c *Conn) stream(d *direction, p block) *stream {
	if s := c.streams[p.stream]; s != nil {
		if p.pushed {
			return nil // it has begun already
		}
		return s
	}
	byApp := p.stream%2 == 1
	if p.stream <= c.highest[byApp] || byApp == p.pushed || len(c.streams) >= c.limits.Streams {
		return nil
	}
	if !byApp && !p.pushed {
		return nil // what was never promised
	}
	return c.begin(p.stream, d.out)
}

func (c *Conn) begin(id uint32, out bool) *stream {
	s := &stream{id: id}
	c.streams[id] = s
	c.highest[id%2 == 1] = id
	c.emit(flow.Event{Kind: flow.EventBegin, Exchange: uint64(id), Out: out})
	return s
}

// end notes that a direction has ended.
func (c *Conn) end(s *stream, out bool) {
	if s == nil {
		return
	}
	if out {
		s.outEnd = true
	} else {
		s.inEnd = true
	}
	c.emit(flow.Event{Kind: flow.EventEnd, Exchange: uint64(s.id), Out: out})
	if s.outEnd && s.inEnd {
		c.done(s, "")
	}
}

func (c *Conn) done(s *stream, why string) {
	delete(c.streams, s.id)
	c.emit(flow.Event{Kind: flow.EventDone, Exchange: uint64(s.id), Text: why})
}
