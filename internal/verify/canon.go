package verify

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/casefile/format"
)

// walker reads one JSON text in canonical form (RFC 8785, with integers of any
// size) and commits to it as it goes. It keeps no tree: memory is bounded by
// the depth of the text, not by the number of its values.
type walker struct {
	b     []byte
	i     int
	depth int
	sums  *hashers
	mask  *masking // nil where nothing may be masked
}

// formError says what is wrong with a text, and where.
type formError struct {
	offset int
	what   string
}

func (e *formError) Error() string { return fmt.Sprintf("offset %d: %s", e.offset, e.what) }

func (w *walker) wrong(offset int, what string, args ...any) error {
	return &formError{offset, fmt.Sprintf(what, args...)}
}

// take steps over one byte that must come next.
func (w *walker) take(c byte) error {
	if w.i >= len(w.b) || w.b[w.i] != c {
		return w.wrong(w.i, "not in canonical form: want %q", c)
	}
	w.i++
	return nil
}

// next reports whether c comes next, and steps over it if so.
func (w *walker) next(c byte) bool {
	if w.i < len(w.b) && w.b[w.i] == c {
		w.i++
		return true
	}
	return false
}

// down enters an array or an object.
func (w *walker) down() error {
	w.i++
	if w.depth++; w.depth > format.MaxDepth {
		return w.wrong(w.i, "values are nested more than %d deep", format.MaxDepth)
	}
	return nil
}

// scalar steps over a string, a number or a word, and returns it.
func (w *walker) scalar() ([]byte, error) {
	start := w.i
	var err error
	switch c := w.b[w.i]; {
	case c == '"':
		err = w.str()
	case c == '-' || c >= '0' && c <= '9':
		err = w.number()
	default:
		err = w.word()
	}
	return w.b[start:w.i], err
}

func (w *walker) word() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(string(w.b[w.i:min(w.i+len(word), len(w.b))]), word) {
			w.i += len(word)
			return nil
		}
	}
	return w.wrong(w.i, "not in canonical form: no value")
}

// str steps over a string that is escaped only where JSON asks for it.
func (w *walker) str() error {
	if err := w.take('"'); err != nil {
		return err
	}
	for w.i < len(w.b) {
		switch c := w.b[w.i]; {
		case c == '"':
			w.i++
			return nil
		case c == '\\':
			if err := w.escape(); err != nil {
				return err
			}
		case c < 0x20:
			return w.wrong(w.i, "not in canonical form: a control character in a string")
		case c < utf8.RuneSelf:
			w.i++
		default:
			r, n := utf8.DecodeRune(w.b[w.i:])
			if r == utf8.RuneError && n == 1 {
				return w.wrong(w.i, "not UTF-8")
			}
			w.i += n
		}
	}
	return w.wrong(w.i, "a string does not end")
}

// escape steps over one escape: the short ones, and for other control
// characters \u00xx in lower case.
func (w *walker) escape() error {
	rest := w.b[w.i:min(w.i+6, len(w.b))]
	if len(rest) > 1 && strings.IndexByte(`"\bfnrt`, rest[1]) >= 0 {
		w.i += 2
		return nil
	}
	if len(rest) == 6 && string(rest[1:4]) == "u00" {
		code, err := strconv.ParseUint(string(rest[4:]), 16, 8)
		if err == nil && string(rest) == controlEscape(byte(code)) {
			w.i += 6
			return nil
		}
	}
	return w.wrong(w.i, "not in canonical form: %q is not how this is escaped", rest)
}

// controlEscape is how a control character without a short escape is written;
// nothing for all others.
func controlEscape(c byte) string {
	if c >= 0x20 || strings.IndexByte("\b\f\n\r\t", c) >= 0 {
		return ""
	}
	return fmt.Sprintf(`\u%04x`, c)
}

// number steps over a number: an integer with all its digits, or what
// ECMAScript writes.
func (w *walker) number() error {
	start := w.i
	for w.i < len(w.b) && strings.IndexByte("+-.eE0123456789", w.b[w.i]) >= 0 {
		w.i++
	}
	text := string(w.b[start:w.i])
	if isInteger(text) {
		return nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || ecmaScript(f) != text {
		return w.wrong(start, "not in canonical form: %.40q is not how this number is written", text)
	}
	return nil
}

func isInteger(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	return digits[0] != '0' || text == "0"
}

// ecmaScript writes a number as ECMA-262 does (Number::toString).
func ecmaScript(f float64) string {
	size := math.Abs(f)
	switch {
	case f == 0:
		return "0"
	case size >= 1e-6 && size < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	// Go writes an exponent of two digits at least: e-07.
	if n := len(text); n >= 4 && text[n-2] == '0' && (text[n-3] == '-' || text[n-3] == '+') {
		text = text[:n-2] + text[n-1:]
	}
	return text
}

// member steps over a member's name and colon. Names must come in the order of
// their UTF-16 code units, each once.
func (w *walker) member(first bool, before string) (string, error) {
	if !first {
		if err := w.take(','); err != nil {
			return "", err
		}
	}
	start := w.i
	if err := w.str(); err != nil {
		return "", err
	}
	name, err := unquote(w.b[start:w.i])
	if err != nil {
		return "", w.wrong(start, "%v", err)
	}
	if !first && !lessUTF16(before, name) {
		return "", w.wrong(start, "not in canonical form: member %.40q does not come behind %.40q", name, before)
	}
	return name, w.take(':')
}

// unquote returns what a string in canonical form stands for.
func unquote(quoted []byte) (string, error) {
	text := string(quoted[1 : len(quoted)-1])
	if strings.IndexByte(text, '\\') < 0 {
		return text, nil
	}
	err := json.Unmarshal(quoted, &text)
	return text, err
}

// lessUTF16 compares by UTF-16 code units: characters beyond the basic plane
// come before those from U+E000 on.
func lessUTF16(a, b string) bool {
	for i, r := range a {
		if i >= len(b) {
			return false
		}
		if s, _ := utf8.DecodeRuneInString(b[i:]); r != s {
			return utf16Key(r) < utf16Key(s)
		}
	}
	return len(a) < len(b)
}

// utf16Key orders runes as their UTF-16 forms are ordered.
func utf16Key(r rune) rune {
	switch {
	case r >= 0x10000:
		return r - 0x10000 + 0xD800
	case r >= 0xE000:
		return r + 0x100000
	}
	return r
}
