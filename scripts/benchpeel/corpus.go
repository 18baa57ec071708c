package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"

	"example.org/telltale/internal/peel/match"
)

// corpus makes traffic such as an app sends: half of it JSON, some of it in
// chunks, the rest compressed, random, or base64. The same seed gives the same
// bytes.
type corpus struct {
	r     *rand.Rand
	prose string
}

func newCorpus(seed uint64) *corpus {
	c := &corpus{r: rand.New(rand.NewPCG(seed, 1))}
	words := strings.Fields(`a sync of the open session sends its token, the contact list and where the phone was;
		later there are moments, payments, stickers, searches in groups and articles that somebody shared with a friend`)
	var b strings.Builder
	for b.Len() < 1<<18 {
		b.WriteString(words[c.r.IntN(len(words))])
		b.WriteByte(' ')
	}
	c.prose = b.String()
	return c
}

const canarySigns = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// canaries are random texts of 14 signs; each fourth ends in Chinese.
func (c *corpus) canaries(n int) []match.Needle {
	han := []rune("竹米羊牛果花山水火木金土日月星雨")
	out := make([]match.Needle, n)
	for i := range out {
		var b strings.Builder
		for range 14 {
			b.WriteByte(canarySigns[c.r.IntN(len(canarySigns))])
		}
		for j := 0; i%4 == 3 && j < 4; j++ {
			b.WriteRune(han[c.r.IntN(len(han))])
		}
		out[i] = match.Needle{Probe: fmt.Sprint(i), Text: b.String()}
	}
	return out
}

func (c *corpus) noise(n int) []byte {
	b := make([]byte, n+8)
	for i := 0; i < n; i += 8 {
		for j, x := 0, c.r.Uint64(); j < 8; j, x = j+1, x>>8 {
			b[i+j] = byte(x)
		}
	}
	return b[:n]
}

func (c *corpus) json(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for b.Len() < n {
		from := c.r.IntN(len(c.prose) - 200)
		fmt.Fprintf(&b, `{"id":%d,"at":%d,"device":"%x","place":[%.5f,%.5f],"text":"%s"},`,
			c.r.Uint32(), 1_700_000_000+c.r.IntN(1e7), c.r.Uint64(), c.r.Float64()*90, c.r.Float64()*180, c.prose[from:from+60+c.r.IntN(120)])
	}
	b.WriteString("{}]")
	return b.Bytes()
}

// exchange is one request and its answer.
type exchange struct {
	up, down []byte
	// cut is where a segment ends within up or down, 0 for anywhere.
	cut int
}

// plants are the kinds of copies, one of which stands in an exchange.
func plants() []string {
	return []string{"plain", "utf-16le", "utf-16be", "gb18030", "percent", "percent all", "hex", "HEX", "base64 0", "base64 1", "base64 2",
		"json-u", "json-u all", "gzip", "deflate", "zlib", "across chunks", "gzip in chunks", "base64(gzip)", "base64(utf-16le)", "base64(base64)",
		"percent(base64)", "across segments"}
}

// body is what one message holds.
type body struct {
	bytes    []byte
	encoding string
	cuts     []int // where chunks end; nil: no chunks
	segment  int   // where a segment ends
}

// idle is a body without a copy.
func (c *corpus) idle(size int) body {
	switch n := c.r.IntN(10); {
	case n < 4:
		return body{bytes: c.json(size)}
	case n < 6:
		return body{bytes: pack("gzip", c.json(4*size)), encoding: "gzip"}
	case n == 6:
		return body{bytes: []byte(`{"blob":"` + base64.StdEncoding.EncodeToString(c.noise(size*3/4)) + `"}`)}
	case n == 7:
		b := body{bytes: c.json(size)}
		for at := 4096; at < len(b.bytes); at += 4096 {
			b.cuts = append(b.cuts, at)
		}
		return b
	}
	return body{bytes: c.noise(size)}
}

// planted is a body with a copy of text.
func (c *corpus) planted(kind, text string, size int) body {
	std := base64.StdEncoding.EncodeToString
	field := func(s string) string { return `","x":"` + s + `","y":"` }
	b := body{}
	switch kind {
	case "gzip", "gzip in chunks", "deflate", "zlib":
		coding, _, _ := strings.Cut(kind, " ")
		b.encoding = map[string]string{"gzip": "gzip", "deflate": "deflate", "zlib": "deflate"}[coding]
		b.bytes = pack(coding, c.within(size*3, text, &b))
		b.cuts, b.segment = nil, 0
		if kind == "gzip in chunks" {
			b.cuts = []int{len(b.bytes) / 3, len(b.bytes) / 2}
		}
		return b
	case "base64(gzip)":
		text = field(std(pack("gzip", []byte(`{"q":"`+text+`","r":"`+c.prose[:300]+`"}`))))
	case "base64(utf-16le)":
		text = field(std(append([]byte("h\x00"), match.Encode(text, "utf-16le")...)))
	case "base64(base64)":
		text = field(std([]byte("x=" + std([]byte("ab"+text+"z")))))
	case "percent(base64)":
		text = "&d=" + url.QueryEscape(std([]byte("??>"+text+"~~~"))) + "&"
	case "base64 0", "base64 1", "base64 2":
		text = field(std([]byte("xyz"[:kind[7]-'0'] + text + "tail")))
	default:
		text = coded(kind, text)
	}
	b.bytes = c.within(size, text, &b)
	if kind != "across chunks" {
		b.cuts = nil
	}
	if kind != "across segments" {
		b.segment = 0
	}
	return b
}

// coded writes text in a single coding.
func coded(kind, text string) string {
	switch kind {
	case "utf-16le", "utf-16be", "gb18030":
		return string(match.Encode(text, kind))
	case "percent":
		return url.QueryEscape(text)
	case "percent all":
		return percentAll(text)
	case "hex":
		return hex.EncodeToString([]byte(text))
	case "HEX":
		return strings.ToUpper(hex.EncodeToString([]byte(text)))
	case "json-u", "json-u all":
		var b strings.Builder
		for _, r := range text {
			if r < 0x80 && kind == "json-u" {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		}
		return b.String()
	}
	return text
}

func percentAll(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%%%02X", text[i])
	}
	return b.String()
}

// within puts text into the middle of JSON; a chunk and a segment end in it.
func (c *corpus) within(size int, text string, b *body) []byte {
	around := c.json(size)
	at := len(around)/4 + c.r.IntN(len(around)/2)
	b.cuts = []int{len(around) / 8, at + len(text)/2}
	b.segment = at + len(text)/2
	return bytes.Join([][]byte{around[:at], []byte(text), around[at:]}, nil)
}

func pack(coding string, b []byte) []byte {
	var out bytes.Buffer
	var w interface {
		Write([]byte) (int, error)
		Close() error
	}
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	default:
		w, _ = flate.NewWriter(&out, flate.DefaultCompression) // the level is right
	}
	if _, err := w.Write(b); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// message puts a body into one side of an exchange.
func (c *corpus) message(n int, b body) exchange {
	var head strings.Builder
	wire := b.bytes
	shift := 0
	if b.encoding != "" {
		fmt.Fprintf(&head, "Content-Encoding: %s\r\n", b.encoding)
	}
	if b.cuts != nil {
		head.WriteString("Transfer-Encoding: chunked\r\n")
		wire = chunked(b.bytes, b.cuts)
	} else {
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(wire))
	}
	head.WriteString("\r\n")
	var e exchange
	if n%2 == 0 {
		e.up = fmt.Appendf(nil, "POST /v2/sync?n=%d HTTP/1.1\r\nHost: h%d.example.test\r\nUser-Agent: App/8\r\n%s", n, n%50, head.String())
		shift = len(e.up)
		e.up = append(e.up, wire...)
		e.down = []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	} else {
		e.up = fmt.Appendf(nil, "GET /m/%d HTTP/1.1\r\nHost: h%d.example.test\r\nAccept-Encoding: gzip\r\n\r\n", n, n%50)
		e.down = fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n%s", head.String())
		shift = len(e.down)
		e.down = append(e.down, wire...)
	}
	if b.segment > 0 {
		e.cut = b.segment + shift
	}
	return e
}

func chunked(b []byte, cuts []int) []byte {
	var out bytes.Buffer
	from := 0
	for _, cut := range append(cuts, len(b)) {
		if cut > from {
			fmt.Fprintf(&out, "%x\r\n%s\r\n", cut-from, b[from:cut])
			from = cut
		}
	}
	out.WriteString("0\r\n\r\n")
	return out.Bytes()
}

// exchanges makes about size bytes of traffic in which each needle stands
// once, the kinds in turn, and calls yield with each exchange.
func (c *corpus) exchanges(size int, needles []match.Needle, yield func(exchange)) int {
	const mean = 24 << 10
	kinds, planted, total := plants(), 0, 0
	for n := 0; total < size || planted < len(needles); n++ {
		bytes := mean/2 + c.r.IntN(mean)
		var b body
		if due := len(needles) * total / max(size, 1); planted < len(needles) && planted <= due {
			b = c.planted(kinds[planted%len(kinds)], needles[planted].Text, bytes)
			planted++
		} else {
			b = c.idle(bytes)
		}
		e := c.message(n, b)
		total += len(e.up) + len(e.down)
		yield(e)
	}
	return total
}
