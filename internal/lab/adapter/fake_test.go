package adapter_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
)

// TestMain lets the test binary be the chat clients that the adapter starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 5 && os.Args[1] == "lab" && os.Args[2] == "client" {
		fakeClient(os.Args[4], os.Args[6])
		return
	}
	os.Exit(m.Run())
}

// fakeClient is a chat client in JSON mode that behaves as the message says.
// It reaches the other fakes over a socket whose address stands in a file.
func fakeClient(dir, name string) {
	var mu sync.Mutex
	say := func(v any) {
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(os.Stdout).Encode(v)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".addr"), []byte(ln.Addr().String()), 0o600); err != nil {
		os.Exit(1)
	}
	go receive(ln, say)
	say(chat.Event{Kind: chat.KindReady, Account: name})
	var to, text string
	var late held
	n := 0
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var c struct {
			Seq          int64
			Op, To, Text string
		}
		_ = json.Unmarshal(in.Bytes(), &c)
		r := chat.Reply{Seq: c.Seq, Reply: c.Op}
		switch c.Op {
		case "type":
			to, text = c.To, strings.ReplaceAll(c.Text, "\n", " ")
		case "send":
			n++
			r.ID = fmt.Sprintf("%s-%d-%d", name, os.Getpid(), n)
			late.post(dir, chat.Event{Kind: chat.KindMessage, ID: r.ID, From: name, To: to, Text: text}, say)
		}
		r.To, r.Text = to, text
		say(r)
	}
}

func watchedVariables() []string {
	var set []string
	for _, name := range []string{"HTTP_PROXY", "TELLTALE_CA", "LANG_OF_TEST"} {
		if os.Getenv(name) != "" {
			set = append(set, name)
		}
	}
	return set
}

func receive(ln net.Listener, say func(any)) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		var e chat.Event
		if json.NewDecoder(conn).Decode(&e) == nil {
			say(e)
		}
		conn.Close()
	}
}

// post delivers a message, or does to it what its text says.
func (h *held) post(dir string, e chat.Event, say func(any)) {
	switch word, _, _ := strings.Cut(e.Text, " "); word {
	case "drop":
		return
	case "die":
		os.Exit(3)
	case "fail":
		say(chat.Event{Kind: chat.KindError, ID: e.ID, Text: "no way there"})
		return
	case "env":
		e.Text = strings.Join(watchedVariables(), " ")
	case "alter":
		e.Text = "something else"
	case "late":
		// It arrives with the next message, before that.
		h.events = append(h.events, e)
		return
	}
	for _, old := range append(h.events, e) {
		deliver(dir, e.To, old)
	}
	h.events = nil
}

// held are the late messages of a fake client process.
type held struct{ events []chat.Event }

func deliver(dir, to string, e chat.Event) {
	addr, err := os.ReadFile(filepath.Join(dir, to+".addr"))
	if err != nil {
		os.Exit(1)
	}
	conn, err := net.DialTimeout("tcp", string(addr), time.Minute)
	if err != nil {
		os.Exit(1)
	}
	defer conn.Close()
	_ = json.NewEncoder(conn).Encode(e)
}
