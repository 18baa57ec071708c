package http2_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http2"
)

// piece is octets of one direction.
type piece struct {
	out bool
	b   string
}

// end is one end of a connection that writes what it is told to.
type end struct {
	*xhttp2.Framer
	out   bool
	wire  bytes.Buffer
	block bytes.Buffer
	enc   *hpack.Encoder
	said  *[]piece
}

// pair returns the ends of a connection, after their first words, and what
// they said.
func pair() (app, server *end, said *[]piece) {
	said = &[]piece{}
	app, server = newEnd(true, said), newEnd(false, said)
	app.wire.WriteString(xhttp2.ClientPreface)
	app.do(app.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 65536}))
	server.do(server.WriteSettings())
	server.do(server.WriteSettingsAck())
	return app, server, said
}

func newEnd(out bool, said *[]piece) *end {
	e := &end{out: out, said: said}
	e.Framer = xhttp2.NewFramer(&e.wire, nil)
	e.AllowIllegalWrites = true
	e.enc = hpack.NewEncoder(&e.block)
	return e
}

// do takes what was written.
func (e *end) do(err error) {
	if err != nil {
		panic(err)
	}
	*e.said = append(*e.said, piece{e.out, e.wire.String()})
	e.wire.Reset()
}

// encode packs header lines given as "name value".
func (e *end) encode(lines ...string) []byte {
	e.block.Reset()
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		_ = e.enc.WriteField(hpack.HeaderField{Name: name, Value: value})
	}
	return e.block.Bytes()
}

func (e *end) head(id uint32, last bool, lines ...string) {
	e.do(e.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, BlockFragment: e.encode(lines...), EndHeaders: true, EndStream: last}))
}

func (e *end) data(id uint32, last bool, s string) { e.do(e.WriteData(id, last, []byte(s))) }

// listen reads pieces and returns what is told of each exchange, as lines.
func listen(limits http2.Limits, pieces []piece) map[uint64]string {
	all := map[uint64]string{}
	last := map[uint64]string{} // the kind of the last event
	c := http2.New(limits, func(e flow.Event) {
		dir := map[bool]string{true: ">", false: "<"}[e.Out]
		name := map[flow.EventKind]string{
			flow.EventBegin: "begin", flow.EventHead: "head", flow.EventBody: "body", flow.EventTrailer: "trailer",
			flow.EventEnd: "end", flow.EventUpgrade: "upgrade", flow.EventRaw: "raw", flow.EventDone: "done",
		}[e.Kind]
		if same := dir + name; (e.Kind == flow.EventBody || e.Kind == flow.EventRaw && e.Text == "") && last[e.Exchange] == same {
			all[e.Exchange] = strings.TrimSuffix(all[e.Exchange], "\n") + string(e.Bytes) + "\n"
			return
		}
		last[e.Exchange] = dir + name
		text := string(e.Bytes)
		if e.Kind == flow.EventHead || e.Kind == flow.EventTrailer {
			text = strings.ReplaceAll(text, "\r\n", "|")
		}
		all[e.Exchange] += dir + name + " " + e.Text + text + "\n"
	})
	for _, p := range pieces {
		b := []byte(p.b)
		c.Octets(p.out, b)
		clear(b)
	}
	c.Close()
	return all
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func ask(path string) []string {
	return []string{":method GET", ":scheme https", ":authority a.test", ":path " + path, "x-sum 1"}
}

func TestStreamsInterleaved(t *testing.T) {
	t.Parallel()
	app, server, said := pair()
	app.head(1, false, ask("/one")...)
	app.head(3, true, ask("/two")...)
	server.head(1, false, ":status 103", "link x")
	app.data(1, false, "bo")
	server.head(3, false, ":status 200", "x-sum 1")
	server.data(3, false, "answer ")
	app.do(app.WriteDataPadded(1, false, []byte("dy"), make([]byte, 9)))
	server.head(1, false, ":status 201")
	server.data(1, false, "made")
	app.head(1, true, "sum 7")
	server.data(3, true, "two")
	server.head(1, true, "grpc-status 0", "grpc-message fine")
	want := map[uint64]string{
		1: lines(">begin ", ">head GET /one HTTP/2|host: a.test|x-sum: 1||", "<head HTTP/2 103|link: x||", ">body body",
			"<head HTTP/2 201||", "<body made", ">trailer sum: 7||", ">end ", "<trailer grpc-status: 0|grpc-message: fine||", "<end ", "<done "),
		3: lines(">begin ", ">head GET /two HTTP/2|host: a.test|x-sum: 1||", ">end ", "<head HTTP/2 200|x-sum: 1||", "<body answer two", "<end ", "<done "),
	}
	check(t, want, *said)
}

func check(t *testing.T, want map[uint64]string, said []piece) {
	t.Helper()
	if diff := cmp.Diff(want, listen(http2.Limits{}, said)); diff != "" {
		t.Error(diff)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		if diff := cmp.Diff(want, listen(http2.Limits{}, cutUp(rnd, said))); diff != "" {
			t.Fatalf("in other pieces: %s", diff)
		}
	}
}

func cutUp(rnd *rand.Rand, pieces []piece) []piece {
	var all []piece
	for _, p := range pieces {
		for p.b != "" {
			n := 1 + rnd.IntN(min(len(p.b), 1+rnd.IntN(30)))
			all = append(all, piece{p.out, p.b[:n]})
			p.b = p.b[n:]
		}
	}
	return all
}

func TestContinuationPushAndReset(t *testing.T) {
	t.Parallel()
	app, server, said := pair()
	block := app.encode(ask("/long")...)
	app.do(app.WriteHeaders(xhttp2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block[:3], EndStream: true, PadLength: 5,
		Priority: xhttp2.PriorityParam{StreamDep: 0, Weight: 9, Exclusive: true},
	}))
	app.do(app.WriteContinuation(1, false, block[3:5]))
	app.do(app.WriteContinuation(1, true, block[5:]))
	server.do(server.WritePushPromise(xhttp2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: server.encode(ask("/pushed")...), EndHeaders: true}))
	server.head(2, false, ":status 200")
	server.head(1, true, ":status 204")
	server.data(2, false, "half")
	app.do(app.WriteRSTStream(2, xhttp2.ErrCodeCancel))
	server.data(2, false, "late")
	app.head(3, false, ask("/early")...)
	server.head(3, true, ":status 413")
	server.do(server.WriteRSTStream(3, xhttp2.ErrCodeNo))
	app.head(5, true, ask("/left")...)
	app.do(app.WritePing(false, [8]byte{1}))
	server.do(server.WriteGoAway(3, xhttp2.ErrCodeNo, []byte("words")))
	app.do(app.WriteRawFrame(0x33, 0, 0, []byte("own")))
	head := "|host: a.test|x-sum: 1||"
	check(t, map[uint64]string{
		0: lines("<begin ", "<raw late\x00\x00\x0d\x07\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00words", ">raw \x00\x00\x03\x33\x00\x00\x00\x00\x00own", "<done "),
		1: lines(">begin ", ">head GET /long HTTP/2"+head, ">end ", "<head HTTP/2 204||", "<end ", "<done "),
		2: lines("<begin ", "<head GET /pushed HTTP/2"+head, "<head HTTP/2 200||", "<body half", "<done the app reset the stream: CANCEL"),
		3: lines(">begin ", ">head GET /early HTTP/2"+head, "<head HTTP/2 413||", "<end ", "<done "),
		5: lines(">begin ", ">head GET /left HTTP/2"+head, ">end ", "<done the connection ended without an answer"),
	}, *said)
}

func TestConnect(t *testing.T) {
	t.Parallel()
	app, server, said := pair()
	app.head(1, false, ":method CONNECT", ":protocol websocket", ":scheme https", ":authority a.test", ":path /chat")
	server.head(1, false, ":status 200")
	app.data(1, false, "\x81\x00")
	server.data(1, true, "\x81\x00")
	app.head(3, false, ":method CONNECT", ":authority b.test:443")
	server.head(3, false, ":status 200")
	app.data(3, true, "tls")
	check(t, map[uint64]string{
		1: lines(">begin ", ">head CONNECT /chat HTTP/2|host: a.test|protocol: websocket||", "<head HTTP/2 200||", "<upgrade websocket", ">raw \x81\x00", "<raw \x81\x00", "<end ", "<done "),
		3: lines(">begin ", ">head CONNECT b.test:443 HTTP/2|host: b.test:443||", "<head HTTP/2 200||", "<upgrade connect", ">raw tls", ">end ", "<done "),
	}, *said)
}

func TestTableSizeGrows(t *testing.T) {
	t.Parallel()
	_, server, said := pair()
	server.enc.SetMaxDynamicTableSizeLimit(65536)
	server.enc.SetMaxDynamicTableSize(65536)
	for i := range 200 {
		id := uint32(2*i + 1)
		server.head(id, true, ":status 200", fmt.Sprintf("x-%d %s", i, strings.Repeat("v", 200)), "x-0 "+strings.Repeat("v", 200))
	}
	got := listen(http2.Limits{}, *said)
	if got[0] != "" || !strings.Contains(got[399], "x-199: ") || !strings.Contains(got[399], "x-0: vvv") {
		t.Errorf("the last head is %q, unread %q", got[399], got[0])
	}
}

func TestHostileHeads(t *testing.T) {
	t.Parallel()
	app, server, said := pair()
	app.head(1, true, ":method GET", ":path /a\r\nb", "x\n a\r\n\r\nb", ":path again", ":odd 1")
	*said = append(*said, piece{false, "\x00\x00\x02\x01\x05\x00\x00\x00\x01\x88\xff"})
	app.head(3, true, ":method GET", "big "+strings.Repeat("b", 500))
	server.head(7, true, ":status 200")
	got := listen(http2.Limits{Head: 400}, *said)
	if want := ">head GET /a%0D%0Ab HTTP/2|x%0A: a| | b|:path: again|:odd: 1||\n"; !strings.Contains(got[1], want) {
		t.Errorf("%q lacks %q", got[1], want)
	}
	if !strings.Contains(got[1], "<head HTTP/2 200||") || !strings.Contains(got[0], "cannot be read whole\x88\xff") || !strings.Contains(got[0], "too long as text") {
		t.Errorf("%v", got)
	}
	if !strings.Contains(got[7], "done the connection ended before the end of the request") {
		t.Errorf("%q", got[7])
	}
}

func TestNotHTTP2(t *testing.T) {
	t.Parallel()
	good := xhttp2.ClientPreface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, c := range map[string]struct{ out, in, want string }{
		"other preface":  {"PRI * HTTP/2.0\r\n\r\nXX", "", ">begin |>raw the app does not begin as HTTP/2 doesPRI * HTTP/2.0\r|\r|XX|<done "},
		"cut preface":    {"PRI * HT", "", ">begin |>raw PRI * HT|<done "},
		"other answer":   {"", "HTTP/1.1 400 Bad", "<begin |<raw the connection does not begin with settingsHTTP/1.1 400 Bad|<done "},
		"cut header":     {good + "\x00\x00\x09", "", ">begin |>raw \x00\x00\x09|<done "},
		"cut frame":      {good + "\x00\x00\x09\x01\x00\x00\x00\x00\x01ab", "", ">begin |>raw \x00\x00\x09\x01\x00\x00\x00\x00\x01ab|<done "},
		"data nowhere":   {good + "\x00\x00\x02\x00\x00\x00\x00\x00\x00ab", "", ">begin |>raw a frame that needs a stream has none\x00\x00\x02\x00\x00\x00\x00\x00\x00ab|<done "},
		"no such stream": {good + "\x00\x00\x02\x00\x00\x00\x00\x00\x09ab", "", ">begin |>raw ab|<done "},
		"padding":        {good + "\x00\x00\x04\x00\x08\x00\x00\x00\x09\x02a\x00b", "", ">begin |>raw ab|<done "},
		"late padding":   {good + "\x00\x00\x05\x00\x08\x00\x00\x00\x09\x04\x00\x00b\x00", "", ">begin |>raw b\x00|<done "},
		"long padding":   {good + "\x00\x00\x02\x00\x08\x00\x00\x00\x09\x02a", "", ">begin |>raw padding is longer than its framea|<done "},
		"not continued":  {good + "\x00\x00\x01\x01\x00\x00\x00\x00\x01a\x00\x00\x00\x04\x00\x00\x00\x00\x00", "", ">begin |>raw a header block is not continueda\x00\x00\x00\x04\x00\x00\x00\x00\x00|<done "},
		"short block":    {good + "\x00\x00\x01\x01\x28\x00\x00\x00\x01\x05", "", ">begin |>raw a frame with a header block is too short\x00\x00\x01\x01\x28\x00\x00\x00\x01\x05|<done "},
	} {
		got := listen(http2.Limits{}, []piece{{true, c.out}, {false, c.in}})
		if flat := strings.TrimSuffix(strings.ReplaceAll(got[0], "\n", "|"), "|"); flat != c.want {
			t.Errorf("%s: %q, want %q", name, flat, c.want)
		}
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	for b, want := range map[string][2]bool{
		"": {false, false}, "\x00\x00": {false, false}, "\x00\x00\x06\x04": {false, false},
		"\x00\x00\x06\x04\x00\x00\x00\x00\x00and more": {true, true}, "HTTP": {false, true}, "\x00\x00\x05": {false, true},
		"\x00\x00\x06\x07": {false, true}, "\x00\x00\x06\x04\x01": {false, true}, "\x00\x00\x06\x04\x00\x00\x00\x00\x01": {false, true},
	} {
		if is, sure := http2.Greeting([]byte(b)); is != want[0] || sure != want[1] {
			t.Errorf("%q: %v, %v", b, is, sure)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	app, _, said := pair()
	for id := range uint32(5) {
		app.head(2*id+1, true, ask("/")...)
	}
	got := listen(http2.Limits{Streams: 2}, *said)
	if len(got) != 3 || strings.Count(got[0], "GET / HTTP/2") != 3 {
		t.Errorf("too many streams: %v", got)
	}
	got = listen(http2.Limits{Block: 5}, *said)
	if len(got) != 1 || !strings.Contains(got[0], "a header block is too long") {
		t.Errorf("a long block: %v", got)
	}
}

func TestTruncation(t *testing.T) {
	t.Parallel()
	app, server, said := pair()
	app.head(1, false, ask("/one")...)
	app.data(1, true, "body of it")
	server.head(1, false, ":status 200")
	server.data(1, true, "answer to it")
	var text []byte // what one byte of each kind says, in order
	for _, p := range *said {
		text = append(text, p.b...)
	}
	body, answer := bytes.Index(text, []byte("body of it")), bytes.Index(text, []byte("answer to it"))
	for cut := range len(text) {
		var part []piece
		left := cut
		for _, p := range *said {
			n := min(left, len(p.b))
			part = append(part, piece{p.out, p.b[:n]})
			left -= n
		}
		got := listen(http2.Limits{}, part)[1]
		if want := "body of it"[:min(max(cut-body, 0), 10)]; !strings.Contains(got, want) || want != "" && !strings.Contains(got, ">body "+want+"\n") {
			t.Fatalf("cut at %d: %q lacks %q", cut, got, want)
		}
		if want := "answer to it"[:min(max(cut-answer, 0), 12)]; want != "" && !strings.Contains(got, "<body "+want+"\n") {
			t.Fatalf("cut at %d: %q lacks %q", cut, got, want)
		}
	}
}

func FuzzConn(f *testing.F) {
	app, server, said := pair()
	app.head(1, false, ask("/one")...)
	app.do(app.WriteDataPadded(1, true, []byte("body"), []byte{0, 1}))
	server.head(1, false, ":status 200")
	server.data(1, false, "answer")
	server.head(1, true, "sum 1")
	app.head(3, false, ":method CONNECT", ":protocol websocket")
	server.head(3, true, ":status 200")
	app.do(app.WriteRSTStream(3, 8))
	var all [2][]byte
	for _, p := range *said {
		i := map[bool]int{true: 0, false: 1}[p.out]
		all[i] = append(all[i], p.b...)
	}
	f.Add(all[0], all[1], uint64(1))
	f.Add(all[0], []byte("HTTP/1.1 400 Bad"), uint64(2))
	f.Add(all[0], all[1], uint64(84)) // padding in two pieces
	f.Fuzz(func(t *testing.T, o, i []byte, seed uint64) {
		if len(o)+len(i) > 1<<14 {
			return
		}
		said := []piece{{true, string(o)}, {false, string(i)}}
		limits := http2.Limits{Block: 500, Head: 500, Streams: 3}
		want := listen(limits, said)
		if diff := cmp.Diff(want, listen(limits, cutUp(rand.New(rand.NewPCG(seed, 1)), said))); diff != "" {
			t.Fatalf("other pieces make other events: %s", diff)
		}
		for id, text := range want {
			if strings.Count(text, "begin ") == 0 || !strings.Contains(text, "done ") {
				t.Fatalf("exchange %d does not begin or end: %q", id, text)
			}
		}
	})
}
