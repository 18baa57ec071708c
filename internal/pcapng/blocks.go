package pcapng

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"time"
)

// Types of blocks.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockNames     = 4
	blockStats     = 5
	blockEnhanced  = 6
	blockSecrets   = 10
	blockCustom    = 0xbad
	blockCustomNo  = 0x40000bad

	orderMagic = 0x1a2b3c4d
	// maxInterfaces bounds what a section may describe.
	maxInterfaces = 1 << 16
)

func (r *Reader) nextBlock() (Packet, error) {
	for {
		at := r.at
		body, kind, err := r.block()
		if err != nil {
			return Packet{}, err
		}
		if p, ok := r.use(at, kind, body); ok {
			return p, nil
		}
	}
}

// block returns the body of the next whole block.
func (r *Reader) block() (body []byte, kind uint32, err error) {
	for {
		at := r.at
		h, err := r.peek(12)
		if err != nil {
			if errors.Is(err, io.EOF) && len(h) > 0 {
				r.truncated = true
				r.note(at, "the capture ends within a block")
				err = errors.Join(io.EOF, r.skip(int64(len(h))))
			}
			return nil, 0, err
		}
		kind, size := r.head(h)
		if size < 12 || size%4 != 0 || r.order == nil {
			if err := r.resume(at); err != nil {
				return nil, 0, err
			}
			continue
		}
		if size > maxBlock {
			if err := r.giant(at, size); err != nil {
				return nil, 0, err
			}
			continue
		}
		if size <= readBuffer {
			whole, err := r.peek(int(size))
			if err == nil && r.order.Uint32(whole[size-4:]) != size || errors.Is(err, io.EOF) && among(whole[4:], 4, r.looksLikeBlock) {
				if err := r.resume(at); err != nil {
					return nil, 0, err
				}
				continue
			}
		}
		b, err := r.take(int(size))
		switch {
		case errors.Is(err, io.EOF):
			r.truncated = true
			r.note(at, "the capture ends within a block: %d of %d bytes", len(b), size)
			return r.torn(b, kind)
		case err != nil:
			return nil, 0, err
		}
		return b[8 : len(b)-4], kind, nil
	}
}

// torn makes what it can of a block that the end of the file cut.
func (r *Reader) torn(b []byte, kind uint32) ([]byte, uint32, error) {
	if kind != blockEnhanced || len(b) < 8+20 {
		return nil, 0, io.EOF
	}
	return b[8:], kind, nil
}

// head reads a block's type and length; a section brings its byte order.
func (r *Reader) head(h []byte) (kind, size uint32) {
	if binary.BigEndian.Uint32(h) == blockSection {
		switch uint32(orderMagic) {
		case binary.BigEndian.Uint32(h[8:]):
			r.order = binary.BigEndian
		case binary.LittleEndian.Uint32(h[8:]):
			r.order = binary.LittleEndian
		default:
			return blockSection, 0
		}
	}
	if r.order == nil {
		return 0, 0
	}
	return r.order.Uint32(h), r.order.Uint32(h[4:])
}

// resume goes on at the next place that looks like a block.
func (r *Reader) resume(at int64) error {
	if err := r.skip(4); err != nil {
		return err
	}
	return r.search(at, 4, r.looksLikeBlock)
}

// giant steps over a block that claims more than one may have, unless the
// claim itself is the damage.
func (r *Reader) giant(at int64, size uint32) error {
	r.note(at, "a block claims %d bytes, more than is read", size)
	return r.resume(at)
}

// looksLikeBlock wants a known type and the length at both ends.
func (r *Reader) looksLikeBlock(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	order := r.order
	if binary.BigEndian.Uint32(b) == blockSection {
		switch uint32(orderMagic) {
		case binary.BigEndian.Uint32(b[8:]):
			order = binary.BigEndian
		case binary.LittleEndian.Uint32(b[8:]):
			order = binary.LittleEndian
		default:
			return false
		}
	}
	if order == nil {
		return false
	}
	switch order.Uint32(b) {
	case blockSection, blockInterface, blockPacket, blockSimple, blockNames, blockStats, blockEnhanced, blockSecrets, blockCustom, blockCustomNo:
	default:
		return false
	}
	size := int64(order.Uint32(b[4:]))
	return size >= 12 && size%4 == 0 && size <= int64(len(b)) && order.Uint32(b[size-4:]) == uint32(size)
}

// use takes a block in; ok is true for packets.
func (r *Reader) use(at int64, kind uint32, b []byte) (p Packet, ok bool) {
	switch kind {
	case blockSection:
		r.base += len(r.interfaces)
		r.interfaces = nil
	case blockInterface:
		r.addInterface(at, b)
	case blockEnhanced:
		return r.enhanced(at, b)
	case blockPacket:
		return r.obsolete(at, b)
	case blockSimple:
		return r.simple(at, b)
	case blockSecrets:
		if len(b) >= 8 && r.hooks.Secrets != nil {
			n := min(int64(r.order.Uint32(b[4:])), int64(len(b)-8))
			r.hooks.Secrets(r.order.Uint32(b), b[8:8+n])
		}
	case blockCustom, blockCustomNo:
		if len(b) >= 4 && r.hooks.Custom != nil {
			r.hooks.Custom(r.order.Uint32(b), b[4:])
		}
	}
	return Packet{}, false
}

// enhanced reads an Enhanced Packet Block (section 4.3).
func (r *Reader) enhanced(at int64, b []byte) (Packet, bool) {
	if len(b) < 20 {
		r.note(at, "a packet block of %d bytes", len(b))
		return Packet{}, false
	}
	ticks := uint64(r.order.Uint32(b[4:]))<<32 | uint64(r.order.Uint32(b[8:]))
	p, rest, ok := r.packet(at, int(r.order.Uint32(b)), ticks, b[12:])
	if len(rest) > 0 {
		r.options(rest, func(code uint16, v []byte) {
			if code == 1 {
				p.Comments = append(p.Comments, string(v))
			}
		})
	}
	return p, ok
}

// obsolete reads the Packet Block that was before (appendix A).
func (r *Reader) obsolete(at int64, b []byte) (Packet, bool) {
	if len(b) < 20 {
		r.note(at, "a packet block of %d bytes", len(b))
		return Packet{}, false
	}
	ticks := uint64(r.order.Uint32(b[4:]))<<32 | uint64(r.order.Uint32(b[8:]))
	p, _, ok := r.packet(at, int(r.order.Uint16(b)), ticks, b[12:])
	return p, ok
}

// packet reads the lengths and the data. rest are the options.
func (r *Reader) packet(at int64, number int, ticks uint64, b []byte) (p Packet, rest []byte, ok bool) {
	if number < 0 || number >= len(r.interfaces) {
		r.note(at, "a packet of interface %d, which was not described", number)
		return p, nil, false
	}
	i := &r.interfaces[number]
	kept, size := int64(r.order.Uint32(b)), int64(r.order.Uint32(b[4:]))
	b = b[8:]
	if kept > int64(len(b)) {
		r.note(at, "a packet claims %d bytes, %d are there", kept, len(b))
		kept = int64(len(b))
	}
	p = Packet{At: i.units.time(ticks), Link: i.Link, Interface: r.base + number, Data: b[:kept], Size: int(size), Offset: at}
	if rest = b[min((kept+3)&^3, int64(len(b))):]; len(rest) < 4 {
		rest = nil
	}
	return p, rest, true
}

// simple reads a Simple Packet Block (section 4.4): no time, first interface.
func (r *Reader) simple(at int64, b []byte) (Packet, bool) {
	if len(b) < 4 || len(r.interfaces) == 0 {
		r.note(at, "a simple packet without length or interface")
		return Packet{}, false
	}
	size := int64(r.order.Uint32(b))
	kept := min(size, int64(len(b)-4))
	return Packet{Link: r.interfaces[0].Link, Interface: r.base, Data: b[4 : 4+kept], Size: int(size), Offset: at}, true
}

// options calls each for every option of a block (section 3.5).
func (r *Reader) options(b []byte, each func(code uint16, v []byte)) {
	for len(b) >= 4 {
		code, size := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		if code == 0 || 4+size > len(b) {
			return
		}
		each(code, b[4:4+size])
		b = b[min(4+(size+3)&^3, len(b)):]
	}
}

func (r *Reader) addInterface(at int64, b []byte) {
	if len(b) < 8 || len(r.interfaces) == maxInterfaces {
		r.note(at, "an interface that cannot be used")
		return
	}
	i := Interface{Link: r.order.Uint16(b), units: units{perSecond: 1e6}}
	r.options(b[8:], func(code uint16, v []byte) {
		switch {
		case code == 1:
			i.Comments = append(i.Comments, string(v))
		case code == 2:
			i.Name = string(v)
		case code == 3:
			i.Description = string(v)
		case code == 9 && len(v) >= 1:
			if !i.units.resolution(v[0]) {
				r.note(at, "an interface counts time in units of code %d, which are not known; its times are left out", v[0])
			}
		case code == 14 && len(v) >= 8:
			i.units.offset = int64(r.order.Uint64(v))
		}
	})
	r.interfaces = append(r.interfaces, i)
	if r.hooks.Interface != nil {
		r.hooks.Interface(i)
	}
}

// units is how an interface counts time.
type units struct {
	perSecond uint64 // 0 if not known
	offset    int64
}

// resolution takes the option if_tsresol.
func (u *units) resolution(code byte) bool {
	u.perSecond = 0
	if n := code & 0x7f; code&0x80 != 0 && n < 64 {
		u.perSecond = 1 << n
	} else if code&0x80 == 0 && n < 20 {
		u.perSecond = 1
		for range n {
			u.perSecond *= 10
		}
	}
	return u.perSecond != 0
}

func (u *units) time(ticks uint64) time.Time {
	if u.perSecond == 0 {
		return time.Time{}
	}
	sec, rest := ticks/u.perSecond, ticks%u.perSecond
	hi, lo := bits.Mul64(rest, 1e9)
	nanos, _ := bits.Div64(hi, lo, u.perSecond) // rest < perSecond, so it fits
	const lastYear = 1 << 37                    // beyond the year 6000: nonsense that would not be written as JSON
	if sec > lastYear || u.offset > lastYear || u.offset < -lastYear {
		return time.Time{}
	}
	return time.Unix(int64(sec)+u.offset, int64(nanos)).UTC()
}
