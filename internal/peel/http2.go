package peel

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/net/http2/hpack"
)

// http2Peeler reads the frames of an HTTP/2 connection (RFC 9113): the data
// of each stream joined, "http2:data-STREAM", and header fields unpacked,
// "http2:NAME".
type http2Peeler struct{}

func (http2Peeler) Name() string { return "http2" }

const (
	http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	http2Frame   = 9
)

// http2Conn gathers what the frames carry.
type http2Conn struct {
	headers []field
	streams []*http2Stream
	byID    map[uint32]*http2Stream
	hpack   *hpack.Decoder
	at      int // where the block stands that is unpacked
	frames  int
	blocks  []byte // of a head that goes on in the next frame
}

type http2Stream struct {
	id       uint32
	data     []byte
	from, to int
}

func (http2Peeler) Peel(in Input) []Candidate {
	b := in.Bytes
	preface := bytes.HasPrefix(b, []byte(http2Preface))
	at := 0
	if preface {
		at = len(http2Preface)
	}
	c := &http2Conn{byID: map[uint32]*http2Stream{}}
	c.hpack = hpack.NewDecoder(4096, c.header)
	c.hpack.SetMaxStringLength(1 << 16)
	whole := c.read(b, at)
	if !preface && (!whole || c.frames < 2) {
		return nil
	}
	var data []field
	for _, s := range c.streams {
		data = append(data, field{name: "data-" + strconv.Itoa(int(s.id)), bytes: s.data, at: s.from, length: s.to - s.from})
	}
	return append(fieldBids(in, "http2", data, 0.95), fieldBids(in, "http2", c.headers, 0.9)...)
}

// read reads frames until the end or a wrong one.
func (c *http2Conn) read(b []byte, at int) bool {
	for ; len(b)-at >= http2Frame && c.frames < 4*partLimit; c.frames++ {
		size := int(b[at])<<16 | int(b[at+1])<<8 | int(b[at+2])
		kind, flags := b[at+3], b[at+4]
		id := binary.BigEndian.Uint32(b[at+5:])
		if kind > 0x10 || id>>31 != 0 || kind <= 1 && id == 0 {
			return false
		}
		from := at + http2Frame
		end := min(from+size, len(b))
		switch kind {
		case 0:
			c.data(id, http2Body(b[from:end], flags, false), at, end)
		case 1, 5, 9:
			c.block(kind, flags, b[from:end], from)
		}
		if at = from + size; at > len(b) {
			return false
		}
	}
	return at == len(b)
}

// http2Body takes the padding off, and of a head the priority.
func http2Body(b []byte, flags byte, head bool) []byte {
	if flags&8 != 0 && len(b) > 0 {
		pad := int(b[0])
		if b = b[1:]; pad <= len(b) {
			b = b[:len(b)-pad]
		}
	}
	if head && flags&0x20 != 0 && len(b) >= 5 {
		b = b[5:]
	}
	return b
}

func (c *http2Conn) data(id uint32, b []byte, from, to int) {
	s := c.byID[id]
	if s == nil {
		s = &http2Stream{id: id, from: from}
		c.byID[id] = s
		c.streams = append(c.streams, s)
	}
	s.data = append(s.data, b...)
	s.to = to
}

// block unpacks a header block when it is complete.
func (c *http2Conn) block(kind, flags byte, b []byte, at int) {
	switch kind {
	case 1:
		b = http2Body(b, flags, true)
		c.at, c.blocks = at, nil
	case 5:
		b = http2Body(b, flags, false)
		b = b[min(4, len(b)):]
		c.at, c.blocks = at, nil
	}
	if c.blocks = append(c.blocks, b...); flags&4 != 0 {
		if _, err := c.hpack.Write(c.blocks); err == nil {
			_ = c.hpack.Close() // what was read counts
		}
		c.blocks = nil
	}
}

func (c *http2Conn) header(f hpack.HeaderField) {
	if len(c.headers) < partLimit {
		c.headers = append(c.headers, field{name: strings.TrimPrefix(f.Name, ":"), bytes: []byte(f.Value), at: c.at, length: 1})
	}
}

// grpcPeeler takes the head of five bytes off gRPC messages: "grpc:MESSAGE".
type grpcPeeler struct{}

func (grpcPeeler) Name() string { return "grpc" }

func (grpcPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	var fields []field
	at := 0
	for len(b)-at >= 5 && len(fields) < partLimit {
		size := uint64(binary.BigEndian.Uint32(b[at+1:]))
		if b[at]&0x7e != 0 || size > uint64(len(b)-at-5) {
			return nil
		}
		at += 5
		fields = append(fields, field{name: strconv.Itoa(len(fields) + 1), bytes: b[at : at+int(size)], at: at})
		at += int(size)
	}
	if at != len(b) {
		return nil
	}
	return fieldBids(in, "grpc", fields, 0.93)
}

// framePeeler takes a head off that ends with the length of what follows, of
// two or four bytes in either order: "frame:HEAD". Most private protocols
// frame so.
type framePeeler struct{}

func (framePeeler) Name() string { return "frame" }

const frameHead = 16

func (framePeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if in.Best >= 0.8 || in.Shape.Text() {
		return nil
	}
	var out []Candidate
	for end := 2; end <= frameHead && end+16 <= len(b); end++ {
		rest := uint32(len(b) - end)
		two := end >= 2 && rest < 1<<16 && (uint32(binary.BigEndian.Uint16(b[end-2:])) == rest || uint32(binary.LittleEndian.Uint16(b[end-2:])) == rest)
		four := end >= 4 && (binary.BigEndian.Uint32(b[end-4:]) == rest || binary.LittleEndian.Uint32(b[end-4:]) == rest)
		if four || two {
			out = append(out, Candidate{Coats: []string{"frame:" + strconv.Itoa(end)}, Bytes: b[end:], Offset: end, Score: 0.7 + 0.15*float64(b2i(four))})
		}
	}
	return out
}
