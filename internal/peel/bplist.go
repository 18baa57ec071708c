package peel

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// bplistPeeler offers the strings and the data of Apple's binary property
// lists: "bplist:". Text is turned from UTF-16 into UTF-8.
type bplistPeeler struct{}

func (bplistPeeler) Name() string { return "bplist" }

func (bplistPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if !bytes.HasPrefix(b, []byte("bplist0")) || len(b) < 16 {
		return nil
	}
	var fields []field
	name, reference := "", 1
	if size := int(b[max(len(b)-25, 0)]); len(b) >= 40 && size >= 1 && size <= 8 {
		reference = size
	}
	for at := 8; at < len(b) && len(fields) < partLimit; {
		f, end := bplistObject(b, at, reference)
		if f.bytes != nil {
			f.name = name
			name = nameOf(f.bytes)
			fields = append(fields, f)
		}
		at = end
	}
	return fieldBids(in, "bplist", fields, 0.95)
}

// bplistObject reads the object at a place; the field has no bytes if it is
// neither text nor data. reference is the size of one in a container. Objects stand one behind the other.
func bplistObject(b []byte, at, reference int) (f field, end int) {
	kind, n := b[at]>>4, int(b[at]&15)
	at++
	switch kind {
	case 0x0:
		return field{}, at
	case 0x1, 0x2, 0x3:
		return field{}, at + 1<<n
	case 0x8:
		return field{}, at + n + 1
	}
	if n == 15 {
		if at >= len(b) || b[at]>>4 != 1 {
			return field{}, len(b)
		}
		width := 1 << (b[at] & 15)
		if width > 8 || at+1+width > len(b) {
			return field{}, len(b)
		}
		var word [8]byte
		copy(word[8-width:], b[at+1:at+1+width])
		n = int(min(binary.BigEndian.Uint64(word[:]), uint64(len(b))))
		at += 1 + width
	}
	switch kind {
	case 0x6:
		n *= 2
		end = min(at+n, len(b))
		return field{bytes: fromUTF16BE(b[min(at, end):end]), at: min(at, end), length: end - min(at, end)}, at + n
	case 0x4, 0x5, 0x7:
		end = min(at+n, len(b))
		return field{bytes: b[min(at, end):end], at: min(at, end)}, at + n
	}
	if kind == 0xd {
		n *= 2
	}
	return field{}, at + n*reference // a container, of references
}

func fromUTF16BE(b []byte) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
