package peel

import (
	"encoding/binary"
	"math"
	"strconv"
)

// thriftPeeler offers the texts in structs of Apache Thrift, in the compact
// and in the binary protocol, with the head of a message or without:
// "thrift:FIELD". No schema is needed, as both protocols write the types.
type thriftPeeler struct{}

func (thriftPeeler) Name() string { return "thrift" }

// thriftDepth bounds structs within structs.
const thriftDepth = 48

func (thriftPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if len(b) < 8 || in.Shape.ascii() {
		return nil
	}
	var out []Candidate
	for _, read := range []func(r *thriftReader) bool{thriftCompact, thriftBinary} {
		r := &thriftReader{b: b}
		message := read(r)
		whole := !r.bad && r.at == len(b)
		if len(r.fields) == 0 || !message && (!whole || r.count < 2) {
			continue
		}
		score := 0.6
		switch {
		case message && whole:
			score = 0.95
		case message:
			score = 0.7 // cut, or another message behind it
		case len(b) >= 24 && r.count >= 4:
			score = 0.75
		}
		out = append(out, fieldBids(in, "thrift", r.fields, score)...)
		if score >= 0.9 {
			break
		}
	}
	return out
}

// thriftReader reads one struct with all that is in it.
type thriftReader struct {
	b      []byte
	at     int
	bad    bool
	count  int // fields seen
	fields []field
}

// take returns the next n bytes, or what is left of them.
func (r *thriftReader) take(n uint64) []byte {
	left := uint64(len(r.b) - r.at)
	if n > left {
		r.bad = true
		n = left
	}
	out := r.b[r.at : r.at+int(n)]
	r.at += int(n)
	return out
}

func (r *thriftReader) number(n uint64) uint64 {
	var v uint64
	for _, c := range r.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

func (r *thriftReader) varint() uint64 {
	v, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

// text keeps a value of n bytes.
func (r *thriftReader) text(id int64, n uint64) {
	at := r.at
	if b := r.take(n); len(r.fields) < partLimit {
		r.fields = append(r.fields, field{name: strconv.FormatInt(id, 10), bytes: b, at: at})
	}
}

// items reads n values; each takes at least a byte.
func (r *thriftReader) items(n uint64, one func()) {
	if n > uint64(len(r.b)-r.at) {
		r.bad = true
	}
	for ; n > 0 && !r.bad; n-- {
		one()
	}
}

// thriftCompact reads the compact protocol; true if a message's head stood in
// front.
func thriftCompact(r *thriftReader) bool {
	message := len(r.b) > 4 && r.b[0] == 0x82 && r.b[1]&0x1f == 1 && r.b[1]>>5 >= 1 && r.b[1]>>5 <= 4
	if message {
		r.at = 2
		r.varint()
		message = nameOf(r.take(r.varint())) != ""
	}
	r.compactStruct(0)
	return message && r.count > 0
}

func (r *thriftReader) compactStruct(depth int) {
	if depth > thriftDepth {
		r.bad = true
	}
	for id := int64(0); !r.bad; {
		head := r.number(1)
		if head == 0 || r.bad {
			return
		}
		if delta := int64(head >> 4); delta > 0 {
			id += delta
		} else {
			v := r.varint()
			id = int64(v>>1) ^ -int64(v&1)
		}
		if id < math.MinInt16 || id > math.MaxInt16 {
			r.bad = true
			return
		}
		r.count++
		if kind := byte(head & 15); kind > 2 { // a truth value is its kind
			r.compactValue(id, kind, depth)
		}
	}
}

func (r *thriftReader) compactValue(id int64, kind byte, depth int) {
	if depth > thriftDepth { // lists of lists as well as structures
		r.bad = true
		return
	}
	switch kind {
	case 1, 2, 3:
		r.take(1)
	case 4, 5, 6:
		r.varint()
	case 7:
		r.take(8)
	case 8:
		r.text(id, r.varint())
	case 9, 10:
		head := r.number(1)
		n, of := head>>4, byte(head&15)
		if n == 15 {
			n = r.varint()
		}
		r.items(n, func() { r.compactValue(id, of, depth+1) })
	case 11:
		n := r.varint()
		if n == 0 {
			return
		}
		kinds := r.number(1)
		r.items(n, func() {
			r.compactValue(id, byte(kinds>>4), depth+1)
			r.compactValue(id, byte(kinds&15), depth+1)
		})
	case 12:
		r.compactStruct(depth + 1)
	case 13:
		r.take(16)
	default:
		r.bad = true
	}
}

// thriftBinary reads the binary protocol in the same way.
func thriftBinary(r *thriftReader) bool {
	message := len(r.b) > 12 && r.b[0] == 0x80 && r.b[1] == 1 && r.b[2] == 0 && r.b[3] >= 1 && r.b[3] <= 4
	if message {
		r.at = 4
		message = nameOf(r.take(r.number(4))) != ""
		r.take(4)
	}
	r.binaryStruct(0)
	return message && r.count > 0
}

func (r *thriftReader) binaryStruct(depth int) {
	if depth > thriftDepth {
		r.bad = true
	}
	for !r.bad {
		kind := byte(r.number(1))
		if kind == 0 || r.bad {
			return
		}
		id := int64(int16(r.number(2)))
		r.count++
		r.binaryValue(id, kind, depth)
	}
}

func (r *thriftReader) binaryValue(id int64, kind byte, depth int) {
	if depth > thriftDepth {
		r.bad = true
		return
	}
	switch kind {
	case 2, 3:
		r.take(1)
	case 6:
		r.take(2)
	case 8:
		r.take(4)
	case 4, 10:
		r.take(8)
	case 11:
		r.text(id, r.number(4))
	case 12:
		r.binaryStruct(depth + 1)
	case 13:
		key, value := byte(r.number(1)), byte(r.number(1))
		r.items(r.number(4), func() {
			r.binaryValue(id, key, depth+1)
			r.binaryValue(id, value, depth+1)
		})
	case 14, 15:
		of := byte(r.number(1))
		r.items(r.number(4), func() { r.binaryValue(id, of, depth+1) })
	case 16:
		r.take(16)
	default:
		r.bad = true
	}
}
