package http2

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"golang.org/x/net/http2"

	"example.org/telltale/internal/flow"
)

const headerSize = 9

// The frame types that are read, or known to tell nothing (RFC 9113, section
// 6; RFC 7838; RFC 8336; RFC 9218).
const (
	kindData           = 0
	kindHeaders        = 1
	kindPriority       = 2
	kindReset          = 3
	kindSettings       = 4
	kindPush           = 5
	kindPing           = 6
	kindAway           = 7
	kindWindow         = 8
	kindContinuation   = 9
	kindService        = 10
	kindOrigin         = 12
	kindPriorityUpdate = 16
)

const (
	flagEndStream  = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// ordinary bounds the frames that tell nothing; longer ones may.
const ordinary = 256

// frame is the one that is coming in.
type frame struct {
	kind, flags byte
	id          uint32
	// length of the payload, and what of it has not come.
	length, left int
	// pad is how many of the octets left are padding, once padKnown.
	pad      int
	padKnown bool
	// padTells: not all of the padding was empty.
	padTells bool
}

// Greeting reports whether b, the first octets of a server, is how one begins
// that speaks HTTP/2: it need not wait for the app. While that may still
// change with more octets, sure is false.
func Greeting(b []byte) (is, sure bool) {
	n := min(len(b), headerSize)
	for i := 3; i < n; i++ {
		if want := map[bool]byte{true: kindSettings}[i == 3]; b[i] != want {
			return false, true
		}
	}
	if n > 0 && b[0] != 0 || n > 2 && (int(b[1])<<8|int(b[2]))%6 != 0 {
		return false, true
	}
	return n == headerSize, n == headerSize
}

// header takes octets of a frame's header and returns the rest.
func (c *Conn) header(d *direction, b []byte) []byte {
	n := copy(d.header[d.have:], b)
	if d.have += n; d.have < headerSize {
		return b[n:]
	}
	h := d.header[:]
	d.frame = frame{
		length: int(h[0])<<16 | int(h[1])<<8 | int(h[2]),
		kind:   h[3], flags: h[4], id: binary.BigEndian.Uint32(h[5:]) &^ (1 << 31),
	}
	d.frame.left = d.frame.length
	if why := c.wrong(d); why != "" {
		c.giveUp(d, why)
		return b[n:]
	}
	d.stage = inPayload
	d.frame.padKnown = d.frame.kind != kindData || d.frame.flags&flagPadded == 0
	if d.passes() {
		c.raw(d.out, h, "")
	}
	if d.frame.kind == kindData || d.passes() || d.skipped() {
		d.have = 0 // nothing of it is held
	}
	return b[n:]
}

// wrong says why a frame cannot be one here.
func (c *Conn) wrong(d *direction) string {
	f := d.frame
	blocks := f.kind == kindHeaders || f.kind == kindPush || f.kind == kindContinuation
	switch {
	case d.stage == atFirst && (f.kind != kindSettings || f.id != 0 || f.left%6 != 0):
		return "the connection does not begin with settings"
	case (d.pending != nil) != (f.kind == kindContinuation) || d.pending != nil && d.pending.frame != f.id:
		return "a header block is not continued"
	case (blocks || f.kind == kindData || f.kind == kindReset) && f.id == 0:
		return "a frame that needs a stream has none"
	case blocks && len(d.block)+f.left > c.limits.Block:
		return "a header block is too long"
	case f.kind == kindReset && f.left != 4:
		return "a reset has the wrong length"
	}
	return ""
}

// passes reports whether the frame comes out as it is.
func (d *direction) passes() bool {
	switch f := d.frame; f.kind {
	case kindData, kindHeaders, kindPush, kindContinuation, kindReset:
		return false
	case kindAway:
		return f.length > 8 // it says more than it has to
	default:
		return !d.skipped()
	}
}

// skipped reports whether the frame tells nothing of interest.
func (d *direction) skipped() bool {
	switch f := d.frame; f.kind {
	case kindPriority, kindSettings, kindPing, kindWindow, kindService, kindOrigin, kindPriorityUpdate:
		return f.length <= ordinary
	case kindAway:
		return f.length <= 8
	}
	return false
}

// payload takes octets of a frame's payload and returns the rest.
func (c *Conn) payload(d *direction, b []byte) []byte {
	f := &d.frame
	n := min(len(b), f.left)
	switch {
	case f.kind == kindData:
		return c.data(d, b)
	case d.passes():
		c.raw(d.out, b[:n], "")
	case d.skipped():
	default:
		return c.control(d, b)
	}
	if f.left -= n; f.left == 0 {
		d.next()
	}
	return b[n:]
}

// next waits for another frame.
func (d *direction) next() { d.stage, d.have, d.held = atHeader, 0, nil }

// control waits for a payload to be whole and acts on it.
func (c *Conn) control(d *direction, b []byte) []byte {
	f := &d.frame
	n := min(len(b), f.left-len(d.held))
	payload, rest := b[:n], b[n:]
	if len(d.held) > 0 || n < f.left {
		d.held = append(d.held, payload...)
		payload = d.held
	}
	if len(payload) < f.left {
		return rest
	}
	if f.kind == kindReset {
		c.reset(d, binary.BigEndian.Uint32(payload))
		d.next()
		return rest
	}
	if why := c.fragment(d, payload); why != "" {
		d.held = payload
		c.giveUp(d, why)
		return rest
	}
	d.next()
	return rest
}

// data passes octets of a body on, and padding that is not empty.
func (c *Conn) data(d *direction, b []byte) []byte {
	f := &d.frame
	if !f.padKnown && f.left > 0 {
		f.pad, f.padKnown = int(b[0]), true
		b = b[1:]
		if f.left--; f.pad > f.left {
			c.giveUp(d, "padding is longer than its frame")
			return b
		}
	}
	n := min(len(b), f.left-f.pad)
	if n > 0 {
		c.body(d, b[:n])
		f.left -= n
	}
	b = b[n:]
	if f.left <= f.pad {
		n = min(len(b), f.left)
		c.padding(d, b[:n])
		b = b[n:]
		f.pad -= n
		f.left -= n
	}
	if f.left == 0 {
		d.next()
		if f.flags&flagEndStream != 0 {
			c.end(c.streams[f.id], d.out)
		}
	}
	return b
}

// padding lets out what is not empty, from its first octet on.
func (c *Conn) padding(d *direction, b []byte) {
	if !d.frame.padTells {
		b = bytes.TrimLeft(b, "\x00")
	}
	if len(b) > 0 {
		d.frame.padTells = true
		c.raw(d.out, b, "")
	}
}

func (c *Conn) body(d *direction, b []byte) {
	s := c.streams[d.frame.id]
	if s == nil {
		c.raw(d.out, b, "")
		return
	}
	kind := flow.EventBody
	if s.upgraded {
		kind = flow.EventRaw
	}
	c.emit(flow.Event{Kind: kind, Exchange: uint64(s.id), Out: d.out, Bytes: b})
}

// reset ends a stream before its time.
func (c *Conn) reset(d *direction, code uint32) {
	s := c.streams[d.frame.id]
	if s == nil {
		return
	}
	why := fmt.Sprintf("%s reset the stream: %v", map[bool]string{true: "the app", false: "the server"}[d.out], http2.ErrCode(code))
	if s.inEnd && http2.ErrCode(code) == http2.ErrCodeNo {
		why = "" // the server has answered and needs no more
	}
	c.done(s, why)
}
