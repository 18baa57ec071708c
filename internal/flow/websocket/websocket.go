// Package websocket reads the octets of one direction of a WebSocket
// connection (RFC 6455) as messages: masks are taken off, fragments joined,
// compressed messages (RFC 7692) inflated with the window of those before.
// It owns no sockets, and it answers nothing: it is for views only.
//
// Captured octets are hostile. What breaks the rules of the protocol without
// hiding where the next frame begins is read all the same; when that is
// hidden, the rest comes out as it is.
package websocket

import (
	"encoding/binary"
	"strings"

	"example.org/telltale/internal/flow"
)

// Opcodes of messages (RFC 6455, section 5.2). Others may occur.
const (
	Continuation = 0 // without a message that it continues
	Text         = 1
	Binary       = 2
	Closing      = 8
	Ping         = 9
	Pong         = 10
)

// Message is one message, or octets that are none.
type Message struct {
	Opcode byte
	// Data without mask, inflated. The handler may keep it.
	Data []byte
	// Size is how long the message was; if Cut, only the first part of it is
	// in Data.
	Size int64
	Cut  bool
	// Raw: Data are octets of the connection that could not be read.
	Raw bool
	// Note says what is wrong with the message; empty if nothing is.
	Note string
}

// Options say how one direction is to be read.
type Options struct {
	// Deflate: compressed messages were agreed on.
	Deflate bool
	// Fresh: every compressed message begins with an empty window.
	Fresh bool
	// Limit is how much of a message is kept: 8 MiB if 0.
	Limit int
	// Pool is asked for the memory of messages that are not whole; nil if
	// there is no other bound than Limit.
	Pool Pool
}

// Pool is memory that several readers share.
type Pool interface {
	// Take asks for n octets and returns how many are granted.
	Take(n int64) int64
	// Give returns what was taken.
	Give(n int64)
}

// plenty is a pool without a bound.
type plenty struct{}

func (plenty) Take(n int64) int64 { return n }
func (plenty) Give(int64)         {}

// Agreed reads the options of both directions out of the head of the server's
// answer.
func Agreed(h flow.Head) (out, in Options) {
	for _, line := range h.Values("Sec-WebSocket-Extensions") {
		for extension := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(extension, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") {
				continue
			}
			out.Deflate, in.Deflate = true, true
			for p := range strings.SplitSeq(parameters, ";") {
				switch strings.ToLower(strings.TrimSpace(p)) {
				case "client_no_context_takeover":
					out.Fresh = true
				case "server_no_context_takeover":
					in.Fresh = true
				}
			}
			return out, in
		}
	}
	return out, in
}

// Reader reads one direction. It has one caller at a time.
type Reader struct {
	emit    func(Message)
	options Options
	inflate inflater
	// header of the frame, as far as it came.
	header [14]byte
	have   int
	// left of the frame's payload; inside tells that the header is whole.
	inside bool
	left   uint64
	mask   [4]byte
	turn   int // of the mask
	fin    bool
	// message is the one that goes on over frames, control one that may
	// stand between them; now is the one of this frame.
	message, control, now *message
	raw                   bool
}

// message is one in the making.
type message struct {
	opcode byte
	rsv    byte
	data   []byte
	size   int64
}

const defaultLimit = 8 << 20

// NewReader returns a reader that gives emit what it finds.
func NewReader(o Options, emit func(Message)) *Reader {
	if o.Limit <= 0 {
		o.Limit = defaultLimit
	}
	if o.Pool == nil {
		o.Pool = plenty{}
	}
	return &Reader{emit: emit, options: o, inflate: inflater{fresh: o.Fresh}}
}

// Octets takes what passed next. b is not kept.
func (r *Reader) Octets(b []byte) {
	for len(b) > 0 {
		switch {
		case r.raw:
			r.emit(Message{Data: append([]byte(nil), b...), Size: int64(len(b)), Raw: true})
			return
		case r.inside:
			b = r.payload(b)
		default:
			b = r.head(b)
		}
		if r.inside && r.left == 0 {
			r.frameEnd()
		}
	}
}

// Close says that the connection has ended. What is not whole comes out.
func (r *Reader) Close() {
	for _, m := range []*message{r.message, r.control} {
		if m != nil {
			r.give(m, "the connection ended inside the message")
		}
	}
	if !r.inside && r.have > 0 && !r.raw {
		r.emit(Message{Data: append([]byte(nil), r.header[:r.have]...), Size: int64(r.have), Raw: true})
	}
	r.message, r.control, r.now, r.have, r.inside = nil, nil, nil, 0, false
}

// head takes octets of a frame's header and returns the rest.
func (r *Reader) head(b []byte) []byte {
	for len(b) > 0 {
		r.header[r.have] = b[0]
		r.have++
		b = b[1:]
		if r.have >= 2 && r.have == r.headSize() {
			r.begin()
			break
		}
	}
	return b
}

// headSize is the header's size, told by its first two octets.
func (r *Reader) headSize() int {
	size := 2
	switch r.header[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if r.header[1]&0x80 != 0 {
		size += 4
	}
	return size
}

// begin has a whole header.
func (r *Reader) begin() {
	h := r.header[:r.have]
	switch length := h[1] & 0x7f; length {
	case 126:
		r.left = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		r.left = binary.BigEndian.Uint64(h[2:])
	default:
		r.left = uint64(length)
	}
	if r.left>>63 != 0 { // where the frame ends cannot be told
		r.raw = true
		r.emit(Message{Data: append([]byte(nil), h...), Size: int64(len(h)), Raw: true, Note: "a frame has no length"})
		return
	}
	r.mask, r.turn = [4]byte{}, 0
	if h[1]&0x80 != 0 {
		r.mask = [4]byte(h[len(h)-4:])
	}
	r.inside, r.fin = true, h[0]&0x80 != 0
	r.open(h[0]&0x0f, h[0]&0x70)
}

// open finds the message that the frame belongs to.
func (r *Reader) open(opcode, rsv byte) {
	switch {
	case opcode >= Closing:
		r.control = &message{opcode: opcode, rsv: rsv}
		r.now = r.control
		return
	case opcode == Continuation && r.message != nil:
		r.now = r.message
		return
	case r.message != nil:
		r.give(r.message, "the message has no end")
	}
	r.message = &message{opcode: opcode, rsv: rsv}
	r.now = r.message
}

// payload takes octets of the frame and returns the rest.
func (r *Reader) payload(b []byte) []byte {
	n := int(min(uint64(len(b)), r.left))
	r.left -= uint64(n)
	m := r.now
	at := len(m.data)
	if int64(at) == m.size { // nothing was left out so far
		granted := r.options.Pool.Take(int64(min(n, r.options.Limit-at)))
		m.data = append(m.data, b[:granted]...)
	}
	m.size += int64(n)
	for i, kept := 0, m.data[at:]; i < len(kept); i++ {
		kept[i] ^= r.mask[(r.turn+i)&3]
	}
	r.turn = (r.turn + n) & 3
	return b[n:]
}

func (r *Reader) frameEnd() {
	r.inside, r.have = false, 0
	switch {
	case r.now == r.control:
		r.give(r.control, "")
		r.control = nil
	case r.fin:
		r.give(r.message, "")
		r.message = nil
	}
	r.now = nil
}

const compressed = 0x40

// give hands a message over.
func (r *Reader) give(m *message, note string) {
	r.options.Pool.Give(int64(len(m.data)))
	out := Message{Opcode: m.opcode, Data: m.data, Size: m.size, Cut: int64(len(m.data)) < m.size, Note: note}
	switch {
	case m.rsv == 0:
	case m.rsv != compressed || !r.options.Deflate || m.opcode >= Closing:
		out.Note = "the message uses an extension that was not agreed on"
	case note != "" || out.Cut:
		r.inflate.lost = true
	default:
		r.unpack(&out)
	}
	r.emit(out)
}

// unpack inflates a message; one that cannot be stays as it is.
func (r *Reader) unpack(m *Message) {
	data, size, err := r.inflate.message(m.Data, r.options.Limit)
	if err != nil {
		m.Note = "the message cannot be inflated: " + err.Error()
		return
	}
	m.Data, m.Size, m.Cut = data, size, int64(len(data)) < size
}
