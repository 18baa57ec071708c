package views_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// TestQuietInTheMiddle: whatever is on its way when somebody asks for quiet
// is whole in one flow, and its octets are counted once.
func TestQuietInTheMiddle(t *testing.T) {
	t.Parallel()
	const ask, sse = "GET /e HTTP/1.1\r\nHost: a.test\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
	for name, c := range map[string]struct {
		before, after string // quiet is asked for between them; all but the first line of before go the same way
		want          []string
	}{
		"tunnel":     {">\x00the first ha", "lf and the second", []string{" > \x00the first ha", " > \x00the first half and the second"}},
		"event":      {"<" + sse + "data: one\n\ndata: the first ha", "lf\n\n", []string{" > GET /e HTTP/1.1|Host: a.test|| < HTTP/1.1 200 OK|Content-Type: text/event-stream; charset=utf-8||data: one\n\ndata: the first ha", " < data: the first half\n\n"}},
		"two events": {"<" + sse + "data: one\n\n", "data: two\n\n", []string{" > GET /e HTTP/1.1|Host: a.test|| < HTTP/1.1 200 OK|Content-Type: text/event-stream; charset=utf-8||data: one\n\n", " < data: two\n\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, views.Config{})
			info := r.conn()
			tp := r.tape(info)
			if c.before[0] == '<' {
				say(t, tp, ">"+ask)
			}
			say(t, tp, c.before)
			r.quiet()
			say(t, tp, c.before[:1]+c.after)
			r.quiet()
			var got []string
			var counted int64
			for _, f := range r.recorder.Flows() {
				_, messages, _ := strings.Cut(r.line(f), string(telltale.Clear))
				got = append(got, messages)
				counted += f.BytesOut + f.BytesIn
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			all := len(c.before) - 1 + len(c.after)
			if c.before[0] == '<' {
				all += len(ask)
			}
			if counted != int64(all) {
				t.Errorf("%d octets are counted, %d passed", counted, all)
			}
			if err := tp.Close(info); err != nil {
				t.Error(err)
			}
			if n := len(r.flows()); n != len(c.want) {
				t.Errorf("%d flows at the end", n)
			}
		})
	}
}

// TestAtEveryOctet: quiet at any place of a dialogue leaves every message
// whole in some flow.
func TestAtEveryOctet(t *testing.T) {
	t.Parallel()
	frame := func(text string) string {
		return "\x00" + string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text
	}
	const head = "POST /s HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n"
	const answer = "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\n\r\n"
	said := frame("the first message") + frame("and the second")
	for at := range len(said) {
		r := newRig(t, views.Config{})
		info := r.conn()
		tp := r.tape(info)
		say(t, tp, ">"+head, "<"+answer, ">"+said[:at])
		r.quiet()
		say(t, tp, ">"+said[at:])
		r.quiet()
		flows, whole := r.recorder.Flows(), 0
		for _, text := range []string{"the first message", "and the second"} {
			for _, f := range flows {
				whole += strings.Count(r.line(f), frame(text))
			}
		}
		if whole != 2 {
			t.Errorf("quiet at %d: the two messages are %d times in %q", at, whole, r.flows())
		}
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
	}
}

// TestWhatComesLaterIsNotTheSame: what was recorded long ago, is long, or goes
// the other way is not told again.
func TestWhatComesLaterIsNotTheSame(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
	for name, c := range map[string]struct {
		first string
		out   bool
		later time.Duration
		again bool
	}{
		"soon":          {"\x00message", true, time.Millisecond, true},
		"later":         {"\x00message", true, time.Minute, false},
		"the other way": {"\x00message", false, time.Millisecond, false},
		"long":          {strings.Repeat("\x00", 17<<10), true, time.Millisecond, false},
	} {
		r := newRig(t, views.Config{})
		info := r.conn()
		tp := r.tape(info)
		octets := func(tp tape.Tape, out bool, at time.Time, text string) {
			if err := tp.Octets(out, at, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		octets(tp, true, at, c.first)
		r.quiet()
		octets(tp, c.out, at.Add(c.later), "more")
		r.quiet()
		flows := r.recorder.Flows()
		if len(flows) != 2 || flows[1].BytesOut+flows[1].BytesIn != 4 {
			t.Fatalf("%s: %+v", name, flows)
		}
		want := "more"
		if c.again {
			want = c.first + want
		}
		if got := string(r.recorder.Bytes(flows[1].Messages[0].Bytes)); got != want {
			t.Errorf("%s: %q", name, got)
		}
		if err := tp.Close(info); err != nil {
			t.Error(err)
		}
	}
}
