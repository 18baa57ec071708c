package views_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/views"
)

// sender writes WebSocket messages as one end of a connection does.
type sender struct {
	mask string
	buf  bytes.Buffer
	pack *flate.Writer
}

// send returns the frame of a text, compressed if the sender compresses.
func (s *sender) send(text string) string {
	first := byte(0x81)
	if s.pack != nil {
		_, _ = s.pack.Write([]byte(text))
		_ = s.pack.Flush()
		text = strings.TrimSuffix(s.buf.String(), "\x00\x00\xff\xff")
		s.buf.Reset()
		first |= 0x40
	}
	b := []byte{first, byte(len(text))}
	if s.mask != "" {
		b[1] |= 0x80
		b = append(b, s.mask...)
	}
	for i := range len(text) {
		c := text[i]
		if s.mask != "" {
			c ^= s.mask[i&3]
		}
		b = append(b, c)
	}
	return string(b)
}

func (s *sender) packed() *sender {
	s.pack, _ = flate.NewWriter(&s.buf, 9) // the level is a good one
	return s
}

const (
	wsAsk = ">GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	wsYes = "<HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n"
	wsZip = "<HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)

func TestSocket(t *testing.T) {
	t.Parallel()
	for _, zip := range []bool{false, true} {
		r := newRig(t, views.Config{})
		info := r.conn()
		info.Visibility = telltale.Intercepted
		tp := r.tape(info)
		app, server, yes := &sender{mask: "mask"}, &sender{}, wsYes
		if zip {
			app, server, yes = app.packed(), server.packed(), wsZip
		}
		say(t, tp, wsAsk, yes)
		r.quiet()
		if n := len(r.recorder.Flows()); n != 1 {
			t.Fatalf("%d flows after the upgrade", n)
		}
		first := app.send("harmless words")
		say(t, tp, ">"+first[:3], "<"+server.send("and so on"))
		say(t, tp, ">"+first[3:])
		r.quiet()
		last := app.send("harmless words again") + "\x88\x80mask"
		say(t, tp, ">"+last, "<"+server.send("and so on again"))
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]string{
			"wss a.test:80 intercepted < and so on > harmless words",
			"wss a.test:80 intercepted > harmless words again >  < and so on again",
		}, r.flows()[1:]); diff != "" {
			t.Errorf("compressed %v: %s", zip, diff)
		}
		if f := r.recorder.Flows()[2]; f.BytesOut != int64(len(last)) || f.Messages[0].Size != 20 {
			t.Errorf("%d octets out, %+v", f.BytesOut, f.Messages)
		}
	}
}

func TestSocketIsRecordedInParts(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{Limits: views.Limits{Messages: 3}})
	info := r.conn()
	tp := r.tape(info)
	app := &sender{mask: "mask"}
	say(t, tp, wsAsk, wsYes)
	for i := range 7 {
		say(t, tp, ">"+app.send(fmt.Sprint(i)))
	}
	if diff := cmp.Diff([]string{"ws a.test:80 clear > 0 > 1 > 2", "ws a.test:80 clear > 3 > 4 > 5"}, r.flows()[1:]); diff != "" {
		t.Error(diff)
	}
	say(t, tp, ">\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "<\x81\x02h")
	if err := tp.Close(info); err != nil {
		t.Error(err)
	}
	want := "ws a.test:80 clear (a frame has no length) > 6 > \x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff < h"
	if got := r.flows(); got[len(got)-1] != want {
		t.Errorf("%q", got)
	}
}

// TestSocketOverHTTP2: RFC 8441, beside other streams.
func TestSocketOverHTTP2(t *testing.T) {
	t.Parallel()
	r := newRig(t, views.Config{})
	info := r.conn()
	tp := r.tape(info)
	var wire, block bytes.Buffer
	framer, enc := xhttp2.NewFramer(&wire, nil), hpack.NewEncoder(&block)
	took := func(dir string) string {
		defer wire.Reset()
		return dir + wire.String()
	}
	head := func(dir string, id uint32, last bool, fields ...string) string {
		block.Reset()
		for i := 0; i < len(fields); i += 2 {
			_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		_ = framer.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: last})
		return took(dir)
	}
	data := func(dir string, id uint32, s string) string {
		_ = framer.WriteData(id, false, []byte(s))
		return took(dir)
	}
	app, server := &sender{mask: "mask"}, &sender{}
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	say(t, tp, ">"+xhttp2.ClientPreface+settings, "<"+settings,
		head(">", 1, false, ":method", "CONNECT", ":protocol", "websocket", ":authority", "a.test", ":path", "/ws"))
	enc = hpack.NewEncoder(&block) // the server's, which says no more than this
	say(t, tp, head("<", 1, false, ":status", "200"), data(">", 1, app.send("one")), data("<", 1, server.send("two")))
	r.quiet()
	say(t, tp, data(">", 1, app.send("three")))
	if err := tp.Close(info); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{
		"http a.test:80 clear > CONNECT /ws HTTP/2|host: a.test|protocol: websocket|| < HTTP/2 200||",
		"ws a.test:80 clear > one < two", "ws a.test:80 clear > three",
	}, r.flows()); diff != "" {
		t.Error(diff)
	}
}
