package websocket_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/websocket"
)

// frame builds one frame; first is its first octet.
func frame(first byte, mask string, payload string) string {
	b := []byte{first}
	masked := byte(0)
	if mask != "" {
		masked = 0x80
	}
	switch n := len(payload); {
	case n > 65535:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = append(b, masked|byte(n))
	}
	b = append(b, mask...)
	for i := range len(payload) {
		c := payload[i]
		if mask != "" {
			c ^= mask[i&3]
		}
		b = append(b, c)
	}
	return string(b)
}

// read reads a stream that comes in pieces of at most step octets.
func read(o websocket.Options, stream string, step func() int) []websocket.Message {
	var all []websocket.Message
	r := websocket.NewReader(o, func(m websocket.Message) {
		if n := len(all); n > 0 && m.Raw && all[n-1].Raw {
			all[n-1].Data = append(all[n-1].Data, m.Data...)
			all[n-1].Size += m.Size
			return
		}
		all = append(all, m)
	})
	for b := []byte(stream); len(b) > 0; {
		n := min(len(b), step())
		piece := bytes.Clone(b[:n])
		r.Octets(piece)
		clear(piece)
		b = b[n:]
	}
	r.Close()
	return all
}

func whole() int { return 1 << 30 }

// deflated compresses messages as one sender does.
func deflated(t *testing.T, fresh bool, texts ...string) []string {
	t.Helper()
	var buf bytes.Buffer
	w, err := flate.NewWriter(&buf, 6)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, text := range texts {
		if fresh {
			w.Reset(&buf)
		}
		_, _ = w.Write([]byte(text))
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSuffix(buf.String(), "\x00\x00\xff\xff"))
		buf.Reset()
	}
	return all
}

func text(s string) websocket.Message {
	return websocket.Message{Opcode: websocket.Text, Data: []byte(s), Size: int64(len(s))}
}

// differ is cmp.Diff, but fast where nothing differs.
func differ(want, got []websocket.Message) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

func TestMessages(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("harmless words, ", 4100)
	note := func(m websocket.Message, s string) websocket.Message { m.Note = s; return m }
	as := func(m websocket.Message, op byte) websocket.Message { m.Opcode = op; return m }
	cases := map[string]struct {
		stream string
		want   []websocket.Message
	}{
		"one":           {frame(0x81, "abcd", "hello"), []websocket.Message{text("hello")}},
		"lengths":       {frame(0x81, "", long[:300]) + frame(0x82, "mask", long), []websocket.Message{text(long[:300]), as(text(long), websocket.Binary)}},
		"fragments":     {frame(0x01, "mask", "hel") + frame(0x89, "mask", "you?") + frame(0x00, "ksam", "lo ") + frame(0x80, "1234", "there"), []websocket.Message{as(text("you?"), websocket.Ping), text("hello there")}},
		"no begin":      {frame(0x80, "", "tail"), []websocket.Message{as(text("tail"), websocket.Continuation)}},
		"no end":        {frame(0x01, "", "one") + frame(0x81, "", "two"), []websocket.Message{note(text("one"), "the message has no end"), text("two")}},
		"cut":           {frame(0x81, "", "hello")[:5], []websocket.Message{note(text("hel"), "the connection ended inside the message")}},
		"cut header":    {frame(0x81, "abcd", "")[:5], []websocket.Message{{Data: []byte("\x81\x80abc"), Size: 5, Raw: true}}},
		"unknown":       {frame(0xf3, "", "x") + frame(0x8f, "", "y"), []websocket.Message{note(as(text("x"), 3), "the message uses an extension that was not agreed on"), as(text("y"), 15)}},
		"not agreed on": {frame(0xc1, "", "packed"), []websocket.Message{note(text("packed"), "the message uses an extension that was not agreed on")}},
		"no length": {"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffrest", []websocket.Message{
			{Data: []byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffrest"), Size: 14, Raw: true, Note: "a frame has no length"},
		}},
	}
	for name, c := range cases {
		if diff := differ(c.want, read(websocket.Options{}, c.stream, whole)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		rnd := rand.New(rand.NewPCG(1, 1))
		if diff := differ(c.want, read(websocket.Options{}, c.stream, func() int { return 1 + rnd.IntN(7) })); diff != "" {
			t.Errorf("%s, in other pieces: %s", name, diff)
		}
	}
}

func TestDeflate(t *testing.T) {
	t.Parallel()
	texts := []string{"the same words", "the same words again", strings.Repeat("the same words again ", 3000), "the same words"}
	for _, fresh := range []bool{false, true} {
		packed := deflated(t, fresh, texts...)
		var stream string
		var want []websocket.Message
		for i, p := range packed {
			half := len(p) / 2
			stream += frame(0x41, "mask", p[:half]) + frame(0x80, "ksam", p[half:])
			want = append(want, text(texts[i]))
		}
		stream += frame(0x81, "", "plain")
		want = append(want, text("plain"))
		o := websocket.Options{Deflate: true, Fresh: fresh}
		if diff := differ(want, read(o, stream, whole)); diff != "" {
			t.Errorf("fresh %v: %s", fresh, diff)
		}
	}
}

func TestDeflateWithoutItsWindow(t *testing.T) {
	t.Parallel()
	packed := deflated(t, false, "first of them", "first of them, second")
	stream := frame(0xc1, "", "\xff\xff\xff") + frame(0xc1, "", packed[1])
	got := read(websocket.Options{Deflate: true}, stream, whole)
	if len(got) != 2 || got[0].Note == "" || string(got[0].Data) != "\xff\xff\xff" || got[1].Note == "" || string(got[1].Data) != packed[1] {
		t.Errorf("what cannot be inflated stays as it is, and says so: %+v", got)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	bomb := strings.Repeat("0", 1<<20)
	packed := deflated(t, false, bomb, "after")
	stream := frame(0x81, "mask", "0123456789abcdef") + frame(0xc1, "", packed[0]) + frame(0xc1, "", packed[1])
	got := read(websocket.Options{Deflate: true, Limit: 10}, stream, whole)
	if len(got) != 3 || string(got[0].Data) != "0123456789" || !got[0].Cut || got[0].Size != 16 {
		t.Fatalf("%+v", got)
	}
	if len(got[1].Data) > 10 || !got[1].Cut || got[2].Note == "" {
		t.Errorf("%+v", got[1:])
	}
}

func TestAgreed(t *testing.T) {
	t.Parallel()
	h := flow.ParseResponse([]byte("HTTP/1.1 101 Go\r\nSec-WebSocket-Extensions: foo, Permessage-Deflate; server_no_context_takeover; client_max_window_bits=10\r\n\r\n"))
	out, in := websocket.Agreed(h)
	if !out.Deflate || out.Fresh || !in.Deflate || !in.Fresh {
		t.Errorf("out %+v, in %+v", out, in)
	}
	if out, in = websocket.Agreed(flow.Head{}); out.Deflate || in.Deflate {
		t.Error("agreed on without a word")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(frame(0x01, "mask", "hel")+frame(0x89, "", "?")+frame(0x80, "1234", "lo")), uint64(1))
	f.Add([]byte(frame(0xc1, "mask", "\xcaH\xcd\xc9\xc9\x07\x00")+frame(0xc1, "", "\xcaH\xcd\xc9\xc9\x07\x00")), uint64(2))
	f.Add([]byte("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffrest"), uint64(3))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		o := websocket.Options{Deflate: seed%2 == 0, Fresh: seed%4 < 2, Limit: 1000}
		rnd := rand.New(rand.NewPCG(seed, 1))
		want := read(o, string(b), whole)
		if diff := cmp.Diff(want, read(o, string(b), func() int { return 1 + rnd.IntN(9) })); diff != "" {
			t.Fatalf("other pieces make other messages: %s", diff)
		}
		for _, m := range want {
			if len(m.Data) > 1000 && !m.Raw || int64(len(m.Data)) > m.Size || !m.Cut && int64(len(m.Data)) != m.Size {
				t.Fatalf("%d octets kept of %d, cut %v", len(m.Data), m.Size, m.Cut)
			}
		}
	})
}
