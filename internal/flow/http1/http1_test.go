package http1_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http1"
)

// exchange is what the events tell of one.
type exchange struct {
	Out, In []string // heads, then bodies; raw octets with a "~" before them
	Upgrade string
	Ended   string // directions that ended, as in "oi"
	Done    string
}

// piece is octets of one direction.
type piece struct {
	out bool
	b   string
}

func out(s ...string) piece { return piece{true, strings.Join(s, "")} }
func in(s ...string) piece  { return piece{false, strings.Join(s, "")} }

// listen splits pieces and returns the exchanges in the order of their begin.
// It fails if the events do not hold just what went in, in order.
func listen(t testing.TB, limits http1.Limits, pieces []piece) []*exchange {
	t.Helper()
	var all []*exchange
	raw := map[bool][]byte{}
	s := http1.New(limits, func(e flow.Event) {
		if e.Kind == flow.EventBegin {
			all = append(all, &exchange{})
		}
		raw[e.Out] = append(raw[e.Out], e.Bytes...)
		all[e.Exchange-1].hear(e)
	})
	want := map[bool][]byte{}
	for _, p := range pieces {
		b := []byte(p.b)
		want[p.out] = append(want[p.out], b...)
		s.Octets(p.out, b)
		clear(b) // what was given must not be kept
	}
	s.Close()
	for _, dir := range []bool{true, false} {
		if !bytes.Equal(raw[dir], want[dir]) {
			t.Fatalf("out %v: %q came out of %q", dir, raw[dir], want[dir])
		}
	}
	for i, x := range all {
		if x.Done == "" {
			t.Fatalf("exchange %d is not over: %+v", i+1, x)
		}
	}
	return all
}

func (x *exchange) hear(e flow.Event) {
	side := &x.In
	if e.Out {
		side = &x.Out
	}
	n := len(*side)
	switch e.Kind {
	case flow.EventHead:
		*side = append(*side, string(e.Bytes))
	case flow.EventBody:
		if n > 0 && strings.HasPrefix((*side)[n-1], "+") {
			(*side)[n-1] += string(e.Bytes)
		} else {
			*side = append(*side, "+"+string(e.Bytes))
		}
	case flow.EventRaw:
		if n > 0 && strings.HasPrefix((*side)[n-1], "~") {
			(*side)[n-1] += string(e.Bytes)
		} else {
			*side = append(*side, "~"+string(e.Bytes))
		}
	case flow.EventEnd:
		x.Ended += map[bool]string{true: "o", false: "i"}[e.Out]
	case flow.EventUpgrade:
		x.Upgrade = e.Text
	case flow.EventDone:
		x.Done = "done " + e.Text
	}
}

const (
	get   = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"
	head  = "HEAD / HTTP/1.1\r\n\r\n"
	postH = "POST /p HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
	post  = postH + "body"
	ok    = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
	none  = "HTTP/1.1 204 No\r\n\r\n"
	chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	coded = "3;x\r\nabc\r\n0\r\nSum: 1\r\n\r\n"
	ws    = "GET /ws HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
	swap  = "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n"
	dial  = "CONNECT b.test:443 HTTP/1.1\r\n\r\n"
	wait  = "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
)

func done(o, i []string) *exchange {
	return &exchange{Out: o, In: i, Ended: "oi", Done: "done "}
}

func list(s ...string) []string { return s }

// stories are conversations and what is to come of them.
func stories() map[string]struct {
	said []piece
	want []*exchange
} {
	type story = struct {
		said []piece
		want []*exchange
	}
	return map[string]story{
		"keep-alive": {
			[]piece{out(get), in(ok, "hi"), out(post), in(none), out("\r\n", head), in(ok), out(get), in(chunk, coded)},
			[]*exchange{
				done(list(get), list(ok, "+hi")), done(list(postH, "+body"), list(none)),
				done(list("\r\n"+head), list(ok)), done(list(get), list(chunk, "+"+coded)),
			},
		},
		"pipelined": {
			[]piece{out(get, post, head, get), in(ok, "hi", none, ok, chunk, coded)},
			[]*exchange{
				done(list(get), list(ok, "+hi")), done(list(postH, "+body"), list(none)),
				done(list(head), list(ok)), done(list(get), list(chunk, "+"+coded)),
			},
		},
		"chunked request and an interim answer": {
			[]piece{out("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), in("HTTP/1.1 100 Go\r\n\r\n"), out(coded), in(none), out(get), in(none)},
			[]*exchange{
				done(list("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "+"+coded), list("HTTP/1.1 100 Go\r\n\r\n", none)),
				done(list(get), list(none)),
			},
		},
		"ends by closing": {
			[]piece{out(get), in("HTTP/1.0 200 OK\r\n\r\nall of it")},
			[]*exchange{{Out: list(get), In: list("HTTP/1.0 200 OK\r\n\r\n", "+all of it"), Ended: "o", Done: "done "}},
		},
		"early answer": {
			[]piece{out(postH, "bo"), in(ok, "hi"), out("dy", get), in(none)},
			[]*exchange{
				{Out: list(postH, "+body"), In: list(ok, "+hi"), Ended: "io", Done: "done "},
				done(list(get), list(none)),
			},
		},
		"upgrade": {
			[]piece{out(ws), in(swap, "\x81\x02hi"), out("\x81\x82abcdef")},
			[]*exchange{{Out: list(ws, "~\x81\x82abcdef"), In: list(swap, "~\x81\x02hi"), Upgrade: "websocket", Ended: "o", Done: "done "}},
		},
		"upgrade refused, with more behind it": {
			[]piece{out(ws, get), in(none, ok, "hi"), out(get), in(none)},
			[]*exchange{done(list(ws), list(none)), done(list(get), list(ok, "+hi")), done(list(get), list(none))},
		},
		"tunnel": {
			[]piece{out(dial, "early"), in("HTTP/1.1 200 OK\r\n\r\nhello"), out("!")},
			[]*exchange{{Out: list(dial, "~early!"), In: list("HTTP/1.1 200 OK\r\n\r\n", "~hello"), Upgrade: "connect", Ended: "o", Done: "done "}},
		},
		"the body that was not wanted": {
			[]piece{out(wait), in("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), out(get), in(none)},
			[]*exchange{
				{Out: list(wait), In: list("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), Ended: "io", Done: "done "},
				done(list(get), list(none)),
			},
		},
		"the body that came all the same": {
			[]piece{out(wait), in(none), out("a=b1", get), in(none)},
			[]*exchange{
				{Out: list(wait, "+a=b1"), In: list(none), Ended: "io", Done: "done "},
				done(list(get), list(none)),
			},
		},
		"an answer before its request": {
			[]piece{in(ok, "hi", none), out(get, get)},
			[]*exchange{done(list(get), list(ok, "+hi")), done(list(get), list(none))},
		},
	}
}

// broken are conversations that go wrong.
func broken() map[string]struct {
	said []piece
	want []*exchange
} {
	type story = struct {
		said []piece
		want []*exchange
	}
	return map[string]story{
		"no request": {
			[]piece{out(get), in(none), out("\x00\x01 tick"), in("tack"), out(get), in(none)},
			[]*exchange{
				done(list(get), list(none)),
				{Out: list("~\x00\x01 tick" + get), In: list("~tack" + none), Done: "done "},
			},
		},
		"no request behind others": {
			[]piece{out(get, "\x00?"), in(none, "!")},
			[]*exchange{done(list(get), list(none)), {Out: list("~\x00?"), In: list("~!"), Done: "done "}},
		},
		"no answer": {
			[]piece{out(get), in("220 ready\r\n"), out(get), in(ok)},
			[]*exchange{
				{Out: list(get), In: list("~220 ready\r\n" + ok), Ended: "o", Done: "done the server's answer is not HTTP/1"},
				{Out: list(get), Ended: "o", Done: "done the connection ended without an answer"},
			},
		},
		"chunks go wrong": {
			[]piece{out(get), in(chunk, "zz\r\nrest", none)},
			[]*exchange{{Out: list(get), In: list(chunk, "+zz\r\nrest"+none), Ended: "o", Done: "done the connection ended before the end of the answer"}},
		},
		"the request's head is cut": {
			[]piece{out(get[:20]), in("HTTP/1.1 408 Late\r\n\r\n")},
			[]*exchange{{Out: list("~" + get[:20]), In: list("~HTTP/1.1 408 Late\r\n\r\n"), Done: "done the connection ended inside the request's head"}},
		},
		"the request's body is cut": {
			[]piece{out(postH, "b")},
			[]*exchange{{Out: list(postH, "+b"), Done: "done the connection ended before the end of the request"}},
		},
		"the answer's head is cut": {
			[]piece{out(get), in(ok[:9])},
			[]*exchange{{Out: list(get), In: list("~" + ok[:9]), Ended: "o", Done: "done the connection ended before the end of the answer"}},
		},
		"the answer's body is cut": {
			[]piece{out(get), in(ok, "h")},
			[]*exchange{{Out: list(get), In: list(ok, "+h"), Ended: "o", Done: "done the connection ended before the end of the answer"}},
		},
		"nobody asked": {
			[]piece{out(get), in(none, "HTTP/1.1 408 Late\r\n\r\n")},
			[]*exchange{
				done(list(get), list(none)),
				{In: list("~HTTP/1.1 408 Late\r\n\r\n"), Done: "done the server spoke without being asked"},
			},
		},
	}
}

func TestStories(t *testing.T) {
	t.Parallel()
	all := stories()
	for name, s := range broken() {
		all[name] = s
	}
	for name, s := range all {
		if diff := cmp.Diff(s.want, listen(t, http1.Limits{}, s.said)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		rnd := rand.New(rand.NewPCG(1, uint64(len(name))))
		for range 50 {
			if diff := cmp.Diff(s.want, listen(t, http1.Limits{}, cutUp(rnd, s.said))); diff != "" {
				t.Fatalf("%s, in other pieces: %s", name, diff)
			}
		}
	}
}

// cutUp cuts the pieces into smaller ones.
func cutUp(rnd *rand.Rand, pieces []piece) []piece {
	var all []piece
	for _, p := range pieces {
		for p.b != "" {
			n := 1 + rnd.IntN(min(len(p.b), 1+rnd.IntN(40)))
			all = append(all, piece{p.out, p.b[:n]})
			p.b = p.b[n:]
		}
	}
	return all
}

// TestTruncation: wherever the connection breaks, what came before is there.
func TestTruncation(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		total := 0
		for _, p := range s.said {
			total += len(p.b)
		}
		for cut := range total {
			var said []piece
			left := cut
			for _, p := range s.said {
				n := min(left, len(p.b))
				said = append(said, piece{p.out, p.b[:n]})
				left -= n
			}
			listen(t, http1.Limits{}, said) // checks that nothing is lost
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	small := http1.Limits{Head: 100, Early: 50, Pipeline: 2}
	long := "GET / HTTP/1.1\r\nA: " + strings.Repeat("x", 200) + "\r\n\r\n"
	got := listen(t, small, []piece{out(get), in(none), out(long, get), in(none)})
	if len(got) != 2 || got[1].Out[0] != "~"+long+get || got[1].In[0] != "~"+none {
		t.Errorf("a head that is too long: %+v", got)
	}
	got = listen(t, small, []piece{out(get), in(long, none), out(get)})
	if len(got) != 2 || got[0].In[0] != "~"+long+none {
		t.Errorf("an answer's head that is too long: %+v", got)
	}
	got = listen(t, small, []piece{in(long, long), out(get)})
	if len(got) != 2 || got[0].In[0] != "~"+long+long || got[1].Out[0] != get {
		t.Errorf("too much without being asked: %+v", got)
	}
	got = listen(t, small, []piece{out(head, head, head, head), in(ok)})
	if len(got) != 3 || got[2].Out[0] != "~"+head+head {
		t.Errorf("too many in the pipeline: %+v", got)
	}
	got = listen(t, small, []piece{out(ws, head, head, head), in(none, ok)})
	if len(got) != 3 || got[1].Out[0] != head || got[1].Done != "done " {
		t.Errorf("an upgrade that nobody waits for: %+v", got)
	}
}

func FuzzSplitter(f *testing.F) {
	for _, s := range stories() {
		var all [2]string
		for _, p := range s.said {
			all[map[bool]int{true: 0, false: 1}[p.out]] += p.b
		}
		f.Add([]byte(all[0]), []byte(all[1]), uint64(len(all[0])))
	}
	f.Fuzz(func(t *testing.T, o, i []byte, seed uint64) {
		if len(o)+len(i) > 1<<14 {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 1))
		said := []piece{out(string(o)), in(string(i))}
		if seed%2 == 1 {
			said[0], said[1] = said[1], said[0]
		}
		limits := http1.Limits{Head: 300, Early: 200, Pipeline: 5}
		want := listen(t, limits, said)
		if diff := cmp.Diff(want, listen(t, limits, cutUp(rnd, said))); diff != "" {
			t.Fatalf("other pieces make other exchanges: %s", diff)
		}
		mixed := cutUp(rnd, said)
		rnd.Shuffle(len(mixed), func(a, b int) {
			if mixed[a].out != mixed[b].out {
				mixed[a], mixed[b] = mixed[b], mixed[a]
			}
		})
		listen(t, limits, mixed) // checks that nothing is lost
	})
}
