package match

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// UTF8 is the form of a needle as it was given.
const UTF8 = "utf-8"

// minLen32 is MinLen for UTF-32, where small numbers look like letters.
const minLen32 = 16

// Charset returns the encoding of a form that is a charset, or nil.
func Charset(name string) encoding.Encoding {
	switch name {
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case "gb18030":
		return simplifiedchinese.GB18030
	case "big5":
		return traditionalchinese.Big5
	case "shift-jis":
		return japanese.ShiftJIS
	case "euc-kr":
		return korean.EUCKR
	case "euc-jp":
		return japanese.EUCJP
	}
	if c := eightBit(name); c != nil {
		return c
	}
	return nil
}

// eightBit returns a charset of one byte a character.
func eightBit(name string) *charmap.Charmap {
	switch name {
	case "windows-1252":
		return charmap.Windows1252
	case "windows-1250":
		return charmap.Windows1250
	case "windows-1251":
		return charmap.Windows1251
	case "koi8-r":
		return charmap.KOI8R
	case "iso-8859-5":
		return charmap.ISO8859_5
	case "windows-1253":
		return charmap.Windows1253
	case "windows-1254":
		return charmap.Windows1254
	case "windows-1255":
		return charmap.Windows1255
	case "windows-1256":
		return charmap.Windows1256
	case "windows-874":
		return charmap.Windows874
	case "cp437":
		return charmap.CodePage437
	case "cp866":
		return charmap.CodePage866
	case "cp850":
		return charmap.CodePage850
	case "cp037":
		return charmap.CodePage037
	case "macintosh":
		return charmap.Macintosh
	case "iso-8859-2":
		return charmap.ISO8859_2
	case "windows-1257":
		return charmap.Windows1257
	}
	return nil
}

// Charsets lists the charsets that needles are looked for in besides UTF-8,
// the likely ones first: where two give equal bytes, the first is reported.
func Charsets() []string {
	return []string{
		"utf-16le", "gb18030", "big5", "utf-16be", "shift-jis", "euc-kr", "euc-jp",
		"windows-1252", "windows-1250", "windows-1251", "koi8-r", "iso-8859-5", "windows-1253",
		"windows-1254", "windows-1255", "windows-1256", "windows-874", "cp437", "cp866",
		"iso-8859-2", "windows-1257", "macintosh", "cp850", "cp037",
		"utf-32le", "utf-32be",
	}
}

// Compile prepares needles in UTF-8, in every charset that can write them,
// and in the altered forms of [Forms].
func Compile(needles []Needle) *Set {
	c := collector{index: map[string]int{}}
	c.addCharsets(needles)
	for _, f := range Forms() {
		for i, n := range needles {
			if len(n.Text) < MinLen {
				continue // altering makes it longer, not rarer
			}
			for _, text := range f.Alter(n.Text) {
				if text != n.Text {
					c.add(i, f.Name, []byte(text))
				}
			}
		}
	}
	c.addAltered(needles)
	s := build(c.patterns)
	s.folded = folded(needles)
	return s
}

// addAltered adds what becomes of a text that is turned round, shifted or
// widened before it is written in a charset. The form names both, the charset
// first: "utf-16le reversed".
func (c *collector) addAltered(needles []Needle) {
	const least = 8
	for _, name := range []string{"utf-16le", "gb18030", "big5", "utf-16be", "shift-jis", "euc-kr"} {
		enc := Charset(name).NewEncoder()
		for _, f := range Forms() {
			if f.Name == "spaced" || f.Name == "reverse-bytes" {
				continue
			}
			for i, n := range needles {
				for _, text := range f.Alter(n.Text) {
					enc.Reset()
					if b, err := enc.Bytes([]byte(text)); err == nil && text != n.Text && len(b) >= least && utf8.ValidString(text) {
						c.add(i, name+" "+f.Name, b)
					}
				}
			}
		}
	}
}

// CompileExact prepares needles as the bytes they are, which need not be
// UTF-8.
func CompileExact(needles []Needle) *Set {
	c := collector{index: map[string]int{}}
	for i, n := range needles {
		c.add(i, UTF8, []byte(n.Text))
	}
	return build(c.patterns)
}

// lagNeedles is the number of needles up to which they are looked for under a
// repeating key in every charset.
const lagNeedles = 256

// Lag prepares needles as seen through a repeating key of n bytes: the
// exclusive or of bytes n apart does not depend on the key. Only needles at
// least 2n long are prepared, so that a hit confirms every byte of the key.
// [Shear] treats the bytes to search in the same way.
func Lag(needles []Needle, n int) *Set {
	c := collector{index: map[string]int{}}
	forms := append([]string{UTF8}, Charsets()...)
	if len(needles) > lagNeedles {
		forms = []string{UTF8, "utf-16le", "gb18030"}
	}
	for i, needle := range needles {
		for _, form := range forms {
			b := Encode(needle.Text, form)
			if len(b) >= 2*n && !periodic(b, n) {
				c.add(i, form, Shear(b, n))
			}
		}
	}
	return build(c.patterns)
}

// Shear returns the exclusive or of bytes n apart; it is n shorter than b.
func Shear(b []byte, n int) []byte {
	if len(b) <= n {
		return nil
	}
	out := make([]byte, len(b)-n)
	for i := range out {
		out[i] = b[i] ^ b[i+n]
	}
	return out
}

// periodic reports whether b repeats with period n; its shear is all zero
// and would match any constant bytes.
func periodic(b []byte, n int) bool {
	return len(b) > n && bytes.Equal(b[n:], b[:len(b)-n])
}

// Encode writes text in a form that a hit named, or nil if it cannot.
func Encode(text, form string) []byte {
	if form == UTF8 {
		return []byte(text)
	}
	b, err := Charset(form).NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil
	}
	return b
}

// collector gathers patterns; equal bytes become one pattern.
type collector struct {
	patterns []pattern
	index    map[string]int
}

// addCharsets adds needles in UTF-8 and in every charset that can write them.
func (c *collector) addCharsets(needles []Needle) {
	for i, n := range needles {
		if utf8.ValidString(n.Text) {
			c.add(i, UTF8, []byte(n.Text))
		}
	}
	for _, name := range Charsets() {
		enc := Charset(name).NewEncoder()
		for i, n := range needles {
			enc.Reset()
			if b, err := enc.Bytes([]byte(n.Text)); err == nil && (len(b) >= minLen32 || !strings.HasPrefix(name, "utf-32")) {
				c.add(i, name, b)
			}
		}
	}
}

func (c *collector) add(needle int, form string, b []byte) {
	if len(b) < MinLen {
		return
	}
	if at, ok := c.index[string(b)]; ok {
		p := &c.patterns[at]
		if p.form == form {
			p.needles = append(p.needles, needle)
		}
		return
	}
	c.index[string(b)] = len(c.patterns)
	c.patterns = append(c.patterns, pattern{bytes: b, form: form, needles: []int{needle}})
}
