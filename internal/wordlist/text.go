package wordlist

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	xunicode "golang.org/x/text/encoding/unicode"
)

// Charsets that lists are read in, as [Options.Charset] names them.
func Charsets() []string { return []string{"utf-8", "utf-16le", "utf-16be", "gb18030", "big5"} }

func decoder(charset string) encoding.Encoding {
	switch charset {
	case "utf-16le":
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM)
	case "utf-16be":
		return xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM)
	case "gb18030":
		return simplifiedchinese.GB18030
	case "big5":
		return traditionalchinese.Big5
	}
	return xunicode.UTF8BOM
}

// decode reads b in a charset; ok is false unless all of it is text.
func decode(b []byte, charset string) (text string, ok bool) {
	b = bytes.TrimRight(b, "\x00") // padding
	if charset == "utf-16le" && len(b)%2 == 1 {
		b = append(bytes.Clone(b), 0)
	}
	if (charset == "utf-8" || charset == "") && !utf8.Valid(b) {
		return "", false
	}
	out, err := decoder(charset).NewDecoder().Bytes(b)
	text = string(out)
	return text, err == nil && text != "" && isText(text)
}

// isText refuses what no line of a list holds.
func isText(s string) bool {
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
		case r == utf8.RuneError, unicode.Is(unicode.Cc, r), unicode.Is(unicode.Co, r):
			return false
		}
	}
	return true
}

// guess finds the charset of text that is not UTF-8. What looks like text of
// several is taken for the one in which more of it is common.
func guess(b []byte) (text, charset string, ok bool) {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		charset = map[bool]string{true: "utf-16le", false: "utf-16be"}[b[0] == 0xff]
		text, ok = decode(b, charset)
		return text, charset, ok
	}
	best := 0.8
	for _, cs := range Charsets()[1:] {
		got, fits := decode(b, cs)
		if !fits {
			continue
		}
		if c := common(got); c > best {
			text, charset, best, ok = got, cs, c, true
		}
	}
	return text, charset, ok
}

// common is the share of characters that words of lists are made of: ASCII,
// and Han characters that GB 2312 or the first plane of Big5 has.
func common(s string) float64 {
	n, good := 0, 0.0
	gb, big := simplifiedchinese.HZGB2312.NewEncoder(), traditionalchinese.Big5.NewEncoder()
	for _, r := range s[:min(len(s), 64<<10)] {
		n++
		switch {
		case r < 0x7f, r >= 0x3000 && r < 0x3040, r >= 0xff00 && r < 0xfff0:
			good++
		case unicode.Is(unicode.Han, r):
			if _, err := gb.String(string(r)); err == nil {
				good++
			} else if b, err := big.String(string(r)); err == nil && b[0] < 0xc9 {
				good += 0.95
			}
		}
	}
	return good / float64(max(n, 1))
}

// trimmed is a text without blanks and byte order marks around it.
func trimmed(text string) string {
	return strings.TrimFunc(bare(text), unicode.IsSpace)
}

// bare is a line without what ends it, and without byte order marks. Blanks
// stay: a filter that looks for "a " does not find "a".
func bare(line string) string {
	return strings.TrimRight(strings.Trim(line, "\ufeff\x00"), "\r\n\x00")
}
