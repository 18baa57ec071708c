package peel_test

import (
	"bytes"
	"compress/lzw"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// coat is an encoder: what a peeler undoes. The tests compose them.
type coat struct {
	// name is what the path of a find must hold, up to a colon.
	name string
	// takes is the input it can wrap: 'A' for ASCII, 'U' for UTF-8, 'B' for
	// any bytes.
	takes byte
	// most is the longest input, 0 for any.
	most int
	// top: it only makes sense as the outermost coat. box: a container.
	// cipher: a cipher whose key can be derived.
	top, box, cipher bool
	wrap             func(r *rand.Rand, b []byte) []byte
}

// fits reports whether b is such an input.
func (c coat) fits(b []byte) bool {
	if c.most > 0 && len(b) > c.most || len(b) == 0 {
		return false
	}
	switch c.takes {
	case 'A':
		return kindOf(b) == 'A'
	case 'U':
		return kindOf(b) != 'B'
	}
	return true
}

func kindOf(b []byte) byte {
	if !utf8.Valid(b) {
		return 'B'
	}
	kind := byte('A')
	for _, c := range b {
		if c >= 0x80 {
			kind = 'U'
		} else if c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return 'B'
		}
	}
	return kind
}

// fixed makes a wrapper that draws nothing.
func fixed(f func(b []byte) []byte) func(*rand.Rand, []byte) []byte {
	return func(_ *rand.Rand, b []byte) []byte { return f(b) }
}

func texts(f func(b []byte) string) func(*rand.Rand, []byte) []byte {
	return func(_ *rand.Rand, b []byte) []byte { return []byte(f(b)) }
}

// coats is every encoder of the tests.
func coats(t testing.TB) []coat {
	t.Helper()
	return append(append(append(codings(), compressions(t)...), boxes(t)...), derivables()...)
}

func codings() []coat {
	return append(escapes(), bases()...)
}

// escapes are the codings that leave some of the text as it is.
func escapes() []coat {
	return []coat{
		{name: "percent", takes: 'B', wrap: texts(func(b []byte) string { return url.QueryEscape(string(b)) })},
		{name: "percent", takes: 'B', wrap: texts(func(b []byte) string { return url.PathEscape(string(b)) })},
		{name: "percent", takes: 'B', wrap: texts(func(b []byte) string { return url.QueryEscape(url.QueryEscape(string(b))) })},
		{name: "percent", takes: 'B', wrap: each("%%%02x")},
		{name: "percent-u", takes: 'U', wrap: eachUnit("%%u%04X")},
		{name: "json-u", takes: 'U', wrap: eachUnit(`\u%04x`)},
		{name: "json-u", takes: 'U', wrap: eachUnit(`\u%04X`)},
		{name: "js-escape", takes: 'U', wrap: eachRune(`\u{%x}`)},
		{name: "c-escape", takes: 'U', wrap: eachRune(`\x{%x}`)},
		{name: "c-escape", takes: 'U', wrap: eachRune(`\U%08x`)},
		{name: "code-point", takes: 'U', wrap: eachRune("U+%04X ")},
		{name: "css-escape", takes: 'U', wrap: eachRune(`\%06x`)},
		{name: "css-escape", takes: 'U', wrap: eachRune(`\%x `)},
		{name: "html-entity", takes: 'U', wrap: eachRune("&#%d;")},
		{name: "html-entity", takes: 'U', wrap: eachRune("&#x%X;")},
		{name: "c-escape", takes: 'B', wrap: each(`\x%02x`)},
		{name: "c-escape", takes: 'B', wrap: each(`\%03o`)},
		{name: "quoted-printable", takes: 'U', wrap: texts(quotedPrintable)},
		{name: "utf-7", takes: 'U', wrap: texts(utf7Of)},
		{name: "utf-16le", takes: 'U', wrap: fixed(func(b []byte) []byte { return wide(string(b)) })},
		{name: "utf-16be", takes: 'U', wrap: fixed(func(b []byte) []byte { return wideText(string(b)) })},
		{name: "utf-32le", takes: 'U', wrap: fixed(func(b []byte) []byte { return utf32(string(b)) })},
		{name: "caesar", takes: 'A', wrap: func(r *rand.Rand, b []byte) []byte {
			k := rune(1 + r.IntN(25))
			return []byte(strings.Map(func(c rune) rune { return shifted(c, k) }, string(b)))
		}},
		{name: "rot47", takes: 'A', wrap: fixed(func(b []byte) []byte { return exchange(b, '!', '~', 47) })},
		{name: "reverse-bytes", takes: 'B', wrap: fixed(reversed)},
	}
}

// exchange turns the signs from first to last by some places.
func exchange(b []byte, first, last byte, places int) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= first && c <= last {
			out[i] = first + byte((int(c-first)+places)%int(last-first+1))
		}
	}
	return out
}

func each(format string) func(*rand.Rand, []byte) []byte {
	return texts(func(b []byte) string {
		var out strings.Builder
		for _, c := range b {
			fmt.Fprintf(&out, format, c)
		}
		return out.String()
	})
}

func eachUnit(format string) func(*rand.Rand, []byte) []byte {
	return texts(func(b []byte) string {
		var out strings.Builder
		for _, u := range utf16.Encode([]rune(string(b))) {
			fmt.Fprintf(&out, format, u)
		}
		return out.String()
	})
}

func eachRune(format string) func(*rand.Rand, []byte) []byte {
	return texts(func(b []byte) string {
		var out strings.Builder
		for _, c := range string(b) {
			fmt.Fprintf(&out, format, c)
		}
		return out.String()
	})
}

func quotedPrintable(b []byte) string {
	var out strings.Builder
	line := 0
	for _, c := range b {
		if line > 72 {
			out.WriteString("=\r\n")
			line = 0
		}
		if c >= 0x80 || c == '=' || c < ' ' || c == 'e' {
			fmt.Fprintf(&out, "=%02X", c)
			line += 3
			continue
		}
		out.WriteByte(c)
		line++
	}
	return out.String()
}

// utf7Of shifts everything but letters, as careless encoders do.
func utf7Of(b []byte) string {
	var out strings.Builder
	var held []rune
	flush := func() {
		if len(held) == 0 {
			return
		}
		out.WriteString("+" + base64.RawStdEncoding.EncodeToString(wideText(string(held))) + "-")
		held = nil
	}
	for i, c := range []rune(string(b)) {
		if c < 0x80 && c != '+' && i%9 != 0 {
			flush()
			out.WriteRune(c)
			continue
		}
		held = append(held, c)
	}
	flush()
	return out.String()
}

// bases are the codings of bytes in printable signs.
func bases() []coat {
	return []coat{
		{name: "hex", takes: 'B', wrap: texts(hex.EncodeToString)},
		{name: "hex", takes: 'B', wrap: texts(func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) })},
		{name: "hex", takes: 'B', wrap: func(r *rand.Rand, b []byte) []byte {
			sep := []string{":", " ", "-", ", ", "+", "|", ";"}[r.IntN(7)]
			return []byte(strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%02x"+sep, len(b)), boxed(b)...), sep))
		}},
		{name: "hex", takes: 'B', wrap: texts(func(b []byte) string { return fmt.Sprintf(strings.Repeat("0x%02x,", len(b)), boxed(b)...) })},
		{name: "decimal", takes: 'B', wrap: each("%d,")},
		{name: "decimal", takes: 'B', wrap: texts(func(b []byte) string {
			out, _ := json.Marshal(signed(b))
			return string(out)
		})},
		{name: "binary", takes: 'B', wrap: each("%08b ")},
		{name: "octal", takes: 'B', wrap: each("%03o ")},
		{name: "base64", takes: 'B', wrap: texts(base64.StdEncoding.EncodeToString)},
		{name: "base64", takes: 'B', wrap: texts(base64.RawStdEncoding.EncodeToString)},
		{name: "base64", takes: 'B', wrap: texts(base64.URLEncoding.EncodeToString)},
		{name: "base64", takes: 'B', wrap: texts(func(b []byte) string { return inLines(base64.StdEncoding.EncodeToString(b), 76, "\r\n") })},
		{name: "base32", takes: 'B', wrap: texts(base32.StdEncoding.EncodeToString)},
		{name: "base32", takes: 'B', wrap: texts(func(b []byte) string {
			return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
		})},
		{name: "base32hex", takes: 'B', wrap: texts(base32.HexEncoding.EncodeToString)},
		{name: "base32-crockford", takes: 'B', wrap: inBase32("0123456789ABCDEFGHJKMNPQRSTVWXYZ")},
		{name: "z-base-32", takes: 'B', wrap: inBase32("ybndrfg8ejkmcpqxot1uwisza345h769")},
		{name: "base64-crypt", takes: 'B', wrap: inBase64("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")},
		{name: "base64-bcrypt", takes: 'B', wrap: inBase64("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")},
		{name: "base45", takes: 'B', wrap: texts(base45)},
		{name: "base58", takes: 'B', most: 600, wrap: texts(base58)},
		{name: "base62", takes: 'B', most: 600, wrap: texts(func(b []byte) string {
			return inBase(b, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
		})},
		{name: "base36", takes: 'B', most: 300, wrap: texts(func(b []byte) string { return inBase(b, "0123456789abcdefghijklmnopqrstuvwxyz") })},
		{name: "base91", takes: 'B', wrap: texts(in91)},
		{name: "ascii85", takes: 'B', wrap: func(r *rand.Rand, b []byte) []byte {
			out := make([]byte, ascii85.MaxEncodedLen(len(b)))
			out = out[:ascii85.Encode(out, b)]
			if r.IntN(2) == 0 {
				out = []byte("<~" + string(out) + "~>")
			}
			return out
		}},
		{name: "base85", takes: 'B', wrap: texts(func(b []byte) string {
			return in85(b, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~")
		})},
		{name: "z85", takes: 'B', wrap: texts(func(b []byte) string {
			return in85(b, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#")
		})},
		{name: "base58", takes: 'B', most: 300, wrap: texts(func(b []byte) string {
			return inBase(b, "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ")
		})},
		{name: "hexdump", takes: 'B', wrap: fixed(dumped)},
		{name: "hex", takes: 'B', wrap: texts(func(b []byte) string { return inLines(hex.EncodeToString(b), 64, "\n") })},
		{name: "base64", takes: 'B', wrap: texts(func(b []byte) string {
			return "<data>\n\t" + strings.TrimSpace(inLines(base64.StdEncoding.EncodeToString(b), 60, "\n\t")) + "\n</data>"
		})},
		{name: "uuencode", takes: 'B', wrap: fixed(uu)},
		{name: "yenc", takes: 'B', wrap: fixed(yencOf)},
	}
}

// dumped is what the program xxd prints.
func dumped(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i += 16 {
		line := b[i:min(len(b), i+16)]
		out = fmt.Appendf(out, "%08x:", i)
		for j := range 16 {
			if j%2 == 0 {
				out = append(out, ' ')
			}
			if j < len(line) {
				out = fmt.Appendf(out, "%02x", line[j])
			} else {
				out = append(out, "  "...)
			}
		}
		out = append(out, "  "...)
		for _, c := range line {
			if c < ' ' || c > '~' {
				c = '.'
			}
			out = append(out, c)
		}
		out = append(out, '\n')
	}
	return out
}

// latin1 is text whose bytes were taken for characters.
func latin1(b []byte) []byte {
	var out []byte
	for _, c := range b {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

func signed(b []byte) []int8 {
	out := make([]int8, len(b))
	for i, c := range b {
		out[i] = int8(c)
	}
	return out
}

func inBase32(signs string) func(*rand.Rand, []byte) []byte {
	return texts(base32.NewEncoding(signs).WithPadding(base32.NoPadding).EncodeToString)
}

func inBase64(signs string) func(*rand.Rand, []byte) []byte {
	return texts(base64.NewEncoding(signs).WithPadding(base64.NoPadding).EncodeToString)
}

func boxed(b []byte) []any {
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = c
	}
	return out
}

func inLines(s string, n int, end string) string {
	var out strings.Builder
	for len(s) > n {
		out.WriteString(s[:n] + end)
		s = s[n:]
	}
	return out.String() + s + end
}

func yencOf(b []byte) []byte {
	out := []byte(fmt.Sprintf("=ybegin line=128 size=%d name=note.bin\r\n", len(b)))
	for i, c := range b {
		c += 42
		if c == 0 || c == '\n' || c == '\r' || c == '=' {
			out = append(out, '=')
			c += 64
		}
		if out = append(out, c); i%128 == 127 {
			out = append(out, "\r\n"...)
		}
	}
	return append(out, fmt.Sprintf("\r\n=yend size=%d\r\n", len(b))...)
}

func compressions(t testing.TB) []coat {
	t.Helper()
	c := func(name string, f func(b []byte) []byte) coat { return coat{name: name, takes: 'B', wrap: fixed(f)} }
	return []coat{
		c("gzip", gz), c("zlib", zl), c("deflate", func(b []byte) []byte { return deflated(t, b) }),
		c("brotli", func(b []byte) []byte {
			var out bytes.Buffer
			w := brotli.NewWriterLevel(&out, 9)
			w.Write(b) //nolint:errcheck // a buffer
			w.Close()  //nolint:errcheck // a buffer
			return out.Bytes()
		}),
		c("zstd", func(b []byte) []byte {
			w, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			return w.EncodeAll(b, nil)
		}),
		c("snappy", func(b []byte) []byte {
			var out bytes.Buffer
			w := snappy.NewBufferedWriter(&out)
			w.Write(b) //nolint:errcheck // a buffer
			w.Close()  //nolint:errcheck // a buffer
			return out.Bytes()
		}),
		c("snappy", func(b []byte) []byte { return snappy.Encode(nil, b) }),
		c("lz4", lz4Frame), c("lz4", lz4Sized),
		c("bzip2", bzip2Of), c("xz", xzStored),
		c("lzw", func(b []byte) []byte { return lzwOf(t, lzw.MSB, b) }),
		c("lzw", func(b []byte) []byte { return lzwOf(t, lzw.LSB, b) }),
		c("lzw", compressZ),
	}
}

// derivables are the ciphers whose key follows from the known text.
func derivables() []coat {
	return []coat{
		{name: "xor", takes: 'B', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte {
			key := make([]byte, 1+r.IntN(4))
			for i := range key {
				key[i] = byte(1 + r.IntN(255))
			}
			return xor(string(key), b)
		}},
		{name: "xor-chain", takes: 'B', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte { return chain(b, byte(1+r.IntN(255))) }},
		{name: "add", takes: 'B', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte {
			return mapped(b, 1, byte(1+r.IntN(255)))
		}},
		{name: "xor:counter", takes: 'U', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte {
			k := byte(r.IntN(256))
			out := bytes.Clone(b)
			for i := range out {
				out[i] ^= k + byte(i)
			}
			return out
		}},
		{name: "rotate-bits", takes: 'U', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte {
			k := 1 + r.IntN(7)
			out := bytes.Clone(b)
			for i, c := range out {
				out[i] = c<<k | c>>(8-k)
			}
			return out
		}},
		{name: "affine", takes: 'B', cipher: true, wrap: func(r *rand.Rand, b []byte) []byte {
			return mapped(b, byte(3+2*r.IntN(120)), byte(r.IntN(256)))
		}},
	}
}

// mapped is the affine cipher over bytes.
func mapped(b []byte, factor, add byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = c*factor + add
	}
	return out
}
