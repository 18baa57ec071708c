package peel

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// textPeeler undoes one way of escaping over the whole input, which changes
// nothing but the escapes. The coat is named by the escape.
type textPeeler struct {
	name string
	mark string // what every escape begins with; without it the peeler declines
	// undo returns the text and how many escapes there were.
	undo func(b []byte) ([]byte, int)
}

func (p textPeeler) Name() string { return p.name }

func (p textPeeler) Peel(in Input) []Candidate {
	if !bytes.Contains(in.Bytes, []byte(p.mark)) || len(in.Bytes) > in.Limit || !in.Shape.Text() && in.Shape.Printable < 0.5 {
		return nil
	}
	plain, n := p.undo(in.Bytes)
	if n == 0 {
		return nil
	}
	first := bytes.Index(in.Bytes, []byte(p.mark))
	c := Candidate{Coats: []string{p.name}, Bytes: plain, Offset: first, Score: bid(plain, 0.85), Whole: true}
	if !in.Shape.Text() && n*sparse < len(in.Bytes) && in.Cribs != nil { // chance makes some in any bytes
		if in.Sure < 0.6 {
			return nil
		}
		c.Score, c.Whole = 0.4, false
	}
	return []Candidate{c}
}

// sparse is the number of bytes to an escape above which those in bytes that
// are no text may be there by chance.
const sparse = 64

// textPeelers is every escape that is undone over the whole input.
func textPeelers() []Peeler {
	return []Peeler{
		textPeeler{"percent", "%", func(b []byte) ([]byte, int) { return unescape(blanks(b), "%", percentEscape) }},
		textPeeler{"percent-u", "%u", func(b []byte) ([]byte, int) { return unescape(b, "%", percentU) }},
		textPeeler{"json", `\`, func(b []byte) ([]byte, int) { return unjson(b, true) }},
		textPeeler{"json-u", `\u`, func(b []byte) ([]byte, int) { return unjson(b, false) }},
		textPeeler{"c-escape", `\`, func(b []byte) ([]byte, int) { return unescape(b, `\`, cEscape) }},
		textPeeler{"js-escape", `\u{`, func(b []byte) ([]byte, int) { return unescape(b, `\`, jsEscape) }},
		textPeeler{"code-point", "U+", func(b []byte) ([]byte, int) { return unescape(b, "U", codePoint) }},
		textPeeler{"css-escape", `\`, func(b []byte) ([]byte, int) { return unescape(b, `\`, cssEscape) }},
		textPeeler{"html-entity", "&", unentity},
		textPeeler{"utf-8:latin-1", "\xc2", unlatin}, textPeeler{"utf-8:latin-1", "\xc3", unlatin},
		textPeeler{"quoted-printable", "=", unquote},
		textPeeler{"percent", "+", percentPlus},
		textPeeler{"punycode", "--", func(b []byte) ([]byte, int) { return unescape(b, "xX", punycodeEscape) }},
		textPeeler{"utf-7", "+", func(b []byte) ([]byte, int) { return unescape(b, "+", utf7('+')) }},
		textPeeler{"utf-7", "&", func(b []byte) ([]byte, int) { return unescape(b, "&", utf7('&')) }},
		textPeeler{"hz-gb-2312", "~{", decoded(simplifiedchinese.HZGB2312)},
		textPeeler{"iso-2022-jp", "\x1b$", decoded(japanese.ISO2022JP)},
		textPeeler{"mime-word", "=?", func(b []byte) ([]byte, int) { return unescape(b, "=", mimeWord) }},
	}
}

// decoded undoes a charset that is ASCII but for shifts.
func decoded(charset encoding.Encoding) func(b []byte) ([]byte, int) {
	return func(b []byte) ([]byte, int) {
		if bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x80 }) {
			return nil, 0 // they were made for seven bits
		}
		out, err := charset.NewDecoder().Bytes(b)
		wrong := bytes.Count(out, []byte("\ufffd"))
		east := (len(out)-utf8.RuneCount(out))/2 - wrong
		if err != nil || east < 3 || wrong > east {
			return nil, 0
		}
		return out, 2 * east
	}
}

// unescape copies b and replaces each escape that one recognises: one
// returns the length of the escape in front of b, 0 for none, and its
// meaning. Escapes begin with one of the leads.
func unescape(b []byte, leads string, one func(b []byte) (int, []byte)) ([]byte, int) {
	var out []byte
	count := 0
	for kept := b; ; {
		at := bytes.IndexAny(b, leads)
		if at < 0 {
			if count == 0 {
				return kept, 0
			}
			return append(out, kept...), count
		}
		b = b[at:]
		n, plain := one(b)
		if n == 0 {
			b = b[1:]
			continue
		}
		if out == nil {
			out = make([]byte, 0, len(kept))
		}
		out = append(append(out, kept[:len(kept)-len(b)]...), plain...)
		b = b[n:]
		kept = b
		count++
	}
}

// blanks turns + into blanks, as in queries.
func blanks(b []byte) []byte { return bytes.ReplaceAll(b, []byte("+"), []byte(" ")) }

// percentPlus is percent for text in which + means itself, as in paths and
// cookies; where nothing else was escaped, it stands for a blank.
func percentPlus(b []byte) ([]byte, int) {
	if bytes.IndexByte(b, '%') >= 0 {
		return unescape(b, "%", percentEscape)
	}
	words := bytes.Count(b, []byte("+"))
	if bytes.ContainsAny(b, " =/") || len(b) > 16*(words+1) {
		return nil, 0 // as likely base64, or a sum
	}
	return bytes.ReplaceAll(b, []byte("+"), []byte(" ")), words
}

// percentEscape reads %41 (RFC 3986).
func percentEscape(b []byte) (int, []byte) {
	if b[0] != '%' || len(b) < 3 {
		return 0, nil
	}
	hi, lo := hexValue(b[1]), hexValue(b[2])
	if hi < 0 || lo < 0 {
		return 0, nil
	}
	return 3, []byte{byte(hi<<4 | lo)}
}

// percentU reads %u4E2D, as escape() of JavaScript writes it, and %41.
func percentU(b []byte) (int, []byte) {
	if percentUnit(b) {
		return unit(b, 2, percentUnit)
	}
	return percentEscape(b)
}

func percentUnit(b []byte) bool { return len(b) > 1 && b[0] == '%' && b[1]|0x20 == 'u' }
func jsonUnit(b []byte) bool    { return len(b) > 1 && b[0] == '\\' && b[1] == 'u' }

// unit reads a UTF-16 code unit of four hex digits behind a prefix, and the
// second of a pair of surrogates.
func unit(b []byte, prefix int, again func([]byte) bool) (int, []byte) {
	r, ok := hexRune(b, prefix, 4)
	if !ok {
		return 0, nil
	}
	n := prefix + 4
	if utf16.IsSurrogate(r) && again(b[n:]) {
		if low, ok := hexRune(b[n:], prefix, 4); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return 2 * n, utf8.AppendRune(nil, pair)
			}
		}
	}
	return n, utf8.AppendRune(nil, r)
}

func hexRune(b []byte, from, digits int) (rune, bool) {
	if len(b) < from+digits {
		return 0, false
	}
	var r rune
	for _, c := range b[from : from+digits] {
		v := hexValue(c)
		if v < 0 {
			return 0, false
		}
		r = r<<4 | rune(v)
	}
	return r, true
}

// unjson undoes the escapes of JSON, in JSON or in other text.
func unjson(b []byte, inJSON bool) ([]byte, int) {
	if start := bytes.TrimLeft(b, " \t\r\n\ufeff"); (len(start) > 0 && (start[0] == '{' || start[0] == '[' || start[0] == '"')) != inJSON {
		return nil, 0
	}
	return unescape(b, `\`, jsonEscape)
}

// jsonEscape reads the escapes of RFC 8259.
func jsonEscape(b []byte) (int, []byte) {
	if b[0] != '\\' || len(b) < 2 {
		return 0, nil
	}
	if b[1] == 'u' {
		return unit(b, 2, jsonUnit)
	}
	return simpleEscape(b[1], `"\/bfnrt`, "\"\\/\b\f\n\r\t")
}

func simpleEscape(c byte, from, to string) (int, []byte) {
	for i := range len(from) {
		if from[i] == c {
			return 2, []byte{to[i]}
		}
	}
	return 0, nil
}

// cEscape reads \x41 and \101.
func cEscape(b []byte) (int, []byte) {
	if b[0] != '\\' || len(b) < 4 {
		return 0, nil
	}
	switch {
	case b[1] == 'U':
		if r, ok := hexRune(b, 2, 8); ok && utf8.ValidRune(r) {
			return 10, utf8.AppendRune(nil, r)
		}
	case b[1] == 'x' && b[2] == '{': // as Perl and others write it
		end := bytes.IndexByte(b[:min(len(b), 10)], '}')
		if r, ok := hexRune(b, 3, max(end-3, 0)); ok && end > 3 && utf8.ValidRune(r) {
			return end + 1, utf8.AppendRune(nil, r)
		}
	case b[1] == 'x':
		if r, ok := hexRune(b, 2, 2); ok {
			return 4, []byte{byte(r)}
		}
	case b[1] >= '0' && b[1] <= '3':
		if v, err := strconv.ParseUint(string(b[1:4]), 8, 8); err == nil {
			return 4, []byte{byte(v)}
		}
	}
	return 0, nil
}

// jsEscape reads \u{4e2d}.
func jsEscape(b []byte) (int, []byte) {
	if !bytes.HasPrefix(b, []byte(`\u{`)) {
		return 0, nil
	}
	end := bytes.IndexByte(b[:min(len(b), 10)], '}')
	if end <= 3 {
		return 0, nil
	}
	r, ok := hexRune(b, 3, end-3)
	if !ok || !utf8.ValidRune(r) {
		return 0, nil
	}
	return end + 1, utf8.AppendRune(nil, r)
}

// codePoint reads U+4E2D, and a blank behind it.
func codePoint(b []byte) (int, []byte) {
	n := 2
	for n < len(b) && n < 8 && hexValue(b[n]) >= 0 {
		n++
	}
	r, ok := hexRune(b, 2, n-2)
	if !bytes.HasPrefix(b, []byte("U+")) || n < 6 || !ok || !utf8.ValidRune(r) {
		return 0, nil
	}
	if n < len(b) && b[n] == ' ' {
		n++
	}
	return n, utf8.AppendRune(nil, r)
}

// cssEscape reads the escapes of style sheets: a backslash, one to six
// digits, and a blank that ends them.
func cssEscape(b []byte) (int, []byte) {
	n := 1
	for n < len(b) && n < 7 && hexValue(b[n]) >= 0 {
		n++
	}
	r, ok := hexRune(b, 1, n-1)
	ended := n < len(b) && b[n] == ' '
	if b[0] != '\\' || n < 3 || n < 5 && !ended || !ok || !utf8.ValidRune(r) || r < ' ' {
		return 0, nil
	}
	if ended {
		n++
	}
	return n, utf8.AppendRune(nil, r)
}

// unquote undoes quoted-printable if most signs of equality are escapes;
// otherwise they are just that.
func unquote(b []byte) ([]byte, int) {
	plain, n := unescape(b, "=", qpEscape)
	if 2*n <= bytes.Count(b, []byte("=")) {
		return nil, 0
	}
	return plain, n
}

// qpEscape reads quoted-printable (RFC 2045): =41 and soft line breaks.
func qpEscape(b []byte) (int, []byte) {
	switch {
	case b[0] != '=' || len(b) < 2:
		return 0, nil
	case b[1] == '\n':
		return 2, nil
	case len(b) < 3:
		return 0, nil
	case b[1] == '\r' && b[2] == '\n':
		return 3, nil
	}
	hi, lo := hexValue(b[1]), hexValue(b[2])
	if hi < 0 || lo < 0 || b[1] >= 'a' || b[2] >= 'a' {
		return 0, nil
	}
	return 3, []byte{byte(hi<<4 | lo)}
}

// unentity replaces HTML's character references.
func unentity(b []byte) ([]byte, int) {
	plain := []byte(html.UnescapeString(string(b)))
	if bytes.Equal(plain, b) {
		return nil, 0
	}
	return plain, max(1, bytes.Count(b, []byte("&"))-bytes.Count(plain, []byte("&")))
}
