package http3

import (
	"encoding/binary"

	"example.org/telltale/internal/flow"
)

// The frame types that are read, or known to tell nothing (RFC 9114, section
// 7.2; RFC 9218; RFC 9412).
const (
	kindData           = 0
	kindHeaders        = 1
	kindCancelPush     = 3
	kindSettings       = 4
	kindPush           = 5
	kindAway           = 7
	kindOrigin         = 0xc
	kindMaxPush        = 0xd
	kindTransport      = 0x41 // a stream of WebTransport, not a frame
	kindPriority       = 0xf0700
	kindPushedPriority = 0xf0701
)

// settingTable is the capacity that a reader of header blocks allows
// (SETTINGS_QPACK_MAX_TABLE_CAPACITY).
const settingTable = 1

// ordinary bounds the frames that tell nothing; longer ones may.
const ordinary = 256

// frame is the one that is coming in.
type frame struct {
	kind uint64
	// left of the payload.
	left uint64
}

// varint reads a number of QUIC (RFC 9000, section 16). ok is false if octets
// are missing.
func varint(b []byte) (n uint64, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1<<(b[0]>>6) {
		return 0, b, false
	}
	size := 1 << (b[0] >> 6)
	var whole [8]byte
	copy(whole[8-size:], b[:size])
	whole[8-size] &= 0x3f
	return binary.BigEndian.Uint64(whole[:]), b[size:], true
}

// feed takes octets of a direction.
func (c *Conn) feed(w *way, b []byte) {
	for len(b) > 0 && !w.blocked {
		switch {
		case !w.open:
			c.raw(w.out, b, "")
			return
		case w.stage == isRaw:
			c.letPass(w, b)
			return
		case w.stage == isTable:
			c.fill(w, b)
			return
		case w.stage == isNumber:
			return
		case w.stage == inFrame:
			b = c.payload(w, b)
		default:
			b = c.number(w, b)
		}
	}
	if len(b) > 0 {
		c.queue(w, b)
	}
}

// number takes octets of what begins a stream or a frame, and returns the
// rest.
func (c *Conn) number(w *way, b []byte) (rest []byte) {
	before := len(w.held)
	w.held = append(w.held, b[:min(len(b), 16)]...) // two numbers have no more
	n, after, ok := varint(w.held)
	length := uint64(0)
	if ok && w.stage == atFrame && n != kindTransport {
		length, after, ok = varint(after)
	}
	if !ok {
		return b[min(len(b), 16):]
	}
	used := len(w.held) - len(after)
	head := w.held[:used]
	w.held = nil
	rest = b[used-before:]
	switch w.stage {
	case atType:
		c.typed(w, n, head)
	case atPush:
		c.pushed(w, n)
	default:
		c.header(w, frame{kind: n, left: length}, head)
	}
	return rest
}

// header begins a frame.
func (c *Conn) header(w *way, f frame, head []byte) {
	w.frame, w.stage = f, inFrame
	switch {
	case f.kind == kindTransport && w.s.purpose == request:
		c.upgrade(w.s.x, "webtransport")
		w.s.out.stage, w.s.in.stage = isRaw, isRaw
		c.letPass(w, head)
		return
	case w.takes() && f.left > uint64(c.limits.Block):
		w.held = head
		c.giveUp(w, "a frame is too long")
		return
	case w.takes():
		w.held = nil
	case w.passes():
		c.raw(w.out, head, "")
	}
	if f.left == 0 {
		c.whole(w, nil)
	}
}

// carries reports whether the stream carries messages.
func (w *way) carries() bool { return w.s.purpose == request || w.s.purpose == push }

// takes reports whether the payload is read when it is whole.
func (w *way) takes() bool {
	switch w.frame.kind {
	case kindHeaders:
		return w.carries()
	case kindPush:
		return w.s.purpose == request && !w.out
	case kindSettings:
		return w.s.purpose == control
	}
	return false
}

// passes reports whether the frame comes out as it is.
func (w *way) passes() bool {
	switch w.frame.kind {
	case kindData:
		return !w.carries()
	case kindCancelPush, kindAway, kindOrigin, kindMaxPush, kindPriority, kindPushedPriority:
		return w.s.purpose != control || w.frame.left > ordinary
	}
	return !w.takes()
}

// payload takes octets of a frame's payload and returns the rest.
func (c *Conn) payload(w *way, b []byte) []byte {
	n := int(min(uint64(len(b)), w.frame.left))
	now, rest := b[:n], b[n:]
	left := w.frame.left - uint64(n)
	switch {
	case w.takes():
		if left > 0 || len(w.held) > 0 {
			if !c.hold(w, now) {
				c.giveUp(w, "too much is on its way at once")
				return rest
			}
			now = w.held
		}
	case w.passes():
		c.raw(w.out, now, "")
	case w.frame.kind == kindData:
		c.body(w, now)
	}
	if w.frame.left = left; left == 0 {
		c.whole(w, now)
	}
	return rest
}

// whole ends a frame, and reads those that are taken.
func (c *Conn) whole(w *way, payload []byte) {
	kind, taken := w.frame.kind, w.takes()
	w.stage = atFrame
	c.drop(w)
	switch {
	case !taken:
	case kind == kindSettings:
		c.settings(w, payload)
	default:
		c.block(w, kind, payload)
	}
}

// settings take effect on what the other end sends.
func (c *Conn) settings(w *way, b []byte) {
	if len(b) > ordinary {
		c.raw(w.out, b, "")
	}
	for {
		key, rest, ok := varint(b)
		value, rest, ok2 := varint(rest)
		if !ok || !ok2 {
			return
		}
		if key == settingTable {
			c.side(!w.out).table.Allow(value)
		}
		b = rest
	}
}

func (c *Conn) body(w *way, b []byte) {
	if len(b) == 0 {
		return
	}
	kind := flow.EventBody
	if w.s.x.upgraded {
		kind = flow.EventRaw
	}
	c.emit(flow.Event{Kind: kind, Exchange: w.s.x.id, Out: w.out, Bytes: b})
}
