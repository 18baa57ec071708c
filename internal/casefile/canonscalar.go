package casefile

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// str encodes a string.
func (e *encoder) str() error {
	e.pos++
	e.out = append(e.out, '"')
	for e.pos < len(e.in) {
		plain := e.pos
		for e.pos < len(e.in) && isPlain(e.in[e.pos]) {
			e.pos++
		}
		e.out = append(e.out, e.in[plain:e.pos]...)
		if e.pos == len(e.in) {
			break
		}
		switch c := e.in[e.pos]; {
		case c == '"':
			e.pos++
			e.out = append(e.out, '"')
			return nil
		case c == '\\':
			if err := e.escape(); err != nil {
				return err
			}
		case c < ' ':
			return e.wrong("a control character that is not escaped")
		default:
			_, n := utf8.DecodeRune(e.in[e.pos:])
			if n == 1 {
				return e.wrong("not UTF-8")
			}
			e.out = append(e.out, e.in[e.pos:e.pos+n]...)
			e.pos += n
		}
	}
	return e.wrong("a string has no end")
}

// isPlain reports whether a byte of a string stands for itself.
func isPlain(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }

// short are the letters of short escapes, and what they mean.
const short, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

// escape encodes the character behind a backslash.
func (e *encoder) escape() error {
	if e.pos+1 == len(e.in) {
		return e.wrong("a string has no end")
	}
	if i := strings.IndexByte(short, e.in[e.pos+1]); i >= 0 {
		e.pos += 2
		e.out = appendEscaped(e.out, rune(means[i]))
		return nil
	}
	r, ok := e.unit()
	if !ok {
		return e.wrong("no such escape")
	}
	if utf16.IsSurrogate(r) {
		low, ok := e.unit()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return e.wrong("half a surrogate pair")
		}
	}
	e.out = appendEscaped(e.out, r)
	return nil
}

// unit reads \uXXXX.
func (e *encoder) unit() (rune, bool) {
	rest := e.in[e.pos:]
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	r, err := strconv.ParseUint(string(rest[2:6]), 16, 16)
	if err != nil {
		return 0, false
	}
	e.pos += 6
	return rune(r), true
}

// appendEscaped writes a character of a string as RFC 8785, section 3.2.2.2,
// asks for.
func appendEscaped(out []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(out, '\\', byte(r))
	case '\b':
		return append(out, `\b`...)
	case '\t':
		return append(out, `\t`...)
	case '\n':
		return append(out, `\n`...)
	case '\f':
		return append(out, `\f`...)
	case '\r':
		return append(out, `\r`...)
	}
	if r < ' ' {
		const hex = "0123456789abcdef"
		return append(out, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
	}
	return utf8.AppendRune(out, r)
}

// appendString writes a string that is UTF-8 in canonical form.
func appendString(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		out = appendEscaped(out, r)
	}
	return append(out, '"')
}

// unquote appends what a string in canonical form says.
func unquote(to, quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return append(to, inner...)
	}
	for i := 0; i < len(inner); i++ {
		if inner[i] != '\\' {
			to = append(to, inner[i])
			continue
		}
		i++
		switch inner[i] {
		case 'u':
			n, _ := strconv.ParseUint(string(inner[i+1:i+5]), 16, 8) // as it was written above
			to = append(to, byte(n))
			i += 4
		default:
			to = append(to, means[strings.IndexByte(short, inner[i])])
		}
	}
	return to
}

// number encodes a number.
func (e *encoder) number() error {
	from := e.pos
	if e.peek() == '-' {
		e.pos++
	}
	whole := e.digits()
	if whole == 0 || whole > 1 && e.in[e.pos-whole] == '0' {
		e.pos = from
		return e.wrong("no JSON value")
	}
	integer := true
	if e.peek() == '.' {
		integer = false
		if e.pos++; e.digits() == 0 {
			return e.wrong("no digit behind the point")
		}
	}
	if c := e.peek(); c == 'e' || c == 'E' {
		integer = false
		e.pos++
		if c := e.peek(); c == '+' || c == '-' {
			e.pos++
		}
		if e.digits() == 0 {
			return e.wrong("no digit in the exponent")
		}
	}
	token := e.in[from:e.pos]
	if !integer {
		return e.float(token)
	}
	if string(token) == "-0" {
		token = token[1:]
	}
	e.out = append(e.out, token...)
	return nil
}

func (e *encoder) peek() byte {
	if e.pos == len(e.in) {
		return 0
	}
	return e.in[e.pos]
}

func (e *encoder) digits() (n int) {
	for ; '0' <= e.peek() && e.peek() <= '9'; n++ {
		e.pos++
	}
	return n
}

// float writes a number as ECMAScript does (ECMA-262, Number::toString).
func (e *encoder) float(token []byte) error {
	f, err := strconv.ParseFloat(string(token), 64)
	if err != nil {
		return e.wrong("a number that is too large")
	}
	if f == 0 {
		e.out = append(e.out, '0')
		return nil
	}
	if abs := math.Abs(f); abs >= 1e-6 && abs < 1e21 {
		e.out = strconv.AppendFloat(e.out, f, 'f', -1, 64)
		return nil
	}
	e.out = strconv.AppendFloat(e.out, f, 'e', -1, 64)
	if n := len(e.out); e.out[n-4] == 'e' && e.out[n-2] == '0' { // e-09 is e-9
		e.out = append(e.out[:n-2], e.out[n-1])
	}
	return nil
}

// compareUTF16 orders names by their UTF-16 code units. That is the order of
// their bytes, but that characters beyond U+FFFF come before U+E000.
func compareUTF16(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if far := a[i] >= 0xf0; far != (b[i] >= 0xf0) && min(a[i], b[i]) >= 0xee {
			if far {
				return -1
			}
			return 1
		}
		return int(a[i]) - int(b[i])
	}
	return len(a) - len(b)
}
