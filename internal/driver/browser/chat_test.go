package browser_test

import (
	_ "embed"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/websocket"
)

//go:embed testdata/chat.html
var page []byte

// chat is a web chat of one room. "forbidden fruit" is refused, "rotten fruit"
// vanishes, "sour" arrives as "sweet", and "poison" ends the session.
type chat struct {
	mu    sync.Mutex
	users map[*websocket.Conn]string
	// old is what was said before anybody came.
	old []said
	url string
}

type said struct {
	From  string `json:"from,omitempty"`
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
}

func serve(t *testing.T) *chat {
	t.Helper()
	c := &chat{users: map[*websocket.Conn]string{}, old: []said{{From: "bob", Text: "from the day before"}}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /chat", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.Handle("GET /socket", websocket.Handler(c.talk))
	server := httptest.NewUnstartedServer(mux)
	// On IPv4, whatever the machine has.
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Listener.Close()
	server.Listener = l
	server.Start()
	t.Cleanup(func() {
		c.mu.Lock()
		for u := range c.users {
			_ = u.Close()
		}
		c.mu.Unlock()
		server.CloseClientConnections()
		server.Close()
	})
	c.url = server.URL + "/chat"
	return c
}

func (c *chat) talk(conn *websocket.Conn) {
	nick, secret, _ := strings.Cut(conn.Request().URL.RawQuery, "&")
	nick, _ = url.QueryUnescape(nick)
	if secret != "secret+of+"+nick && secret != "secret%20of%20"+nick {
		return
	}
	c.mu.Lock()
	c.users[conn] = nick
	for _, m := range c.old {
		c.tell(conn, m)
	}
	c.mu.Unlock()
	for {
		var m said
		if websocket.JSON.Receive(conn, &m) != nil {
			break
		}
		c.said(conn, nick, m.Text)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.users, conn)
}

func (c *chat) tell(conn *websocket.Conn, m said) {
	b, _ := json.Marshal(m)
	_ = websocket.Message.Send(conn, string(b))
}

func (c *chat) said(from *websocket.Conn, nick, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.Contains(text, "forbidden fruit"):
		c.tell(from, said{Error: "Message could not be delivered"})
		return
	case strings.Contains(text, "rotten fruit"):
		c.tell(from, said{From: nick, Text: text})
		return
	case strings.Contains(text, "poison"):
		_ = from.Close()
		return
	}
	for u := range c.users {
		c.tell(u, said{From: nick, Text: strings.ReplaceAll(text, "sour", "sweet")})
	}
}
