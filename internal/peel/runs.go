package peel

import (
	"bytes"
	"cmp"
	"encoding/base32"
	"encoding/base64"
	"slices"
	"strings"
)

// run is a stretch of bytes that belong to one alphabet.
type run struct{ from, until int }

const runLimit = 48

// runs finds the longest stretches of at least n bytes that ok accepts, in
// order of place. A longer one than a layer may be is cut.
func runs(b []byte, n int, ok *[256]bool) []run {
	var found []run
	for i := 0; i < len(b); {
		if !ok[b[i]] {
			i++
			continue
		}
		from := i
		for i < len(b) && ok[b[i]] {
			i++
		}
		if i-from >= n {
			found = append(found, run{from, min(i, from+layerLimit)})
			if len(found) >= 4*runLimit {
				found = longest(found)
			}
		}
	}
	return longest(found)
}

// cut bounds runs to what there is room for.
func cut(found []run, limit int) []run {
	for i, r := range found {
		found[i].until = min(r.until, r.from+limit)
	}
	return found
}

func longest(found []run) []run {
	if len(found) <= runLimit {
		return found
	}
	slices.SortStableFunc(found, func(a, b run) int { return cmp.Compare(b.until-b.from, a.until-a.from) })
	found = found[:runLimit]
	slices.SortFunc(found, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	return found
}

// alphabet makes a table of the bytes of s.
func alphabet(s string) *[256]bool {
	var t [256]bool
	for i := range len(s) {
		t[s[i]] = true
	}
	return &t
}

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	alnum   = upper + lower + digits
	newline = "\r\n"
)

// hexPeeler reads runs of hexadecimal digits.
type hexPeeler struct{}

func (hexPeeler) Name() string { return "hex" }

func (hexPeeler) Peel(in Input) []Candidate {
	var out []Candidate
	for _, r := range cut(runs(in.Bytes, 12, alphabet(digits+"abcdefABCDEF")), in.Limit) {
		text := in.Bytes[r.from:r.until]
		for skip := range 1 + len(text)%2 { // glued to one more digit: either end
			plain := unhex(text[skip:])
			c := Candidate{Coats: []string{"hex"}, Bytes: plain, Offset: r.from + skip, Length: 2 * len(plain), Score: bid(plain, 0.8)}
			c.Whole = len(text) == len(in.Bytes)
			out = append(out, c)
		}
	}
	out = append(out, hexLines(in)...)
	return append(out, dumps(in.Bytes)...)
}

// hexLines reads digits that go on over several lines of one length.
func hexLines(in Input) []Candidate {
	var out []Candidate
	for _, r := range cut(runs(in.Bytes, 24, alphabet(digits+"abcdefABCDEF"+newline)), in.Limit) {
		text := bytes.Trim(in.Bytes[r.from:r.until], newline)
		first := bytes.IndexByte(text, '\n')
		if first < 0 || unevenLines(in.Bytes, r) != nil || len(bytes.TrimRight(text[:first], "\r"))%2 != 0 {
			continue
		}
		plain := unhex(withoutLines(text))
		out = append(out, Candidate{Coats: []string{"hex"}, Bytes: plain, Offset: r.from, Length: r.until - r.from, Score: bid(plain, 0.8), Whole: r.until-r.from >= len(in.Bytes)-2})
	}
	return out
}

// dumps reads pairs of digits with the same separator between all of them:
// "41:42", "41 42", "0x41, 0x42".
func dumps(b []byte) []Candidate {
	var out []Candidate
	for at := 0; at+24 <= len(b) && len(out) < runLimit; {
		plain, length := dump(b[at:])
		if len(plain) < 8 {
			at++
			continue
		}
		whole := at+length >= len(b)-4 && at <= 4
		out = append(out, Candidate{Coats: []string{"hex"}, Bytes: plain, Offset: at, Length: length, Score: bid(plain, 0.8), Whole: whole})
		at += length
	}
	return out
}

// dump reads pairs from the front. The separator is what stands behind the
// first; ends of lines may stand beside it or instead of it.
func dump(b []byte) (plain []byte, length int) {
	hi, lo := hexValue(b[0]), hexValue(b[1])
	if hi < 0 || lo < 0 {
		return nil, 0
	}
	end := 2
	for end < len(b) && end < 6 && !pairAt(b, end) {
		end++
	}
	sep := b[2:end]
	if bytes.ContainsAny(sep, `%\=&`) {
		return nil, 0 // escapes, which have their own names
	}
	if len(sep) == 0 || len(sep) > 3 && string(sep) != ", 0x" || !pairAt(b, end) || bytes.ContainsAny(sep, alnum[:52]) && !bytes.HasSuffix(sep, []byte("0x")) {
		return nil, 0
	}
	plain = append(plain, byte(hi<<4|lo))
	for at := 2; ; {
		length = at
		rest := b[at:]
		trimmed := bytes.TrimLeft(bytes.TrimPrefix(rest, bytes.TrimRight(sep, " ")), " \r\n\t")
		switch {
		case bytes.HasPrefix(rest, sep):
			at += len(sep)
		case len(trimmed) < len(rest) && bytes.ContainsAny(rest[:len(rest)-len(trimmed)], newline):
			at += len(rest) - len(trimmed)
			if bytes.HasSuffix(sep, []byte("0x")) && bytes.HasPrefix(trimmed, []byte("0x")) {
				at += 2
			}
		default:
			return plain, length
		}
		if !pairAt(b, at) {
			return plain, length
		}
		plain = append(plain, byte(hexValue(b[at])<<4|hexValue(b[at+1])))
		at += 2
	}
}

// pairAt reports whether just two hexadecimal digits stand at a place.
func pairAt(b []byte, at int) bool {
	digit := func(i int) bool { return i < len(b) && hexValue(b[i]) >= 0 }
	return digit(at) && digit(at+1) && !digit(at+2)
}

// unhex decodes pairs of digits and stops at the first other byte.
func unhex(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		hi, lo := hexValue(b[i]), hexValue(b[i+1])
		if hi < 0 || lo < 0 {
			break
		}
		out = append(out, byte(hi<<4|lo))
	}
	return out
}

// bid is the score of decoded bytes: high if they show what they are.
func bid(plain []byte, base float64) float64 {
	switch {
	case known(plain):
		return 0.97
	case len(plain) >= 6 && readable(plain):
		return 0.95
	}
	return base
}

// known reports whether b begins like a format that this package opens.
func known(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	switch b[0] {
	case '7', 'M', '!', 0xed, '0', 0xd0:
		return archiveHead(b) != "" && (b[0] != '0' || len(bytes.Trim(b[:32], digits+"abcdefABCDEF")) == 0)
	case 'x': // zlib at its usual levels
		return strings.IndexByte("\x01\x9c\xda\x5e", b[1]) >= 0
	case 0x1f, 0x28, 0xff, 0x04, 'B', 'P', 'H', 'b', 'S', 'L', 0x89, 0xfd:
		for _, m := range []string{"\x1f\x8b\x08", "\x28\xb5\x2f\xfd", "\xff\x06\x00\x00sNaPpY", "\x04\x22\x4d\x18", "BZh", "PK\x03\x04", "HTTP/1.", "bplist00", "SQLite format 3", "\xfd7zXZ\x00", "LZIP\x01", "\x89PNG\r\n"} {
			if bytes.HasPrefix(b, []byte(m)) {
				return true
			}
		}
	}
	return false
}

// base64Peeler reads runs of either base64 alphabet (RFC 4648), with or
// without padding, over several lines, and glued to other text.
type base64Peeler struct{}

func (base64Peeler) Name() string { return "base64" }

func (base64Peeler) Peel(in Input) []Candidate {
	var out []Candidate
	for _, kind := range []struct{ name, extra string }{{"base64", "+/"}, {"base64url", "-_"}} {
		for _, r := range cut(indented(in.Bytes, alphabet(alnum+kind.extra+newline)), in.Limit) {
			text := in.Bytes[r.from:r.until]
			if kind.name == "base64url" && !bytes.ContainsAny(text, "-_") {
				continue
			}
			bids := base64Bids(in, kind.name, r)
			for _, line := range unevenLines(in.Bytes, r) {
				bids = append(bids, base64Bids(in, kind.name, line)...)
			}
			if kind.name == "base64" && cutByURLSign(in.Bytes, r) {
				// Most likely a part of a run in the other alphabet, which
				// explains more; this one is looked at after it.
				for i := range bids {
					bids[i].Score /= 4
				}
			}
			out = append(out, bids...)
		}
	}
	return out
}

// indented are the runs of at least twelve signs; lines that begin with blanks,
// as in markup, go on.
func indented(b []byte, signs *[256]bool) []run {
	var out []run
	for _, r := range runs(b, 12, signs) {
		if n := len(out); n > 0 && r.from < out[n-1].until {
			continue // taken already
		}
		for b[r.until-1] == '\n' {
			at := r.until
			for at < len(b) && (b[at] == ' ' || b[at] == '\t') {
				at++
			}
			from := at
			for at < len(b) && signs[b[at]] {
				at++
			}
			if from == r.until || at == from {
				break
			}
			r.until = at
		}
		out = append(out, r)
	}
	return out
}

const unevenLimit = 8

// unevenLines are the lines of a run that are no one block: the lines of a
// block are of one length, but for the last.
func unevenLines(b []byte, r run) []run {
	var lines []run
	even := true
	for from := r.from; from < r.until; {
		end := from
		for end < r.until && b[end] != '\n' {
			end++
		}
		if end > from {
			if n := len(lines); n > 1 {
				even = even && lines[n-1].until-lines[n-1].from == lines[0].until-lines[0].from
			}
			lines = append(lines, run{from, end})
		}
		from = end + 1
	}
	block := func(n int) bool { return even && n%4 == 0 && lines[len(lines)-1].until-lines[len(lines)-1].from <= n }
	if n := len(lines); n < 2 || n > unevenLimit || block(lines[0].until-lines[0].from) {
		return nil
	}
	return lines
}

// cutByURLSign reports whether a run ends where the URL alphabet goes on.
func cutByURLSign(b []byte, r run) bool {
	url := func(at int) bool { return at >= 0 && at < len(b) && (b[at] == '-' || b[at] == '_') }
	return url(r.from-1) || url(r.until)
}

// base64Bids decodes a run at its four alignments: text in front may belong
// to the same alphabet.
func base64Bids(in Input, name string, r run) []Candidate {
	text, size := in.Bytes[r.from:r.until], len(in.Bytes)
	compact := withoutLines(text)
	base := 0.75
	if !mixed(compact) {
		base = 0.35 // may as well be a word or a number
	}
	var out []Candidate
	for skip := range 4 {
		if len(compact)-skip < 8 || skip > 0 && (len(compact) > 1<<16 || len(compact) < len(text)) {
			break
		}
		plain := unbase64(compact[skip:])
		score := bid(plain, base)
		if score == base && (skip > 0 || base < 0.5 && len(compact) < 32) {
			if (skip > 0 && len(compact) < 24 || base < 0.5) && !proven(in, plain) {
				continue
			}
			score = base / 3
		}
		if score <= base && in.Derived && len(compact) < 24 && !proven(in, plain) {
			continue // under a key that was guessed there are many
		}
		whole := skip == 0 && r.until-r.from >= size-2
		out = append(out, Candidate{Coats: []string{name}, Bytes: plain, Offset: r.from + skip, Length: len(text) - skip, Score: score, Whole: whole})
	}
	return out
}

// proven reports whether a known text is in what came out. On the way back,
// when it is known what is looked for, everything may be.
func proven(in Input, plain []byte) bool { return in.Cribs == nil || in.Cribs.Has(plain) }

// mixed reports whether text has upper case, lower case and digits, as
// base64 of any length nearly always does.
func mixed(b []byte) bool {
	return bytes.ContainsAny(b, upper) && bytes.ContainsAny(b, lower) && (len(b) < 24 || bytes.ContainsAny(b, digits))
}

func withoutLines(b []byte) []byte {
	if !bytes.ContainsAny(b, newline) {
		return b
	}
	return bytes.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, b)
}

// unbase64 decodes either alphabet, padding and left-over bits ignored.
func unbase64(b []byte) []byte {
	b = bytes.TrimRight(b, "=")
	if bytes.ContainsAny(b, "-_") {
		b = bytes.Map(func(r rune) rune {
			switch r {
			case '-':
				return '+'
			case '_':
				return '/'
			}
			return r
		}, b)
	}
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(out, b) // what comes before a wrong byte counts
	return out[:n]
}

// base32Peeler reads runs of base32 (RFC 4648) in either case.
type base32Peeler struct{}

func (base32Peeler) Name() string { return "base32" }

func (base32Peeler) Peel(in Input) []Candidate {
	var out []Candidate
	for _, letters := range []string{upper, lower} {
		for _, r := range cut(runs(in.Bytes, 13, alphabet(letters+"234567"+newline)), in.Limit) {
			text := in.Bytes[r.from:r.until]
			plain := unbase32(withoutLines(text))
			if len(plain) < 8 || in.Derived && len(plain) < 16 && !readable(plain) && !proven(in, plain) {
				continue
			}
			base := 0.3
			if bytes.ContainsAny(text, "234567") {
				base = 0.6
			}
			out = append(out, Candidate{Coats: []string{"base32"}, Bytes: plain, Offset: r.from, Length: len(text), Score: bid(plain, base), Whole: len(text) >= len(in.Bytes)-6})
			out = append(out, glued32(in, r)...)
		}
	}
	return out
}

// gluedLimit is the longest run that is decoded at every place in front.
const gluedLimit = 1 << 16

// glued32 decodes a run that begins with letters of another text, if what
// comes out shows where.
func glued32(in Input, r run) []Candidate {
	var out []Candidate
	if r.until-r.from > gluedLimit {
		return nil
	}
	for skip := 1; skip < 8 && r.until-r.from-skip >= 13; skip++ {
		plain := unbase32(withoutLines(in.Bytes[r.from+skip : r.until]))
		if in.Cribs == nil || in.Cribs.Has(plain) || known(plain) || readable(plain) && evidence(plain) >= 40 {
			out = append(out, Candidate{Coats: []string{"base32"}, Bytes: plain, Offset: r.from + skip, Length: r.until - r.from - skip, Score: 0.93})
		}
	}
	return out
}

func unbase32(b []byte) []byte {
	b = bytes.ToUpper(bytes.TrimRight(b, "="))
	for odd := map[int]bool{1: true, 3: true, 6: true}; odd[len(b)%8]; {
		b = b[:len(b)-1]
	}
	enc := base32.StdEncoding.WithPadding(base32.NoPadding)
	out := make([]byte, enc.DecodedLen(len(b)))
	n, _ := enc.Decode(out, b)
	return out[:n]
}
