package http3_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/quic-go/quic-go/quicvarint"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http3"
)

// piece is octets of one direction of a stream, and then its end if there is
// one: "." in order, or a reason.
type piece struct {
	id  uint64
	out bool
	b   string
	end string
}

func frame(kind uint64, payload string) string {
	b := quicvarint.Append(nil, kind)
	return string(quicvarint.Append(b, uint64(len(payload)))) + payload
}

// block packs header lines given as "name value", as literals.
func block(lines ...string) string {
	b := "\x00\x00"
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		if len(name) < 7 {
			b += string(rune(0x20 | len(name)))
		} else {
			b += "\x27" + string(rune(len(name)-7))
		}
		b += name + number(value)
	}
	return b
}

// number is a string with its length before it.
func number(s string) string {
	if len(s) < 127 {
		return string(rune(len(s))) + s
	}
	n := len(s) - 127
	return string([]byte{127, byte(n&127 | 128), byte(n >> 7)}) + s
}

func head(lines ...string) string { return frame(1, block(lines...)) }

func octets(text string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// listen reads pieces and returns what is told of each exchange, as lines.
func listen(limits http3.Limits, pieces []piece) map[uint64]string {
	all, last := map[uint64]string{}, map[uint64]string{}
	c := http3.New(limits, func(e flow.Event) {
		dir := map[bool]string{true: ">", false: "<"}[e.Out]
		name := map[flow.EventKind]string{
			flow.EventBegin: "begin", flow.EventHead: "head", flow.EventBody: "body", flow.EventTrailer: "trailer",
			flow.EventEnd: "end", flow.EventUpgrade: "upgrade", flow.EventRaw: "raw", flow.EventDone: "done",
		}[e.Kind]
		if e.Kind == flow.EventUpgrade || e.Kind == flow.EventDone {
			dir = "-"
		}
		text := strings.ReplaceAll(string(e.Bytes), "\r\n", "|")
		if same := dir + name; (e.Kind == flow.EventBody || e.Kind == flow.EventRaw && e.Text == "") && last[e.Exchange] == same {
			all[e.Exchange] = strings.TrimSuffix(all[e.Exchange], "\n") + text + "\n"
		} else {
			all[e.Exchange] += strings.TrimRight(fmt.Sprintf("%s%s %s %s", dir, name, e.Text, text), " ") + "\n"
		}
		last[e.Exchange] = dir + name
	})
	for _, p := range pieces {
		c.Octets(p.id, p.out, []byte(p.b))
		if p.end != "" {
			c.End(p.id, p.out, strings.TrimPrefix(p.end, "."))
		}
	}
	c.Close()
	c.Close()
	c.Octets(0, true, []byte("late"))
	return all
}

// cut cuts pieces into small ones; the order within a direction of a stream
// stays.
func cut(pieces []piece, r *rand.Rand) (all []piece) {
	for _, p := range pieces {
		for len(p.b) > 1 {
			n := 1 + r.IntN(len(p.b)-1)
			all = append(all, piece{p.id, p.out, p.b[:n], ""})
			p.b = p.b[n:]
		}
		all = append(all, p)
	}
	return all
}

func check(t *testing.T, limits http3.Limits, pieces []piece, want map[uint64]string) {
	t.Helper()
	if diff := cmp.Diff(want, listen(limits, pieces)); diff != "" {
		t.Errorf("whole (-want +got):\n%s", diff)
	}
	for seed := range uint64(20) {
		if diff := cmp.Diff(want, listen(limits, cut(pieces, rand.New(rand.NewPCG(seed, 1))))); diff != "" {
			t.Fatalf("cut with seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// settings opens the control streams of both ends, with a table for what the
// app sends.
func settings() []piece {
	return []piece{
		{2, true, "\x00" + frame(4, octets("01 5000")), ""},        // its own table: 4096
		{3, false, "\x00" + frame(4, octets("01 40dc 07 10")), ""}, // 220 octets
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	get := head(":method GET", ":scheme https", ":authority a.test", ":path /x?y", "user-agent zoo")
	pieces := append(settings(),
		piece{0, true, get, "."},
		piece{4, true, head(":method POST", ":scheme https", ":authority a.test", ":path /up") + frame(0, "to") + frame(0, "") + frame(0, "ken"), "."},
		piece{4, false, head(":status 103", "link </a>") + head(":status 200", "content-type text/plain") + frame(0, "answer") + head("x-sum 7xxxxxxx"), "."},
		piece{0, false, head(":status 404") + frame(0, strings.Repeat("n", 300)), "."},
		piece{2, true, frame(0x0d, "\x00") + frame(0xf0700, "\x00u=1"), ""},
	)
	check(t, http3.Limits{}, pieces, map[uint64]string{
		1: ">begin\n>head  GET /x?y HTTP/3|host: a.test|user-agent: zoo||\n>end\n<head  HTTP/3 404||\n<body  " + strings.Repeat("n", 300) + "\n<end\n-done\n",
		5: ">begin\n>head  POST /up HTTP/3|host: a.test||\n>body  token\n>end\n" +
			"<head  HTTP/3 103|link: </a>||\n<head  HTTP/3 200|content-type: text/plain||\n<body  answer\n<trailer  x-sum: 7xxxxxxx||\n<end\n-done\n",
	})
}

// A head that refers to the table waits for what it refers to, and what
// follows it waits too.
func TestHeadsThatWait(t *testing.T) {
	t.Parallel()
	// The second example of RFC 9204, appendix B.
	instructions := "\x02" + octets("3fbd01 c00f 7777772e6578616d706c652e636f6d c10c 2f73616d706c652f70617468")
	early := frame(1, octets("0381 10 11")) + frame(0, "body")
	want := map[uint64]string{
		1: ">begin\n>head  /sample/path HTTP/3|host: www.example.com||\n>body  body\n>end\n-done the connection ended without an answer\n",
	}
	want[1] = strings.Replace(want[1], "head  ", "head   ", 1) // there is no method
	before := append(settings(), piece{6, true, instructions, ""}, piece{0, true, early, "."})
	check(t, http3.Limits{}, before, want)
	after := append(settings(), piece{0, true, early, "."}, piece{6, true, instructions, ""})
	check(t, http3.Limits{}, after, want)

	never := append(settings(), piece{0, true, early, "."})
	want = map[uint64]string{
		0: ">begin\n>raw  " + octets("03811011") + frame(0, "body") + "\n-done\n",
		1: ">begin\n-done the connection ended before the end of the request\n",
	}
	check(t, http3.Limits{}, never, want)
}

func TestWhatMayWaitIsBounded(t *testing.T) {
	t.Parallel()
	pieces := append(settings(), piece{0, true, frame(1, octets("0381 10 11")) + frame(0, strings.Repeat("x", 200)), "."})
	got := listen(http3.Limits{Waiting: 100}, pieces)
	if !strings.Contains(got[0], "too much waits") || !strings.Contains(got[0]+got[1], strings.Repeat("x", 200)) || !strings.Contains(got[1], "done") {
		t.Errorf("%v", got)
	}
	var many []piece
	for id := range uint64(40) {
		many = append(many, piece{id * 4, true, frame(1, strings.Repeat("z", 30))[:20], ""})
	}
	if got := listen(http3.Limits{Waiting: 100}, many)[0]; !strings.Contains(got, "too much is on its way at once") {
		t.Errorf("%q", got)
	}
}

// A table that cannot be followed does not stop what needs none.
func TestBrokenTable(t *testing.T) {
	t.Parallel()
	pieces := append(settings(),
		piece{0, true, frame(1, octets("0381 10 11")) + frame(0, "one"), "."},
		piece{6, true, "\x02" + octets("3fffff7f"), ""},
		piece{4, true, head(":method GET", ":path /after"), "."},
		piece{6, true, "more", ""},
	)
	got := listen(http3.Limits{}, pieces)
	if !strings.Contains(got[1], ">body  one\n>end") || !strings.Contains(got[5], "GET /after HTTP/3") || !strings.Contains(got[0], "cannot be followed") || !strings.Contains(got[0], "more") {
		t.Errorf("%v", got)
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	get := head(":method GET", ":authority a.test", ":path /")
	pieces := []piece{
		{0, true, get + frame(0, "begun"), "the app cancelled"}, {0, false, "", "the server cancelled"},
		{4, true, get, "."}, {4, false, head(":status 200") + frame(0, "cut off")[:5], "."},
		{8, true, get, "."},
		{12, true, get[:4], ""},
	}
	got := listen(http3.Limits{}, pieces)
	for id, want := range map[uint64]string{
		1: "-done the app cancelled\n", 5: "<body  cut\n<end\n-done a stream ends in the middle of a frame\n",
		9: "-done the connection ended without an answer\n", 13: "-done the connection ended before the end of the request\n",
		0: ">raw  " + get[2:4] + "\n-done\n", // the payload as far as it came
	} {
		if !strings.HasSuffix(got[id], want) {
			t.Errorf("exchange %d: %q, want %q", id, got[id], want)
		}
	}
}

func TestUpgrades(t *testing.T) {
	t.Parallel()
	pieces := []piece{
		{0, true, head(":method CONNECT", ":protocol WebSocket", ":scheme https", ":authority a.test", ":path /ws"), ""},
		{0, false, head(":status 200"), ""},
		{0, true, frame(0, "\x81\x00"), "."}, {0, false, frame(0, "\x88\x00"), "."},
	}
	check(t, http3.Limits{}, pieces, map[uint64]string{
		1: ">begin\n>head  CONNECT /ws HTTP/3|host: a.test|protocol: WebSocket||\n<head  HTTP/3 200||\n-upgrade websocket\n>raw  \x81\x00\n>end\n<raw  \x88\x00\n<end\n-done\n",
	})
}

func TestPushes(t *testing.T) {
	t.Parallel()
	pieces := []piece{
		{0, true, head(":method GET", ":path /"), "."},
		{0, false, frame(5, "\x07"+block(":method GET", ":path /pushed")) + head(":status 200"), "."},
		{15, false, "\x01\x07" + head(":status 200") + frame(0, "pushed"), "."},
	}
	got := listen(http3.Limits{}, pieces)
	if want := "<begin\n<head  GET /pushed HTTP/3||\n<head  HTTP/3 200||\n<body  pushed\n<end\n-done\n"; got[1<<63|7] != want {
		t.Errorf("%q, want %q", got[1<<63|7], want)
	}
}

// What is not understood comes out as it is.
func TestStrangers(t *testing.T) {
	t.Parallel()
	pieces := []piece{
		{2, true, "\x00" + frame(0x21, "reserved"), ""}, {14, true, "\x40\x54own-stream", "."}, {1, false, "server's", "."},
		{0, true, frame(0x4242, "unknown-frame") + head(":method GET", ":path /"), "."}, {0, false, head(":status 204"), "."},
		{2, false, "wrong-way", ""},
	}
	check(t, http3.Limits{}, pieces, map[uint64]string{
		0:  ">begin\n>raw  " + frame(0x21, "reserved") + frame(0x4242, "unknown-frame") + "\n<raw  wrong-way\n-done\n",
		15: ">begin\n>raw  \x40\x54own-stream\n>end\n-done\n",
		2:  "<begin\n<raw  server's\n<end\n-done\n",
		1:  ">begin\n>head  GET / HTTP/3||\n>end\n<head  HTTP/3 204||\n<end\n-done\n",
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := head(":method GET", ":path /", "x-long "+strings.Repeat("v", 500))
	if got := listen(http3.Limits{Block: 100}, []piece{{0, true, long, "."}})[0]; !strings.Contains(got, "a frame is too long") || !strings.Contains(got, "x-long"[1:]) && !strings.Contains(got, "raw") {
		t.Errorf("%q", got)
	}
	if got := listen(http3.Limits{Head: 100}, []piece{{0, true, long, "."}}); !strings.Contains(got[0], "a head is too long") || strings.Contains(got[1], "vvv") {
		t.Errorf("%v", got)
	}
	got := listen(http3.Limits{Streams: 1}, []piece{{0, true, head(":method GET", ":path /"), ""}, {4, true, "one too many", "."}})
	if len(got) != 2 || !strings.Contains(got[0], "one too many") {
		t.Errorf("%v", got)
	}
}

func FuzzConn(f *testing.F) {
	script := func(pieces ...piece) (b []byte) {
		for _, p := range pieces {
			flags := byte(0)
			if p.out {
				flags = 1
			}
			if p.end != "" {
				flags |= 2
			}
			for first := true; first || p.b != ""; first = false {
				n := min(len(p.b), 255)
				b = append(append(b, byte(p.id), flags, byte(n)), p.b[:n]...)
				p.b = p.b[n:]
			}
		}
		return b
	}
	f.Add(script(append(settings(), piece{0, true, frame(1, octets("03811011")) + frame(0, "one"), "."}, piece{6, true, "\x02" + octets("3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468"), ""})...))
	f.Add(script(piece{0, true, head(":method GET", ":path /"), "."}, piece{0, false, frame(5, "\x07"+block(":method GET")) + head(":status 200"), "."}, piece{15, false, "\x01\x07" + head(":status 200"), "."}))
	f.Fuzz(func(t *testing.T, b []byte) {
		open, said, done := map[uint64]bool{}, 0, 0
		c := http3.New(http3.Limits{Block: 1000, Head: 1000, Streams: 20, Waiting: 1000}, func(e flow.Event) {
			switch {
			case e.Kind == flow.EventBegin && open[e.Exchange]:
				t.Fatalf("exchange %d begins twice", e.Exchange)
			case e.Kind != flow.EventBegin && !open[e.Exchange]:
				t.Fatalf("%+v of an exchange that is not open", e)
			}
			open[e.Exchange] = e.Kind != flow.EventDone
			if said += len(e.Bytes); e.Kind == flow.EventDone {
				done++
			}
		})
		for len(b) >= 3 {
			id, flags, n := uint64(b[0]), b[1], min(int(b[2]), len(b)-3)
			c.Octets(id, flags&1 != 0, b[3:3+n])
			if flags&2 != 0 {
				c.End(id, flags&1 != 0, strings.Repeat("cut", int(flags>>2&1)))
			}
			b = b[3+n:]
		}
		c.Close()
		for id, is := range open {
			if is {
				t.Fatalf("exchange %d is not over", id)
			}
		}
	})
}
