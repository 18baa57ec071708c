package peel

import (
	"bytes"
	"encoding/binary"
)

// bsonPeeler offers the strings and the binary values of BSON: "bson:KEY".
type bsonPeeler struct{}

func (bsonPeeler) Name() string { return "bson" }

const bsonDepth = 32

func (bsonPeeler) Peel(in Input) []Candidate {
	w := bsonWalk{b: in.Bytes}
	size, ok := w.document(0, 0)
	if len(w.fields) == 0 || !ok && len(w.fields) < 3 {
		return nil
	}
	score := 0.7
	if ok && size == len(in.Bytes) {
		score = 0.9
	}
	return fieldBids(in, "bson", w.fields, score)
}

type bsonWalk struct {
	b      []byte
	fields []field
}

// document reads a document at a place and returns where it ends.
func (w *bsonWalk) document(at, depth int) (end int, ok bool) {
	size, ok := w.size(at, 5)
	if !ok || depth > bsonDepth || at+size > len(w.b) || w.b[at+size-1] != 0 {
		return 0, false
	}
	end = at + size
	for at += 4; at < end-1; {
		kind := w.b[at]
		n := bytes.IndexByte(w.b[at+1:end], 0)
		if n < 0 || n > 256 {
			return 0, false
		}
		name := nameOf(w.b[at+1 : at+1+n])
		if at, ok = w.element(kind, name, at+n+2, depth); !ok || at > end-1 {
			return 0, false
		}
	}
	return end, at == end-1
}

// size reads a length of four bytes.
func (w *bsonWalk) size(at, least int) (int, bool) {
	if at+4 > len(w.b) {
		return 0, false
	}
	n := int(int32(binary.LittleEndian.Uint32(w.b[at:])))
	return n, n >= least && n <= len(w.b)-at
}

// element reads a value and returns where it ends.
func (w *bsonWalk) element(kind byte, name string, at, depth int) (end int, ok bool) {
	switch kind {
	case 0x01, 0x09, 0x11, 0x12:
		return at + 8, true
	case 0x10:
		return at + 4, true
	case 0x07:
		return at + 12, true
	case 0x08:
		return at + 1, true
	case 0x13:
		return at + 16, true
	case 0x06, 0x0a, 0x7f, 0xff:
		return at, true
	case 0x03, 0x04:
		return w.document(at, depth+1)
	case 0x02, 0x0d, 0x0e, 0x05:
		return w.value(kind, name, at)
	}
	return 0, false
}

// value reads a string, which ends with a zero, or bytes with a kind.
func (w *bsonWalk) value(kind byte, name string, at int) (int, bool) {
	size, ok := w.size(at, 0)
	if !ok {
		return 0, false
	}
	from, until := at+4, at+4+size
	if kind == 0x05 {
		from, until = from+1, until+1
	}
	if until > len(w.b) || from > until {
		return 0, false
	}
	value := w.b[from:until]
	if kind != 0x05 {
		value = bytes.TrimSuffix(value, []byte{0})
	}
	if len(w.fields) < partLimit {
		w.fields = append(w.fields, field{name: name, bytes: value, at: from})
	}
	return until, true
}
