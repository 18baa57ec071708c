package peel_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/lzw"
	"context"
	"encoding/ascii85"
	"encoding/asn1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/big"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/net/http2/hpack"
	"golang.org/x/net/idna"

	"example.org/telltale/internal/peel"
)

// xzMarked and lzmaMarked hold marked, written by the program xz.
const (
	xzMarked   = "fd377a585a000004e6d6b4460200210116000000742fe5a3010033736f6d6520776f72647320696e2066726f6e74206f66206b76717a6a786d6e776220616e6420736f6d6520626568696e642069740014a369cf166fdfc500014c349741fe5d1fb6f37d010000000004595a"
	lzmaMarked = "5d00008000ffffffffffffffff00399bc9f2e750ca83c76ae1382311d2c57bdb77ec004c597c3e8f0f3d55f6a962f6f6dabaaaaff6ad02bf7248009a32b59315e7fffc22a000"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// containers is one input for each peeler of containers and rarer codings.
func containers(t testing.TB) map[string][]byte {
	t.Helper()
	text := []byte(marked)
	return map[string][]byte{
		"xml":           []byte("<?xml version=\"1.0\"?><r><u>abcdefg</u><m><![CDATA[" + marked + "]]></m></r>"),
		"http2":         http2Frames(t),
		"grpc":          append([]byte{0, 0, 0, 0, byte(len(text))}, text...),
		"websocket":     append(wsFrame(0x81, []byte("{\"ping\":1}")), wsFrame(0x82, text)...),
		"dns":           dnsTXT(marked),
		"zip":           zipped(t, zip.Deflate, marked),
		"tar":           tarred(t, marked),
		"archive":       arOf(text),
		"hexdump":       dumped(text),
		"sqlite":        sqlitePage(marked),
		"bplist":        bplist(marked),
		"asn1":          asn1Of(t, marked),
		"bson":          bsonOf(marked),
		"msgpack":       append([]byte("\x82\xa1t\xce\x65\x00\x00\x00\xa3msg\xd9"+string(rune(len(text)))), text...),
		"cbor":          append([]byte("\xa2atcabccmsg\x7f\x65some "), append([]byte("\x78"+string(rune(len(text)-5))+marked[5:]), 0xff)...),
		"protobuf":      append([]byte("\x08\x96\x01\x12\x03abc\x22"+string(rune(len(text)))), append(text, 0x80, 1, 3)...),
		"frame":         append([]byte{1, 2, 0, 0, 0, byte(len(text) + 8)}, append([]byte("\x00\x01\x02\x80\x81\xff\xfe\x9a"), text...)...),
		"wide":          wideText(marked),
		"punycode":      []byte("see " + punycoded(t, hanMark) + " here"),
		"utf-7":         []byte("+AGs-vqzjxmnwb &AGs-vqzjxmnwb"),
		"mime-word":     []byte("Subject: =?utf-8?B?" + string(b64([]byte(mark))) + "?="),
		"caesar":        []byte(strings.Map(func(r rune) rune { return shifted(r, 5) }, marked)),
		"uuencode":      uu(text),
		"base-n":        []byte(base58(text)),
		"inside":        append([]byte("\x01\x02\x03\x04\x05"), deflated(t, text)...),
		"reverse-bytes": reversed([]byte("aaaa" + mark + "bbbb")),
	}
}

func punycoded(t testing.TB, s string) string {
	t.Helper()
	label, err := idna.Punycode.ToASCII(s)
	if err != nil {
		t.Fatal(err)
	}
	return label
}

func shifted(r rune, k rune) rune {
	if r >= 'a' && r <= 'z' {
		return 'a' + (r-'a'+k)%26
	}
	return r
}

func reversed(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := range b {
		out = append(out, b[len(b)-1-i])
	}
	return out
}

func wideText(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

func deflated(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func wsFrame(head byte, b []byte) []byte {
	mask := []byte{0x37, 0xfa, 0x21, 0x3d}
	out := append([]byte{head, 0x80 | byte(len(b))}, mask...)
	for i, c := range b {
		out = append(out, c^mask[i&3])
	}
	return out
}

func http2Frames(t testing.TB) []byte {
	t.Helper()
	frame := func(kind, flags byte, b []byte) []byte {
		return append([]byte{0, 0, byte(len(b)), kind, flags, 0, 0, 0, 1}, b...)
	}
	var head bytes.Buffer
	if err := hpack.NewEncoder(&head).WriteField(hpack.HeaderField{Name: "x-note", Value: "nothing in it"}); err != nil {
		t.Fatal(err)
	}
	out := append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(1, 4, head.Bytes())...)
	out = append(out, frame(0, 8, append([]byte{3}, marked[:25]+"\x00\x00\x00"...))...)
	return append(out, frame(0, 1, []byte(marked[25:]))...)
}

func dnsTXT(text string) []byte {
	out := []byte("\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03abc\x04test\x00\x00\x10\x00\x01\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c")
	out = append(out, 0, byte(len(text)+2), 25)
	out = append(out, text[:25]...)
	return append(append(out, byte(len(text)-25)), text[25:]...)
}

func zipped(t testing.TB, method uint16, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "note.txt", Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarred(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{Name: "note.txt", Size: int64(len(text)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sqlitePage is a database whose second page is the leaf of a table with one
// row of one text.
func sqlitePage(text string) []byte {
	b := make([]byte, 1024)
	copy(b, "SQLite format 3\x00\x02\x00\x01\x01\x00")
	leaf := b[512:]
	cell := append([]byte{byte(len(text) + 2), 1, 2, byte(13 + 2*len(text))}, text...)
	if 13+2*len(text) > 127 { // the kind takes two bytes
		kind := 13 + 2*len(text)
		cell = append([]byte{byte(len(text) + 3), 1, 3, 0x80 | byte(kind>>7), byte(kind & 0x7f)}, text...)
	}
	at := len(leaf) - len(cell)
	copy(leaf, []byte{13, 0, 0, 0, 1, byte(at >> 8), byte(at), 0, byte(at >> 8), byte(at)})
	copy(leaf[at:], cell)
	return b
}

func bplist(text string) []byte {
	wide := wideText(text)
	out := []byte("bplist00\xd1\x01\x02\x53msg\x6f\x10")
	out = append(append(out, byte(len(text))), wide...)
	return append(out, make([]byte, 32)...)
}

func asn1Of(t testing.TB, text string) []byte {
	t.Helper()
	b, err := asn1.Marshal(struct {
		N    int
		Text []byte
	}{1, []byte(text)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func bsonOf(text string) []byte {
	body := append([]byte("\x02msg\x00"), binary.LittleEndian.AppendUint32(nil, uint32(len(text)+1))...)
	body = append(append(body, text...), 0, 0)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

func uu(b []byte) []byte {
	out := []byte("begin 644 note.txt\n")
	for len(b) > 0 {
		n := min(45, len(b))
		out = append(out, byte(n)+' ')
		for i := 0; i < n; i += 3 {
			var three [3]byte
			copy(three[:], b[i:n])
			v := uint32(three[0])<<16 | uint32(three[1])<<8 | uint32(three[2])
			for shift := 18; shift >= 0; shift -= 6 {
				out = append(out, byte(v>>shift&63)+' ')
			}
		}
		out = append(out, '\n')
		b = b[n:]
	}
	return append(out, "`\nend\n"...)
}

func inBase(b []byte, alphabet string) string {
	n := new(big.Int).SetBytes(b)
	radix, digit := big.NewInt(int64(len(alphabet))), new(big.Int)
	var out []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, digit)
		out = append(out, alphabet[digit.Int64()])
	}
	return string(reversed(out))
}

func base58(b []byte) string {
	return inBase(b, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
}

func base45(b []byte) string {
	const signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	var out strings.Builder
	for ; len(b) > 1; b = b[2:] {
		v := int(b[0])<<8 | int(b[1])
		out.WriteString(string([]byte{signs[v%45], signs[v/45%45], signs[v/2025]}))
	}
	if len(b) == 1 {
		out.WriteString(string([]byte{signs[b[0]%45], signs[b[0]/45]}))
	}
	return out.String()
}

func ascii85Of(b []byte) []byte {
	out := make([]byte, ascii85.MaxEncodedLen(len(b)))
	return out[:ascii85.Encode(out, b)]
}

func in85(b []byte, signs string) string {
	var out strings.Builder
	for ; len(b) > 0; b = b[min(4, len(b)):] {
		var word [4]byte
		n := copy(word[:], b)
		v := binary.BigEndian.Uint32(word[:])
		var five [5]byte
		for i := 4; i >= 0; i-- {
			five[i] = signs[v%85]
			v /= 85
		}
		out.Write(five[:n+1])
	}
	return out.String()
}

func in91(b []byte) string {
	const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,./:;<=>?@[]^_`{|}~\""
	var held, bits uint
	var out []byte
	for _, c := range b {
		held |= uint(c) << bits
		if bits += 8; bits > 13 {
			v := held & 8191
			if v > 88 {
				held >>= 13
				bits -= 13
			} else {
				v = held & 16383
				held >>= 14
				bits -= 14
			}
			out = append(out, signs[v%91], signs[v/91])
		}
	}
	if bits > 0 {
		out = append(out, signs[held%91])
		if bits > 7 || held > 90 {
			out = append(out, signs[held/91])
		}
	}
	return string(out)
}

func lzwOf(t testing.TB, order lzw.Order, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := lzw.NewWriter(&out, order, 8)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// wsDeflated is two compressed messages; the second refers to the first.
func wsDeflated(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		t.Fatal(err)
	}
	var frames []byte
	for _, text := range []string{"some words in front of kvqzj", marked} {
		out.Reset()
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, wsFrame(0xc1, bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff")))...)
	}
	return frames
}

// tunnelled is a text in base32 in the names of several questions.
func tunnelled() []byte {
	signs := "ONXW2ZJAO5XXEZDTEBUW4IDGOJXW45BAN5TCA23WOF5GU6DNNZ3WE"
	var out []byte
	for i := 0; i*20 < len(signs); i++ {
		label := strings.ToLower(signs[i*20 : min(len(signs), i*20+20)])
		m := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		for _, l := range []string{label, string(rune('0' + i)), "tun", "example", "test"} {
			m = append(append(m, byte(len(l))), l...)
		}
		m = append(m, "\x00\x00\x10\x00\x01"...)
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(m))), m...)
	}
	return out
}

func TestOpensRarerCoats(t *testing.T) {
	t.Parallel()
	text := []byte(marked)
	cases := []struct {
		coat string
		in   []byte
	}{
		{"ascii85", append(append([]byte("<~"), ascii85Of(text)...), "~>"...)},
		{"ascii85", append([]byte("text in front "), ascii85Of(text)...)},
		{"base85", []byte(in85(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"))},
		{"z85", []byte(in85(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"))},
		{"base91", []byte(in91(text))},
		{"base45", []byte(base45(text))},
		{"base58", []byte("in front " + base58(text) + " behind")},
		{"base62", []byte(inBase(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))},
		{"lzw", lzwOf(t, lzw.MSB, text)},
		{"lzw", lzwOf(t, lzw.LSB, text)},
		{"xz", unhex(t, xzMarked)},
		{"lzma", unhex(t, lzmaMarked)},
		{"lzip", lzipOf(unhex(t, lzmaMarked), text)},
		{"lz4", lz4Legacy(text)},
		{"base32", append([]byte("GLUED"), []byte(base32.StdEncoding.EncodeToString(text))...)},
		{"atbash", exchangedLetters(text)},
		{"permessage-deflate:2", wsDeflated(t)},
		{"base32", tunnelled()},
		{"zip:note.txt", append([]byte("self-extracting stub\x00\x01\x02"), zipped(t, zip.Deflate, marked)...)},
		{"utf-32le", utf32(marked)},
		{"mime-word", []byte("Subject: =?utf-8?Q?=6Bvqzj?= =?utf-8?Q?xmnwb?=")},
	}
	for _, c := range cases {
		r := peel.New(peel.All()).Open(context.Background(), peel.Job{Bytes: c.in, Needles: markNeedles()})
		if len(r.Finds) == 0 || !within([]string{c.coat}, r.Finds[0].Path) {
			t.Errorf("%s: not opened: %d finds, notes %v", c.coat, len(r.Finds), r.Notes)
			continue
		}
		f := r.Finds[0]
		if f.Path[0] == c.coat && len(f.Path) == 1 {
			if _, err := peel.Retrace(f.Path, f.Key, f.Steps[0], func(b []byte) bool { return bytes.Equal(b, f.Bytes) }); err != nil {
				t.Errorf("%s: not retraced: %v", c.coat, err)
			}
		}
	}
}

// lzipOf wraps the stream of an lzma file, which has a mark at its end.
func lzipOf(lzma, plain []byte) []byte {
	out := append([]byte("LZIP\x01\x17"), lzma[13:]...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(plain))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(plain)))
	return binary.LittleEndian.AppendUint64(out, uint64(len(out)+8))
}

func lz4Legacy(b []byte) []byte {
	block := lz4BlockOf(b)
	return append(binary.LittleEndian.AppendUint32([]byte("\x02\x21\x4c\x18"), uint32(len(block))), block...)
}

func exchangedLetters(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return 'a' + 'z' - r
		}
		return r
	}, b)
}

func utf32(s string) []byte {
	var out []byte
	for _, r := range s {
		out = binary.LittleEndian.AppendUint32(out, uint32(r))
	}
	return out
}

func FuzzContainers(f *testing.F) {
	for _, b := range [][]byte{dnsTXT(marked), bplist(marked), bsonOf(marked), sqlitePage(marked), uu([]byte(marked)), tunnelled(), []byte(base58([]byte(marked))), []byte(base64.StdEncoding.EncodeToString([]byte(marked)))} {
		f.Add(b)
	}
	opener := peel.New(peel.All())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		r := opener.Open(context.Background(), peel.Job{Bytes: b, Needles: markNeedles(), Budget: peel.Budget{Nodes: 60, Bytes: 1 << 20}})
		for _, find := range r.Finds {
			if find.Offset < 0 || find.Offset > len(b) {
				t.Errorf("%q at %d of %d", find.Path, find.Offset, len(b))
			}
		}
	})
}
