package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzBody(f *testing.F) {
	f.Add(mustJSON(f, body{Kind: bodyMessage, ID: anID, Text: "x"}))
	f.Add([]byte(`{"kind":"ack","id":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseBody(b)
		if err == nil && x.Kind == bodyMessage && (x.Text == "" || len(x.Text) > MaxText || !utf8.ValidString(x.Text)) {
			t.Errorf("text of %d bytes passed", len(x.Text))
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add(mustJSON(f, request{Op: "push", Frame: &frame{To: "bob", Box: []byte("x")}}))
	f.Add(mustJSON(f, request{Op: "login", Name: "bob", Key: make([]byte, keySize)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRequest(b)
		if err == nil && r.Frame != nil && CheckAccount(r.Frame.To) != nil {
			t.Errorf("frame to %q passed", r.Frame.To)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(mustJSON(f, answer{Account: &entry{Name: "bob", Key: make([]byte, keySize)}}))
	f.Add(mustJSON(f, answer{Event: "frame", Frame: &frame{From: "a", To: "b", Plain: &body{Kind: bodyAck, ID: anID}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseAnswer(b)
		if err == nil && a.Account != nil && a.Frame == nil && len(a.Account.Key) != keySize {
			t.Errorf("key of %d bytes passed", len(a.Account.Key))
		}
	})
}

func FuzzGreeting(f *testing.F) {
	f.Add([]byte(`{"from":"alice","to":"bob"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := parseGreeting(b, "bob"); err == nil && (g.To != "bob" || CheckAccount(g.From) != nil) {
			t.Errorf("greeting %+v passed", g)
		}
	})
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte{0, 2, 'a', 'b', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			p, err := readPacket(r)
			if err != nil {
				return
			}
			var w bytes.Buffer
			if err := writePacket(&w, p); err != nil || !bytes.Contains(b, w.Bytes()) {
				t.Fatalf("packet of %d bytes does not come back: %v", len(p), err)
			}
		}
	})
}

func FuzzStoreReplay(f *testing.F) {
	f.Add([]byte("{\"last\":3}\n{\"put\":{\"n\":4,\"to\":\"bob\",\"box\":\"eA==\"}}\n{\"del\":4}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &store{waiting: map[string][]*frame{}}
		if s.replay(b) != nil {
			return
		}
		for to, list := range s.waiting {
			for _, x := range list {
				if x.To != to || x.check() != nil {
					t.Errorf("frame %+v passed", x)
				}
			}
		}
	})
}

func FuzzBook(f *testing.F) {
	f.Add(mustJSON(f, book{"bob": {Key: make([]byte, keySize), Contacts: []string{"alice"}}}))
	f.Add([]byte(`{"bob":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := parseBook(raw)
		if err != nil {
			return
		}
		if b == nil {
			t.Fatal("no book and no error")
		}
		for name, a := range b {
			if CheckAccount(name) != nil || len(a.Key) != keySize {
				t.Errorf("account %q passed", name)
			}
		}
	})
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte("{\"id\":\"1\"}\n{\n{\"id\":\"2\"}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if list := parseHistory(b); len(list) > maxHistory || len(list) > bytes.Count(b, []byte("\n"))+1 {
			t.Errorf("%d messages from %d bytes", len(list), len(b))
		}
	})
}

func FuzzCommand(f *testing.F) {
	f.Add([]byte(`{"op":"type","to":"bob","text":"x"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if cmd, err := parseCommand(line); err == nil && cmd.Op == "" {
			t.Error("a command without an op passed")
		}
	})
}

func FuzzReadLine(f *testing.F) {
	f.Add([]byte("a\nb\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 16)
		for {
			line, err := readLine(r)
			if err != nil {
				return
			}
			if bytes.ContainsRune(line, '\n') || len(line) > 16 {
				t.Fatalf("line %q", line)
			}
		}
	})
}

func FuzzEscapeAndNormalise(f *testing.F) {
	f.Add("\x1b[2J\u202e山\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Escape(s) {
			if !unicode.IsPrint(r) {
				t.Fatalf("Escape(%q) leaves %q", s, r)
			}
		}
		n := Normalise(s)
		if Normalise(n) != n || len(n) > MaxText || strings.ContainsAny(n, "\r\n\t\x1b") || !utf8.ValidString(n) {
			t.Fatalf("Normalise(%q) = %q", s, n)
		}
	})
}
