package peel

import (
	"bytes"
	"encoding/base64"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// punycodeEscape reads a label that begins with "xn--" (RFC 3492).
func punycodeEscape(b []byte) (int, []byte) {
	if len(b) < 6 || !bytes.EqualFold(b[:4], []byte("xn--")) {
		return 0, nil
	}
	n := 4
	for n < len(b) && n < 4+256 && (hexValue(b[n]) >= 0 || b[n]|0x20 >= 'g' && b[n]|0x20 <= 'z' || b[n] == '-') {
		n++
	}
	plain := punycode(b[4:n])
	if plain == nil {
		return 0, nil
	}
	return n, plain
}

// punycode decodes a label without its prefix; nil if it is none.
func punycode(label []byte) []byte {
	var runes []rune
	if dash := bytes.LastIndexByte(label, '-'); dash > 0 {
		for _, c := range label[:dash] {
			runes = append(runes, rune(c))
		}
		label = label[dash+1:]
	}
	code, at, bias := 128, 0, 72
	for first := true; len(label) > 0; first = false {
		before, weight := at, 1
		for k := 36; ; k += 36 {
			if len(label) == 0 || at > 1<<28 || weight > 1<<24 {
				return nil
			}
			d := punyDigit(label[0])
			label = label[1:]
			if d < 0 {
				return nil
			}
			at += d * weight
			t := min(max(k-bias, 1), 26)
			if d < t {
				break
			}
			weight *= 36 - t
		}
		bias = punyBias(at-before, len(runes)+1, first)
		code += at / (len(runes) + 1)
		at %= len(runes) + 1
		if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return nil
		}
		runes = slices.Insert(runes, at, rune(code))
		at++
	}
	if at == 0 {
		return nil
	}
	return []byte(string(runes))
}

func punyDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c-'0') + 26
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c | 0x20 - 'a')
	}
	return -1
}

func punyBias(delta, points int, first bool) int {
	if first {
		delta /= 700
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > 455; k += 36 {
		delta /= 35
	}
	return k + 36*delta/(delta+38)
}

// utf7 returns a reader of the runs of UTF-7 (RFC 2152, shift '+') or of
// mailbox names (RFC 3501, shift '&', ',' for '/').
func utf7(shift byte) func(b []byte) (int, []byte) {
	return func(b []byte) (int, []byte) {
		if b[0] != shift {
			return 0, nil
		}
		n := 1
		for n < len(b) && n < 4096 && utf7Sign(b[n], shift) {
			n++
		}
		if n < 4 {
			return 0, nil
		}
		plain := utf7Run(bytes.ReplaceAll(b[1:n], []byte(","), []byte("/")))
		if plain == nil {
			return 0, nil
		}
		if n < len(b) && b[n] == '-' {
			n++
		}
		return n, plain
	}
}

func utf7Sign(c, shift byte) bool {
	slash := byte('/')
	if shift == '&' {
		slash = ','
	}
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '+' || c == slash
}

// utf7Run decodes base64 of UTF-16BE. Left-over bits must be zero, and there
// must be no control characters.
func utf7Run(b []byte) []byte {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(string(b))
	if err != nil || len(raw) < 2 || len(raw)%2 != 0 {
		return nil
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	runes := utf16.Decode(units)
	odd := 0
	for _, r := range runes {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return nil
		}
		if r >= 0x7f && !common(r) {
			odd++
		}
	}
	if 3*odd > len(runes) {
		return nil // as likely a plus amid other text
	}
	return []byte(string(runes))
}
