package views_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// quicRig is an opened connection of QUIC.
type quicRig struct {
	*rig
	info tape.Conn
	tape tape.Tape
}

func newQUICRig(t *testing.T, proto string) *quicRig {
	t.Helper()
	r := &quicRig{rig: newRig(t, views.Config{})}
	r.info = r.conn()
	r.info.Proto, r.info.Transport, r.info.Visibility = proto, "udp", telltale.Intercepted
	r.tape = r.rig.tape(r.info)
	return r
}

// stream opens a stream's tape.
func (r *quicRig) stream(number uint64) tape.Tape {
	info := r.conn()
	info.Proto, info.Transport, info.Visibility = r.info.Proto, "udp", telltale.Intercepted
	info.Stream = &tape.Stream{Of: r.info.ID, Number: number}
	return r.rig.tape(info)
}

func end(t *testing.T, tp tape.Tape, out bool, why string) {
	t.Helper()
	ender, ok := tp.(tape.Ender)
	if !ok {
		t.Fatalf("%T does not take ends", tp)
	}
	ender.End(out, why)
}

// frame3 is a frame of HTTP/3 of at most 63 octets.
func frame3(kind byte, payload string) string {
	return string([]byte{kind, byte(len(payload))}) + payload
}

func TestHTTP3(t *testing.T) {
	t.Parallel()
	r := newQUICRig(t, "h3")
	control := r.stream(2)
	say(t, control, ">\x00"+frame3(4, ""))
	post := r.stream(0)
	say(t, post, ">"+frame3(1, "\x00\x00\xd4\xd7\x51\x03/up"), ">"+frame3(0, "token and"), ">"+frame3(0, " more"))
	end(t, post, true, "")
	cut := r.stream(4)
	say(t, cut, ">"+frame3(1, "\x00\x00\xd1\xd7\xc1"))
	end(t, cut, true, "the app reset the stream (code 0x10c)")
	end(t, cut, false, "the server reset the stream (code 0x10c)")
	say(t, post, "<"+frame3(1, "\x00\x00\xd9"), "<"+frame3(0, "answer"))
	end(t, post, false, "")
	if err := post.Close(r.info); err != nil {
		t.Error(err)
	}
	r.quiet()
	say(t, r.tape, ">datagram", "<back")
	last := r.stream(8)
	say(t, last, ">"+frame3(1, "\x00\x00\xd1\xd7\xc1"))
	if err := last.Close(r.info); err != nil {
		t.Error(err)
	}
	if err := r.tape.Close(r.info); err != nil {
		t.Error(err)
	}
	want := []string{
		"https a.test:80 intercepted (the app reset the stream (code 0x10c)) > GET / HTTP/3||",
		"https a.test:80 intercepted > POST /up HTTP/3||token and more < HTTP/3 200||answer",
		"https a.test:80 intercepted (the connection ended before the end of the request) > GET / HTTP/3||",
		"quic a.test:80 intercepted > datagram < back",
	}
	if diff := cmp.Diff(want, r.flows()); diff != "" {
		t.Error(diff)
	}
	for _, f := range r.recorder.Flows() {
		if f.Conn != r.info.ID {
			t.Errorf("the flow is one of connection %s, want %s", f.Conn, r.info.ID)
		}
	}
}

// Streams of other protocols are flows of turns.
func TestQUICStreams(t *testing.T) {
	t.Parallel()
	r := newQUICRig(t, "quic")
	for _, number := range []uint64{0, 4} {
		s := r.stream(number)
		say(t, s, ">ask", "<answer", ">"+strings.Repeat("more", int(number)))
		if err := s.Close(r.info); err != nil {
			t.Error(err)
		}
	}
	if err := r.tape.Close(r.info); err != nil {
		t.Error(err)
	}
	want := []string{
		"quic a.test:80 intercepted > ask < answer",
		"quic a.test:80 intercepted > ask < answer > moremoremoremore",
	}
	if diff := cmp.Diff(want, r.flows()); diff != "" {
		t.Error(diff)
	}
	for _, f := range r.recorder.Flows() {
		if f.Conn != r.info.ID {
			t.Errorf("the flow is one of connection %s, want %s", f.Conn, r.info.ID)
		}
	}
}

// An attempt that carried nothing is a flow.
func TestQUICWithoutStreams(t *testing.T) {
	t.Parallel()
	r := newQUICRig(t, "quic")
	r.info.Error = "no answer"
	if err := r.tape.Close(r.info); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"quic a.test:80 intercepted (no answer)"}, r.flows()); diff != "" {
		t.Error(diff)
	}
}
