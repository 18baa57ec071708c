package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/web"
)

// board is a web service of many faces: a forum with a login, an API, streams
// and a search. It does to messages what a test says.
type board struct {
	*httptest.Server
	mu      sync.Mutex
	threads map[string][]entry
	// subscribers get entries as JSON.
	subscribers map[chan string]bool
	// joined gets a signal for each that comes.
	joined chan struct{}
	// rule may do something to a request first. It reports whether it did.
	rule func(w http.ResponseWriter, r *http.Request, text string) bool
	// edit changes what is shown.
	edit func(string) (string, bool)
	// logins counts them.
	logins int
}

type entry struct {
	ID   int    `json:"id"`
	From string `json:"from"`
	Text string `json:"text"`
}

func newBoard(t *testing.T) *board {
	t.Helper()
	b := &board{threads: map[string][]entry{}, subscribers: map[chan string]bool{}, joined: make(chan struct{}, 1000)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<form><input type=hidden name="token" value="tok&amp;en"></form>`)
	})
	mux.HandleFunc("POST /login", b.login)
	mux.HandleFunc("POST /t/{thread}", b.post)
	mux.HandleFunc("GET /t/{thread}", b.show)
	mux.HandleFunc("POST /api/{thread}", b.apiPost)
	mux.HandleFunc("GET /api/{thread}", b.apiGet)
	mux.HandleFunc("GET /search", b.search)
	mux.HandleFunc("GET /events", b.events)
	mux.HandleFunc("GET /socket", b.socket)
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

// who is the account that a cookie, or else a header, names.
func who(r *http.Request) string {
	if c, err := r.Cookie("session"); err == nil {
		return c.Value
	}
	return r.Header.Get("X-User")
}

func (b *board) login(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("token") != "tok&en" || r.FormValue("password") != "pw" {
		http.Error(w, "wrong password", http.StatusForbidden)
		return
	}
	b.mu.Lock()
	b.logins++
	b.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "session", Value: r.FormValue("user"), Path: "/"})
	http.Redirect(w, r, "/search?q=welcome", http.StatusSeeOther)
}

// count is how often somebody has logged in.
func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.logins
}

// ruled lets the test's rule go first.
func (b *board) ruled(w http.ResponseWriter, r *http.Request, text string) bool {
	b.mu.Lock()
	rule := b.rule
	b.mu.Unlock()
	return rule != nil && rule(w, r, text)
}

func (b *board) set(rule func(w http.ResponseWriter, r *http.Request, text string) bool, edit func(string) (string, bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rule, b.edit = rule, edit
}

func (b *board) add(thread, from, text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.edit != nil {
		var shown bool
		if text, shown = b.edit(text); !shown {
			return 0
		}
	}
	e := entry{len(b.threads[thread]) + 1, from, text}
	b.threads[thread] = append(b.threads[thread], e)
	raw, _ := json.Marshal(e)
	for c := range b.subscribers {
		c <- string(raw)
	}
	return e.ID
}

func (b *board) post(w http.ResponseWriter, r *http.Request) {
	text := r.FormValue("text")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		raw, _ := io.ReadAll(r.Body)
		text = string(raw)
	}
	if b.ruled(w, r, text) {
		return
	}
	b.add(r.PathValue("thread"), who(r), text)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprint(w, "<p>stored</p>")
}

func (b *board) show(w http.ResponseWriter, r *http.Request) {
	if b.ruled(w, r, "") {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><html><head><title>board</title></head><body>")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.threads[r.PathValue("thread")] {
		fmt.Fprintf(w, "<div class=post><b>%s</b><p class=\"msg x\">%s</p></div>\n", html.EscapeString(e.From), html.EscapeString(e.Text))
	}
	fmt.Fprint(w, "</body></html>")
}

func (b *board) apiPost(w http.ResponseWriter, r *http.Request) {
	var in struct{ Message struct{ Text string } }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if b.ruled(w, r, in.Message.Text) {
		return
	}
	fmt.Fprintf(w, `{"ok": true, "id": %d}`, b.add(r.PathValue("thread"), r.Header.Get("X-User"), in.Message.Text))
}

func (b *board) apiGet(w http.ResponseWriter, r *http.Request) {
	if b.ruled(w, r, "") {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"items": b.threads[r.PathValue("thread")]}})
}

func (b *board) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	if b.ruled(w, r, q) {
		return
	}
	fmt.Fprintf(w, "<h1>%s</h1><p>nothing found</p>", html.EscapeString(q))
}

// subscribe gives what is added from now on.
func (b *board) subscribe() (chan string, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan string, 100)
	b.subscribers[c] = true
	b.joined <- struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, c)
	}
}

func (b *board) events(w http.ResponseWriter, r *http.Request) {
	c, leave := b.subscribe()
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\nretry: 10\n\n")
	w.(http.Flusher).Flush()
	for {
		select {
		case s := <-c:
			fmt.Fprintf(w, "id: 1\ndata: %s\n\n", s)
			w.(http.Flusher).Flush()
			if strings.Contains(s, "end of the stream") {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (b *board) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	c, leave := b.subscribe()
	defer leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		defer cancel()
		for {
			_, raw, err := conn.Read(ctx)
			if err != nil {
				return
			}
			var in struct{ From, Text string }
			if json.Unmarshal(raw, &in) == nil && in.Text != "" {
				if strings.Contains(in.Text, "hang up") {
					conn.Close(websocket.StatusPolicyViolation, "no such words")
					return
				}
				b.add("socket", in.From, in.Text)
			}
		}
	}()
	for {
		select {
		case s := <-c:
			if conn.Write(ctx, websocket.MessageText, []byte(s)) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func account(name string) ends.Account {
	return ends.Account{Name: name, Password: "pw"}
}

// drive pairs two ends with the same options, written as in a scenario.
func drive(t *testing.T, options string) *paired.Driver {
	t.Helper()
	o, err := web.ParseOptions([]byte(options))
	if err != nil {
		t.Fatal(err)
	}
	threads := web.NewThreads()
	var parties []paired.Party
	for name, side := range map[string]telltale.Side{"alice": telltale.SideApp, "bob": telltale.SidePeer} {
		e, err := web.New(web.Config{Account: account(name), Options: o, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, paired.Party{Account: account(name), Side: side, End: e})
	}
	d, err := paired.New(paired.Config{Parties: parties, Clock: time.Now, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// soon bounds the wait for what comes, short for what does not.
const (
	soon  = 30 * time.Second
	short = 150 * time.Millisecond
)

func send(t *testing.T, d *paired.Driver, place, text string, wait time.Duration) telltale.Receipt {
	t.Helper()
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p1", From: "alice", To: "bob", Place: place, Text: text, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func contract(t *testing.T, d *paired.Driver) {
	t.Helper()
	for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{Wait: soon}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}

// faces of the board, each as options of its own.
func faces(base string) map[string]string {
	login := `"login": [
		{"url": "/login", "save": {"csrf": {"css": "input[name=token]", "attr": "value"}}},
		{"url": "/login", "form": {"token": "{{csrf}}", "user": "{{user}}", "password": "{{password}}"}, "expect": {"match": "nothing found"}}
	]`
	page := `"items": {"css": "div.post"}, "text": {"css": "p.msg"}`
	return map[string]string{
		"a form, one page": fmt.Sprintf(`{"base": %q, %s,
			"places": [{"name": "post", "send": {"url": "/t/one", "form": {"text": "{{text}}"}}, "expect": {"status": [201]}}],
			"read": {"url": "/t/one", %s, "from": {"css": "b"}}}`, base, login, page),
		"plain text, one page, no names": fmt.Sprintf(`{"base": %q,
			"places": [{"name": "post", "send": {"url": "/t/two", "body": "{{text}}"}, "expect": {"match": "stored"}}],
			"read": {"url": "/t/two", "items": {"regexp": "(?s)<p class=\"msg x\">(.*?)</p>", "unescape": true}}}`, base),
		"a file form, threads": fmt.Sprintf(`{"base": %q,
			"places": [{"name": "post", "thread": "x{{nonce}}", "before": [{"url": "/t/{{thread}}", "body": "first"}], "send": {"url": "/t/{{thread}}", "multipart": {"text": "{{text}}"}}}],
			"read": {"url": "/t/{{thread}}", %s, "ignore": "^first$"}}`, base, page),
		"an API": fmt.Sprintf(`{"base": %q, "headers": {"X-User": "{{name}}"},
			"places": [{"name": "chat", "send": {"url": "/api/three", "json": {"message": {"text": "{{text}}"}}}, "ref": {"json": "id"}, "expect": {"refused": [{"json": "error.reason"}]}}],
			"read": {"url": "/api/three", "items": {"json": "data.items[*]"}, "text": {"json": "text"}, "from": {"json": "from"}, "id": {"json": "id"}}}`, base),
		"events": fmt.Sprintf(`{"base": %q, "headers": {"X-User": "{{name}}"},
			"places": [{"name": "chat", "send": {"url": "/api/four", "json": {"message": {"text": "{{text}}"}}}}],
			"read": {"url": "/events", "stream": "sse", "items": {"json": "$"}, "text": {"json": "text"}, "from": {"json": "from"}}}`, base),
		"a socket": fmt.Sprintf(`{"base": %q,
			"places": [{"name": "chat", "send": {"socket": true, "json": {"from": "{{name}}", "text": "{{text}}"}}}],
			"read": {"url": "/socket", "stream": "websocket", "say": ["{}"], "items": {"json": "$"}, "text": {"json": "text"}, "from": {"json": "from"}}}`, base),
		"an answer": fmt.Sprintf(`{"base": %q,
			"places": [{"name": "search", "send": {"url": "/search?q={{text}}"}, "answer": {"text": {"css": "h1"}, "normal": "nothing found"}}]}`, base),
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name := range faces("") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contract(t, drive(t, faces(newBoard(t).URL)[name]))
		})
	}
}
