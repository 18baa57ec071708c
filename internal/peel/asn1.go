package peel

import "strconv"

// asn1Peeler offers the values of ASN.1 in BER or DER: "asn1:TAG". Strings in
// pieces are joined.
type asn1Peeler struct{}

func (asn1Peeler) Name() string { return "asn1" }

const asn1Depth = 32

func (asn1Peeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if len(b) < 8 || b[0] != 0x30 && b[0] != 0x31 && b[0]&0xe0 != 0x60 && b[0]&0xe0 != 0xa0 || in.Shape.ascii() {
		return nil
	}
	w := asn1Walk{}
	n, ok := w.element(b, 0, 0)
	if !ok || len(w.fields) == 0 || n < len(b)-16 && n*4 < len(b)*3 {
		return nil
	}
	score := 0.9
	if n < len(b) {
		score = 0.75
	}
	return fieldBids(in, "asn1", w.fields, score)
}

type asn1Walk struct{ fields []field }

// element reads one element in front of b, which stands at from, and returns
// its length.
func (w *asn1Walk) element(b []byte, from, depth int) (int, bool) {
	tag, head, size, ok := asn1Head(b)
	if !ok || depth > asn1Depth || size > len(b)-head {
		return 0, false
	}
	body := b[head : head+size]
	switch {
	case tag&0x20 == 0:
		if len(w.fields) < partLimit {
			w.fields = append(w.fields, field{name: strconv.Itoa(int(tag)), bytes: body, at: from + head})
		}
	case tag&0xdf == 4 || tag&0xdf == 12:
		joined := joinASN1(body)
		w.fields = append(w.fields, field{name: strconv.Itoa(int(tag)), bytes: joined, at: from + head, length: size})
	default:
		for at := 0; at < size; {
			n, ok := w.element(body[at:], from+head+at, depth+1)
			if !ok {
				return 0, false
			}
			at += n
		}
	}
	return head + size, true
}

// asn1Head reads a tag of one byte and a length.
func asn1Head(b []byte) (tag byte, head, size int, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, 0, 0, false
	}
	if b[1] < 0x80 {
		return b[0], 2, int(b[1]), true
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 || len(b) < 2+n {
		return 0, 0, 0, false
	}
	for _, c := range b[2 : 2+n] {
		size = size<<8 | int(c)
	}
	return b[0], 2 + n, size, size >= 0 && size <= 1<<31-1
}

// joinASN1 joins the pieces of a constructed string.
func joinASN1(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		_, head, size, ok := asn1Head(b)
		if !ok || size > len(b)-head {
			break
		}
		out = append(out, b[head:head+size]...)
		b = b[head+size:]
	}
	return out
}
