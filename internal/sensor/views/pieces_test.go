package views_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/sensor/views"
)

// stories are conversations of many kinds.
func stories() map[string][]string {
	app, server := &sender{mask: "mask"}, &sender{}
	zipOut, zipIn := (&sender{mask: "ksam"}).packed(), (&sender{}).packed()
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	return map[string][]string{
		"keep-alive": {get, none, ">POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", hi, get, "<HTTP/1.0 200 OK\r\n\r\nto the end"},
		"pipelined":  {get + get[1:] + get[1:], hi + none[1:] + hi[1:]},
		"chunked":    {">POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nSum: 1\r\n\r\n", "<HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		"socket":     {wsAsk, wsYes, ">" + app.send("one"), "<" + server.send("two") + server.send("three")},
		"zip":        {wsAsk, wsZip, ">" + zipOut.send("one and one"), "<" + zipIn.send("two"), ">" + zipOut.send("one and one")},
		"tunnel":     {">CONNECT b.test:1 HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\n\r\n", get, hi, "> ?", "<!"},
		"http2":      {">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + "\x00\x00\x03\x01\x04\x00\x00\x00\x01\x82\x87\x84\x00\x00\x02\x00\x01\x00\x00\x00\x01hi", "<" + settings + "\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88\x00\x00\x02\x00\x01\x00\x00\x00\x01ho"},
		"greeted":    {"<" + settings, ">PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + "\x00\x00\x03\x01\x05\x00\x00\x00\x01\x82\x87\x84", "<\x00\x00\x01\x01\x05\x00\x00\x00\x01\x88"},
		"raw":        {"<220 hello\r\n", ">EHLO a\r\n", "<250 OK\r\n"},
		"opaque":     {">\x16\x03\x01\x00\x05\x01 hello", "<\x16\x03\x03 hello"},
		"broken":     {get, "<ICY 200 OK\r\n", get},
	}
}

// flowsOf are those that a sink makes of what is said.
func flowsOf(t *testing.T, said []string) []string {
	t.Helper()
	return rigOf(t, said).flows()
}

func rigOf(t *testing.T, said []string) *rig {
	t.Helper()
	r := newRig(t, views.Config{Limits: views.Limits{Keep: 4000, Head: 2000}})
	info := r.conn()
	tp := r.tape(info)
	say(t, tp, said...)
	if err := tp.Close(info); err != nil {
		t.Error(err)
	}
	if err := r.Finish(); err != nil {
		t.Error(err)
	}
	return r
}

// directions are the flows with what they hold of each direction: when
// octets turn out to be no request, those of the server may have come
// before or after that is clear.
func directions(t *testing.T, said []string) []string {
	t.Helper()
	r := rigOf(t, said)
	var all []string
	for _, f := range r.recorder.Flows() {
		messages := f.Messages
		f.Messages = nil
		text := map[bool]string{}
		for _, m := range messages {
			text[m.Out] += string(r.recorder.Bytes(m.Bytes))
		}
		all = append(all, r.line(f), text[true], text[false])
	}
	return all
}

func cutUp(rnd *rand.Rand, said []string) []string {
	var all []string
	for _, s := range said {
		dir, b := s[:1], s[1:]
		for b != "" {
			n := 1 + rnd.IntN(min(len(b), 1+rnd.IntN(20)))
			all = append(all, dir+b[:n])
			b = b[n:]
		}
	}
	return all
}

// TestPieces: how the octets come is of no importance.
func TestPieces(t *testing.T) {
	t.Parallel()
	for name, said := range stories() {
		want := flowsOf(t, said)
		rnd := rand.New(rand.NewPCG(3, uint64(len(name))))
		for range 40 {
			if diff := cmp.Diff(want, flowsOf(t, cutUp(rnd, said))); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	}
}

// TestTruncation: wherever a connection breaks, all messages before that are
// there, and no more flows than there were exchanges.
func TestTruncation(t *testing.T) {
	t.Parallel()
	for name, said := range stories() {
		whole := strings.Join(flowsOf(t, said), "\n")
		total := 0
		for _, s := range said {
			total += len(s) - 1
		}
		before := 0
		for cut := range total {
			var part []string
			left := cut
			for _, s := range said {
				if n := min(left, len(s)-1); n > 0 {
					part = append(part, s[:1+n])
					left -= n
				}
			}
			kept := 0 // octets in messages
			for _, line := range flowsOf(t, part) {
				_, messages, _ := strings.Cut(line, " > ")
				kept += len(messages)
			}
			if kept+60 < before { // error texts and heads that turn out to be none
				t.Fatalf("%s: cut at %d, %d octets are in messages, %d were with one octet less; whole: %s", name, cut, kept, before, whole)
			}
			before = kept
		}
	}
}

func FuzzViews(f *testing.F) {
	for _, said := range stories() {
		f.Add([]byte(strings.Join(said, "\xff")), uint64(len(said)))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		if len(b) > 3000 {
			return
		}
		var said []string
		for _, s := range strings.Split(string(b), "\xff") {
			if len(s) > 1 {
				said = append(said, map[bool]string{true: ">", false: "<"}[s[0]&2 != 0]+s[1:])
			}
		}
		want := directions(t, said)
		if diff := cmp.Diff(want, directions(t, cutUp(rand.New(rand.NewPCG(seed, 1)), said))); diff != "" {
			t.Fatalf("other pieces make other flows: %s", diff)
		}
	})
}
