package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

// headerText writes the value of a field: as it is where it survives the way,
// else as encoded words (RFC 2047), one a line.
func headerText(text string) string {
	if plainHeader(text) {
		return text
	}
	var b strings.Builder
	for i, chunk := range chunks(text, 42) {
		if i > 0 {
			b.WriteString("\r\n ")
		}
		b.WriteString("=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(chunk)) + "?=")
	}
	return b.String()
}

func plainHeader(text string) bool {
	if len(text) > 900 || strings.Contains(text, "=?") || strings.Trim(text, " \t") != text || text == "" {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// chunks cuts a text into pieces of at most n bytes, between characters.
func chunks(text string, n int) []string {
	var out []string
	for len(text) > n {
		cut := n
		for cut > n-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
			cut--
		}
		out, text = append(out, text[:cut]), text[cut:]
	}
	return append(out, text)
}

// wrapped64 is base64 in lines of 76 characters.
func wrapped64(text string) []byte {
	all := base64.StdEncoding.EncodeToString([]byte(text))
	var b strings.Builder
	for len(all) > 76 {
		b.WriteString(all[:76] + "\r\n")
		all = all[76:]
	}
	b.WriteString(all + "\r\n")
	return []byte(b.String())
}

// quoted is quoted-printable (RFC 2045, 6.7), with a line end after the text.
func quoted(text string) []byte {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		quotedLine(&b, line)
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

func quotedLine(b *strings.Builder, line string) {
	from := strings.HasPrefix(line, "From ")
	column := 0
	for i := range len(line) {
		c := line[i]
		blank := c == ' ' || c == '\t'
		literal := c > ' ' && c <= '~' && c != '=' || blank && i < len(line)-1
		// Relays mark lines that begin with "From", and trip over dots.
		if i == 0 && (from || c == '.') {
			literal = false
		}
		out := string(rune(c))
		if !literal {
			out = fmt.Sprintf("=%02X", c)
		}
		if column+len(out) > 75 {
			b.WriteString("=\r\n")
			column = 0
		}
		b.WriteString(out)
		column += len(out)
	}
}
