package peel

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// widePeeler turns UTF-16 and UTF-32 of mostly ASCII into UTF-8, so that what
// is written in it can be opened further.
type widePeeler struct{}

func (widePeeler) Name() string { return "wide" }

func (widePeeler) Peel(in Input) []Candidate {
	if len(in.Bytes) < 12 || len(in.Bytes) > in.Limit {
		return nil
	}
	var out []Candidate
	for _, w := range []struct {
		name  string
		width int
		order binary.ByteOrder
	}{{"utf-32le", 4, binary.LittleEndian}, {"utf-32be", 4, binary.BigEndian}, {"utf-16le", 2, binary.LittleEndian}, {"utf-16be", 2, binary.BigEndian}} {
		for shift := range w.width {
			b := in.Bytes[shift : len(in.Bytes)-(len(in.Bytes)-shift)%w.width]
			if !startsWide(b, w.width, w.order) || w.width == 2 && in.Shape.Printable > 0.85 {
				continue // two letters are one Han character
			}
			if plain, ok := narrow(b, w.width, w.order); ok {
				out = append(out, Candidate{Coats: []string{w.name}, Bytes: plain, Offset: shift, Length: len(b), Score: 0.9, Whole: shift == 0})
			}
		}
	}
	return out
}

// looksWide reports whether b is UTF-16 of mostly ASCII in either order.
func looksWide(b []byte) bool {
	b = b[:len(b)&^1]
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if len(b) >= 16 && startsWide(b, 2, order) {
			if _, ok := narrow(b[:min(len(b), 512)], 2, order); ok {
				return true
			}
		}
	}
	return false
}

// startsWide rejects most bytes by a look at the first few units.
func startsWide(b []byte, width int, order binary.ByteOrder) bool {
	good := 0
	n := min(len(b)/width, 64)
	for i := range n {
		if u := unitAt(b, i, width, order); u >= 0x20 && u < 0x7f || u == '\n' || u == '\r' || u == '\t' || u == 0xfeff || common(rune(u)) {
			good++
		}
	}
	return n >= 3 && 10*good >= 9*n
}

func unitAt(b []byte, i, width int, order binary.ByteOrder) uint32 {
	if width == 4 {
		return order.Uint32(b[4*i:])
	}
	return uint32(order.Uint16(b[2*i:]))
}

// narrow decodes all units. One in four must be ASCII: pairs of any bytes are
// often Han characters.
func narrow(b []byte, width int, order binary.ByteOrder) ([]byte, bool) {
	out := make([]byte, 0, len(b)/width*2)
	narrow, wrong := 0, 0
	n := len(b) / width
	for i := 0; i < n; i++ {
		u := unitAt(b, i, width, order)
		r := rune(u)
		switch {
		case u > utf8.MaxRune:
			wrong++
			r = utf8.RuneError
		case u < 0x80:
			narrow++
			if !isText(byte(u)) {
				wrong++
			}
		case width == 2 && utf16.IsSurrogate(r) && i+1 < n:
			i++
			if r = utf16.DecodeRune(r, rune(unitAt(b, i, width, order))); r == utf8.RuneError {
				wrong++
			}
		}
		out = utf8.AppendRune(out, r)
	}
	out = bytes.TrimPrefix(out, []byte("\ufeff"))
	return out, wrong*50 <= n && (width == 4 || 4*narrow >= n || n >= 12 && evidence(b) >= 60 && narrow > 0)
}

// reversePeeler offers bytes from back to front. Nothing shows that they are
// reversed, so it bids low, or when a format is known by its beginning.
type reversePeeler struct{}

func (reversePeeler) Name() string { return "reverse-bytes" }

const reverseLimit = 256 << 10

func (reversePeeler) Peel(in Input) []Candidate {
	if len(in.Bytes) < 12 || len(in.Bytes) > reverseLimit || in.Sure < 0.6 || in.Derived || slices.Contains(in.Under, "reverse-bytes") {
		return nil
	}
	if spaced(in) {
		return nil
	}
	plain := bytes.Clone(in.Bytes)
	slices.Reverse(plain)
	if bytes.Equal(plain, in.Bytes) {
		return nil
	}
	turned := in.Shape.Text() && backwards(in.Bytes, plain)
	if in.Best >= 0.9 && !turned {
		return nil
	}
	c := Candidate{Coats: []string{"reverse-bytes"}, Bytes: plain, Score: 0.2}
	switch {
	case known(plain):
		c.Score, c.Whole = 0.9, true
	case in.Cribs != nil && in.Cribs.Has(plain):
		c.Score = 0.9
	case turned:
		c.Score = 0.85
	}
	return []Candidate{c}
}

// spaced reports whether the layer is text in words, which one reads from the
// front: a run of a coding has no blanks.
func spaced(in Input) bool {
	return in.Shape.Text() && bytes.Count(in.Bytes, []byte(" "))*20 > len(in.Bytes)
}

// backwards reports whether text makes more sense from its end: the padding
// of base64 stands in front, the brackets around the whole look outwards, or
// there are escapes only when it is turned.
func backwards(b, turned []byte) bool {
	first, last := b[0], b[len(b)-1]
	switch {
	case first == '=' && last != '=' && len(bytes.Trim(b, alnum+"+/-_=")) == 0:
		return true
	case first == '}' && last == '{', first == ']' && last == '[', first == '>' && last == '<':
		return true
	}
	if !bytes.ContainsAny(b, `\%&`) {
		return false
	}
	n, covered := countEscapes(turned)
	m, before := countEscapes(b)
	return n >= 3 && (n > 4*m || 10*covered >= 9*len(b) && 10*before < 8*len(b))
}

// countEscapes counts the escapes of text that have a fixed form, and the
// bytes that they take up.
func countEscapes(b []byte) (count, covered int) {
	for len(b) > 0 {
		n := 0
		for _, one := range []func([]byte) (int, []byte){percentU, cEscape, jsEscape, jsonUnitEscape} {
			if n, _ = one(b); n > 0 {
				break
			}
		}
		if n == 0 && b[0] == '&' && len(b) > 3 && b[1] == '#' && bytes.IndexByte(b[:min(len(b), 10)], ';') > 0 {
			n = bytes.IndexByte(b[:min(len(b), 10)], ';') + 1
		}
		if n > 0 {
			count++
			covered += n
		}
		b = b[max(1, n):]
	}
	return count, covered
}

func jsonUnitEscape(b []byte) (int, []byte) {
	if !jsonUnit(b) {
		return 0, nil
	}
	return unit(b, 2, jsonUnit)
}
