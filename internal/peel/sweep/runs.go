package sweep

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Classes of signs, as bits.
const (
	sign64   = 1 << iota // of either alphabet of base64
	signHex              // hex digits
	signForm             // what stands in percent-encoded values
)

// none is the value of what is no digit.
const none = 0xff

// signs are the classes and values of all bytes.
type signs struct {
	class, value64, valueHex [256]byte
}

func newSigns() *signs {
	s := &signs{}
	for i := range 256 {
		s.value64[i], s.valueHex[i] = none, none
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		s.value64[c] = byte(i)
	}
	s.value64['-'], s.value64['_'] = 62, 63
	for i, c := range []byte("0123456789abcdef") {
		s.valueHex[c] = byte(i)
	}
	for i, c := range []byte("ABCDEF") {
		s.valueHex[c] = byte(10 + i)
	}
	for i := range 256 {
		if s.value64[i] != none {
			s.class[i] |= sign64 | signForm
		}
		if s.valueHex[i] != none {
			s.class[i] |= signHex
		}
	}
	for _, c := range []byte("%.~*!$,;:@()") {
		s.class[c] |= signForm
	}
	return s
}

// mimeLine is the least length of a line of base64 that goes on in the next.
const mimeLine = 60

// runs opens the runs of codings in b.
func (o *opener) runs(b []byte, depth int) {
	o.letters(b, depth)
	o.percents(b, depth)
	o.escapes(b, depth)
}

// letters finds runs of base64 and hex. Runs of the least length have a sign
// at one of the places looked at.
func (o *opener) letters(b []byte, depth int) {
	least, class, done := o.s.least, &o.signs.class, 0
	for at := least - 1; at < len(b); at += least {
		if class[b[at]]&sign64 == 0 {
			continue
		}
		from, to := o.extent(b, at, done, sign64)
		if done = to; to-from < least {
			continue
		}
		run := b[from:to]
		if to-from >= mimeLine {
			run, done = o.lines(b, from, to)
		}
		o.run(run, depth)
		at = max(at, done-1)
	}
}

// extent returns the run of a class around a place.
func (o *opener) extent(b []byte, at, least int, class byte) (from, to int) {
	c := &o.signs.class
	for from = at; from > least && c[b[from-1]]&class != 0; {
		from--
	}
	for to = at + 1; to < len(b) && c[b[to]]&class != 0; {
		to++
	}
	return from, to
}

// lines joins lines of base64, and returns where they end.
func (o *opener) lines(b []byte, from, to int) ([]byte, int) {
	o.joined = append(o.joined[:0], b[from:to]...)
	for start := from; ; {
		next := to
		if next < len(b) && b[next] == '\r' {
			next++
		}
		if to-start < mimeLine || next+1 >= len(b) || b[next] != '\n' || o.signs.class[b[next+1]]&sign64 == 0 {
			return o.joined, to
		}
		start = next + 1
		_, to = o.extent(b, start, start, sign64)
		o.joined = append(o.joined, b[start:to]...)
	}
}

// run opens a run of signs.
func (o *opener) run(run []byte, depth int) {
	hex := len(run)%2 == 0
	for i := 0; hex && i < len(run); i++ {
		hex = o.signs.class[run[i]]&signHex != 0
	}
	if hex {
		out := o.scratch[depth][:0]
		for i := 0; i < len(run); i += 2 {
			out = append(out, o.signs.valueHex[run[i]]<<4|o.signs.valueHex[run[i+1]])
		}
		o.scratch[depth] = out
		o.under("hex", out, depth+1)
		return
	}
	o.scratch[depth] = o.decode64(o.scratch[depth][:0], run)
	o.under("base64", o.scratch[depth], depth+1)
}

// decode64 appends what a run of base64 in either alphabet stands for.
func (o *opener) decode64(out, run []byte) []byte {
	v := &o.signs.value64
	for ; len(run) >= 4; run = run[4:] {
		x := uint32(v[run[0]])<<18 | uint32(v[run[1]])<<12 | uint32(v[run[2]])<<6 | uint32(v[run[3]])
		out = append(out, byte(x>>16), byte(x>>8), byte(x))
	}
	switch len(run) {
	case 3:
		x := uint32(v[run[0]])<<12 | uint32(v[run[1]])<<6 | uint32(v[run[2]])
		out = append(out, byte(x>>10), byte(x>>2))
	case 2:
		out = append(out, v[run[0]]<<2|v[run[1]]>>4)
	}
	return out
}

// percents opens values with percent escapes.
func (o *opener) percents(b []byte, depth int) {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '%')
		if i < 0 {
			return
		}
		i += at
		if !o.hexAt(b, i+1, 2) {
			at = i + 1
			continue
		}
		from, to := o.extent(b, i, at, signForm)
		out := o.scratch[depth][:0]
		for j := from; j < to; j++ {
			if b[j] == '%' && o.hexAt(b[:to], j+1, 2) {
				out = append(out, o.signs.valueHex[b[j+1]]<<4|o.signs.valueHex[b[j+2]])
				j += 2
				continue
			}
			out = append(out, b[j])
		}
		o.scratch[depth] = out
		o.under("percent", out, depth+1)
		at = to
	}
}

func (o *opener) hexAt(b []byte, at, n int) bool {
	if at+n > len(b) {
		return false
	}
	for _, c := range b[at : at+n] {
		if o.signs.class[c]&signHex == 0 {
			return false
		}
	}
	return true
}

// stringLimit bounds strings with escapes.
const stringLimit = 1 << 16

// escapes opens strings of JSON with \u or \/ in them.
func (o *opener) escapes(b []byte, depth int) {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\\')
		if i < 0 {
			return
		}
		i += at
		if i+1 >= len(b) || b[i+1] != '/' && (b[i+1] != 'u' || !o.hexAt(b, i+2, 4)) {
			at = i + 2
			if at > len(b) {
				return
			}
			continue
		}
		from := max(at, i-stringLimit)
		from += bytes.LastIndexByte(b[from:i], '"') + 1
		to := min(len(b), i+stringLimit)
		if n := bytes.IndexByte(b[i:to], '"'); n >= 0 {
			to = i + n
		}
		o.scratch[depth] = o.unescape(o.scratch[depth][:0], b[from:to])
		o.under("json", o.scratch[depth], depth+1)
		at = to
	}
}

// unescape appends a string of JSON without its escapes (RFC 8259, section 7).
func (o *opener) unescape(out, b []byte) []byte {
	for len(b) > 0 {
		switch {
		case b[0] != '\\' || len(b) < 2:
			out = append(out, b[0])
			b = b[1:]
		case b[1] == 'u' && o.hexAt(b, 2, 4):
			r := o.unit(b)
			b = b[6:]
			if utf16.IsSurrogate(r) && len(b) >= 6 && b[0] == '\\' && b[1] == 'u' && o.hexAt(b, 2, 4) {
				r = utf16.DecodeRune(r, o.unit(b))
				b = b[6:]
			}
			out = utf8.AppendRune(out, r)
		default:
			c := b[1]
			if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
				c = "\n\r\t\b\f"[i]
			}
			out = append(out, c)
			b = b[2:]
		}
	}
	return out
}

// unit reads the four digits of an escape.
func (o *opener) unit(b []byte) rune {
	r := rune(0)
	for _, c := range b[2:6] {
		r = r<<4 | rune(o.signs.valueHex[c])
	}
	return r
}
