package web_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/web"
)

type rule = func(w http.ResponseWriter, r *http.Request, text string) bool

// reset cuts the connection that a request came over.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func answer(status int, body string) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// onPost acts when a text that holds "bad" is written or searched for.
func onPost(act func(w http.ResponseWriter)) rule {
	return func(w http.ResponseWriter, _ *http.Request, text string) bool {
		if !strings.Contains(text, "bad") {
			return false
		}
		act(w)
		return true
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	const text = "bad hsdkwpqz"
	reading := func(act func(w http.ResponseWriter)) rule {
		return func(w http.ResponseWriter, r *http.Request, text string) bool {
			if r.Method != http.MethodGet {
				return false
			}
			act(w)
			return true
		}
	}
	for _, c := range []struct {
		name, face string
		rule       rule
		edit       func(string) (string, bool)
		want       telltale.Receipt
	}{
		{"refused by status", "a form, one page", onPost(answer(403, "<title>no\nway</title>")), nil, telltale.Receipt{Outcome: telltale.Refused, Reason: "HTTP 403 no way"}},
		{"a block page with 200", "plain text, one page, no names", onPost(answer(200, "<h1>blocked</h1>")), nil, telltale.Receipt{Outcome: telltale.Refused, Reason: "not the usual page: HTTP 200 blocked"}},
		{"a block page that nobody described", "a file form, threads", onPost(answer(200, "<h1>blocked</h1>")), nil, telltale.Receipt{Outcome: telltale.Refused, Reason: "not the usual answer: HTTP 200 blocked"}},
		{"a block page for the reader that nobody described", "a file form, threads", reading(answer(200, "<title>blocked</title>")), nil, telltale.Receipt{Outcome: telltale.Refused, Reader: true, Reason: "not the usual page: HTTP 200 blocked"}},
		{"refused in JSON", "an API", onPost(answer(200, `{"error": {"reason": "words"}}`)), nil, telltale.Receipt{Outcome: telltale.Refused, Reason: "words"}},
		{"cut", "a file form, threads", onPost(reset), nil, telltale.Receipt{Outcome: telltale.Dropped, Ended: true, Reason: "the connection was cut after the text"}},
		{"hidden", "a form, one page", nil, func(s string) (string, bool) { return s, !strings.Contains(s, "bad") }, telltale.Receipt{Outcome: telltale.Dropped}},
		{"rewritten", "plain text, one page, no names", nil, func(s string) (string, bool) { return strings.Replace(s, "bad", "***", 1), true }, telltale.Receipt{Outcome: telltale.Altered, Got: "*** hsdkwpqz"}},
		{"rewritten in an event", "events", nil, func(s string) (string, bool) { return strings.Replace(s, "bad", "***", 1), true }, telltale.Receipt{Outcome: telltale.Altered, Got: "*** hsdkwpqz"}},
		{"the reader is refused", "a file form, threads", reading(answer(403, "<p>not for you")), nil, telltale.Receipt{Outcome: telltale.Refused, Reader: true, Reason: "HTTP 403 not for you"}},
		{"the reader is cut off", "a file form, threads", reading(reset), nil, telltale.Receipt{Outcome: telltale.Refused, Reader: true, Reason: "the connection was cut"}},
		{"a search that is too long", "an answer", onPost(answer(414, "no")), nil, telltale.Receipt{Outcome: telltale.Void, Reason: "the text is too long for this service"}},
		{"a search refused", "an answer", onPost(answer(403, "no")), nil, telltale.Receipt{Outcome: telltale.Refused, Reason: "HTTP 403 no"}},
		{"a search cut", "an answer", onPost(reset), nil, telltale.Receipt{Outcome: telltale.Refused, Ended: true, Reason: "the connection was cut after the text"}},
		{"a search with another answer", "an answer", onPost(answer(200, "<h1>bad hsdkwpqz</h1>")), nil, telltale.Receipt{Outcome: telltale.Dropped, Reason: "the usual answer did not come"}},
		{"a search with another text", "an answer", onPost(answer(200, "<h1>good</h1>nothing found")), nil, telltale.Receipt{Outcome: telltale.Altered, Got: "good"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			d := drive(t, faces(b.URL)[c.face])
			for range 3 {
				if r := send(t, d, "", "good morning", soon); r.Outcome != telltale.Delivered {
					t.Fatalf("a harmless text: %+v", r)
				}
			}
			b.set(c.rule, c.edit)
			wait := soon
			if c.want.Outcome == telltale.Dropped || strings.HasPrefix(c.want.Reason, "not the usual answer") {
				wait = short
			}
			r := send(t, d, "", text, wait)
			if r.Outcome != c.want.Outcome || r.Got != c.want.Got || r.Reader != c.want.Reader || r.Ended != c.want.Ended || !strings.HasPrefix(r.Reason, c.want.Reason) {
				t.Errorf("got %+v, want %+v", r, c.want)
			}
			b.set(nil, nil)
			if r := send(t, d, "", "good night", soon); r.Outcome != telltale.Delivered {
				t.Errorf("a harmless text afterwards: %+v", r)
			}
		})
	}
}

// A socket that is closed over a text is another one before the next.
func TestSocketClosedOverAText(t *testing.T) {
	t.Parallel()
	d := drive(t, faces(newBoard(t).URL)["a socket"])
	if r := send(t, d, "", "hang up", soon); r.Outcome != telltale.Refused || !r.Ended || !strings.Contains(r.Reason, "no such words") {
		t.Errorf("%+v", r)
	}
	if r := send(t, d, "", "hello again", soon); r.Outcome != telltale.Delivered {
		t.Errorf("afterwards: %+v", r)
	}
}

// Events that were missed are no result, and the stream is opened anew.
func TestEventsAreInterrupted(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	d := drive(t, faces(b.URL)["events"])
	if r := send(t, d, "", "end of the stream", soon); r.Outcome != telltale.Delivered {
		t.Errorf("before the end: %+v", r)
	}
	b.set(nil, func(s string) (string, bool) { return s, false })
	// Both came, and come again.
	for range 4 {
		<-b.joined
	}
	// Each says once that its stream had ended.
	for range 2 {
		if r := send(t, d, "", "nobody hears it", short); r.Outcome != telltale.Void || !strings.Contains(r.Reason, "interrupted") {
			t.Errorf("in between: %+v", r)
		}
	}
	if r := send(t, d, "", "nobody shows it", short); r.Outcome != telltale.Dropped {
		t.Errorf("hidden: %+v", r)
	}
	b.set(nil, nil)
	if r := send(t, d, "", "hello again", soon); r.Outcome != telltale.Delivered {
		t.Errorf("afterwards: %+v", r)
	}
}

// Too fast is no result, whether writing or reading.
func TestTooFastIsNoResult(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			d := drive(t, faces(b.URL)["a form, one page"])
			var left atomic.Int32
			left.Store(1)
			b.set(func(w http.ResponseWriter, r *http.Request, _ string) bool {
				// What the sender reads is of no matter.
				if r.Method != method || method == http.MethodGet && who(r) == "alice" || left.Add(-1) < 0 {
					return false
				}
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}, nil)
			wait := soon
			if method == http.MethodGet {
				wait = short // the rest is longer, and must be waited for
			}
			if r := send(t, d, "", "hello", wait); r.Outcome != telltale.Delivered {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A service that is always overloaded by one text, and by no other, minds it.
func TestOverloadedByOneText(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	d := drive(t, strings.Replace(faces(b.URL)["a form, one page"], `{"status": [201]}`, `{"status": [201], "after": "1ms"}`, 1))
	b.set(onPost(answer(502, "<p>bad gateway")), nil)
	if r := send(t, d, "", "bad at first", soon); r.Outcome != telltale.Void {
		t.Errorf("before anything was taken: %+v", r)
	}
	if r := send(t, d, "", "good morning", soon); r.Outcome != telltale.Delivered {
		t.Errorf("harmless: %+v", r)
	}
	if r := send(t, d, "", "bad", soon); r.Outcome != telltale.Refused || !strings.HasPrefix(r.Reason, "HTTP 502") {
		t.Errorf("not harmless: %+v", r)
	}
}

// A session that is over is begun anew.
func TestLoggedOut(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	d := drive(t, faces(b.URL)["a form, one page"])
	before := b.count()
	var once atomic.Bool
	b.set(func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Method != http.MethodPost || once.Swap(true) {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}, nil)
	if r := send(t, d, "", "hello", soon); r.Outcome != telltale.Delivered {
		t.Errorf("%+v", r)
	}
	if n := b.count(); n != before+1 {
		t.Errorf("%d logins, want %d", n, before+1)
	}
}

// A page that stays closed to the reader says nothing of later messages.
func TestAPageThatStaysClosedIsNoResult(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	d := drive(t, faces(b.URL)["plain text, one page, no names"])
	closed := func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Method != http.MethodGet {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	b.set(closed, nil)
	if _, err := d.Send(t.Context(), telltale.Typing{From: "alice", To: "bob", Text: "x", Wait: soon}); err != nil {
		t.Logf("the first: %v", err)
	}
	if r, err := d.Send(t.Context(), telltale.Typing{From: "alice", To: "bob", Text: "y", Wait: soon}); err == nil && r.Outcome != telltale.Void {
		t.Errorf("a result out of nothing: %+v", r)
	}
}

func TestPasswordsAreNotInErrors(t *testing.T) {
	t.Parallel()
	nobody := httptest.NewServer(nil)
	address := nobody.URL
	nobody.Close()
	o, err := web.ParseOptions([]byte(fmt.Sprintf(`{"base": %q, "login": [{"url": "/login?p={{password}}"}], "places": [{"name": "x", "send": {"url": "/"}, "answer": {"normal": "x"}}]}`, address)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := web.New(web.Config{Account: ends.Account{Name: "a", Password: "hunter2"}, Options: o})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Open(t.Context(), func(ends.Event) {}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// Each account can have its own way to the service.
func TestProxies(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	var through atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		through.Add(1)
		b.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	options := strings.Replace(faces(b.URL)["plain text, one page, no names"], "{", fmt.Sprintf(`{"proxy": %q, "proxies": {"bob": "direct"},`, proxy.URL), 1)
	d := drive(t, options)
	if n := through.Load(); n != 1 {
		t.Errorf("%d requests through the proxy at first, want alice's one", n)
	}
	if r := send(t, d, "", "hello", soon); r.Outcome != telltale.Delivered {
		t.Errorf("%+v", r)
	}
	if through.Load() < 3 {
		t.Error("alice's message went past the proxy")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	one := `{"places": [{"name": "a", "send": {"url": "/"}%s}]%s}`
	for raw, want := range map[string]string{
		`{}`:                                   "options.places: there is neither a place to write nor one to read",
		fmt.Sprintf(one, "", ""):               "options.places[0]: nobody would know what became of a text; set read, or answer",
		fmt.Sprintf(one, `, "answer": {}`, ""): "options.places[0].answer: a page alone proves nothing",
		fmt.Sprintf(one, `, "answer": {"x": 1}`, ""):                                         "options.places[0].answer.x: there is no such setting",
		fmt.Sprintf(one, `, "answer": {"normal": "("}`, ""):                                  "options.places[0].answer.normal: error parsing regexp",
		fmt.Sprintf(one, `, "before": [{"url": "/{{txt}}"}]`, ""):                            "options.places[0].before[0].url: there is no value {{txt}}",
		fmt.Sprintf(one, ``, `, "read": {"url": "/", "items": {}}`):                          "options.read.items: set one of css, regexp, json and header",
		fmt.Sprintf(one, ``, `, "read": {"url": "/", "items": {"css": "a:b"}}`):              "options.read.items: \"a:b\": only names",
		fmt.Sprintf(one, ``, `, "read": {"url": "/{{thread}}", "items": {"css": "a"}}`):      "options.places[0].thread: what is read is another page",
		fmt.Sprintf(one, ``, `, "read": {"url": "/{{n|up}}", "items": {"css": "a"}}`):        `options.read.url: there is no filter "up"`,
		fmt.Sprintf(one, ``, `, "read": {"url": "/", "items": {"css": "a"}, "stream": "x"}`): `options.read.stream: "x" is unknown`,
		`{"places": [{"name": "a", "send": {"url": "/", "body": "x", "json": {}}}]}`:         "options.places[0].send: a request has one body",
	} {
		if _, err := web.ParseOptions([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", raw, err, want)
		}
	}
}
