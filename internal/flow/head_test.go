package flow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/flow"
)

func TestParseRequestKeepsTheWire(t *testing.T) {
	t.Parallel()
	const raw = "GET http://a.test/x?y=1 HTTP/1.1\r\nhOST:  a.test \r\nX-a: 1\r\nx-A: 2\r\n\r\nrest"
	h := flow.ParseRequest([]byte(raw))
	want := flow.Head{
		Method: "GET", Target: "http://a.test/x?y=1", TargetOffset: 4, Version: "HTTP/1.1",
		Fields: []flow.Field{
			{Name: "hOST", Value: "a.test", Offset: 34, ValueOffset: 41, End: 50},
			{Name: "X-a", Value: "1", Offset: 50, ValueOffset: 55, End: 58},
			{Name: "x-A", Value: "2", Offset: 58, ValueOffset: 63, End: 66},
		},
		Size: len(raw) - len("rest"),
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	if h.Get("x-a") != "1" || len(h.Values("X-A")) != 2 || !h.HasToken("host", "A.TEST") {
		t.Error("fields are not found by name")
	}
	for _, f := range h.Fields {
		if got := raw[f.ValueOffset : f.ValueOffset+len(f.Value)]; got != f.Value {
			t.Errorf("at the offset of %q stands %q", f.Value, got)
		}
	}
}

func TestMalformedHeadsAreReadAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		raw            string
		method, target string
		fields, notes  int
	}{
		"empty":           {"", "", "", 0, 3},
		"no version":      {"GET /\r\n\r\n", "GET", "/", 0, 1},
		"only a word":     {"HELLO\n\n", "HELLO", "", 0, 1},
		"blank in target": {"GET /a b HTTP/1.1\n\n", "GET", "/a b", 0, 0},
		"bare line feeds": {"GET / HTTP/1.1\nA: b\n\n", "GET", "/", 1, 0},
		"no colon":        {"GET / HTTP/1.1\r\nnonsense\r\n\r\n", "GET", "/", 1, 1},
		"folded":          {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET", "/", 1, 1},
		"not ended":       {"GET / HTTP/1.1\r\nA: b", "GET", "/", 1, 1},
		"blank lines":     {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET", "/", 0, 0},
		"many lines":      {"GET / HTTP/1.1\n" + strings.Repeat("A: b\n", 1500) + "\n", "GET", "/", 1000, 1},
	}
	for name, c := range cases {
		h := flow.ParseRequest([]byte(c.raw))
		if h.Method != c.method || h.Target != c.target || len(h.Fields) != c.fields || len(h.Notes) != c.notes {
			t.Errorf("%s: %q %q, %d fields, notes %q", name, h.Method, h.Target, len(h.Fields), h.Notes)
		}
		if h.Size != len(c.raw) || h.TargetOffset > len(c.raw) {
			t.Errorf("%s: size %d, target at %d of %d", name, h.Size, h.TargetOffset, len(c.raw))
		}
	}
}

func TestParseResponse(t *testing.T) {
	t.Parallel()
	h := flow.ParseResponse([]byte("HTTP/1.0 404 Not  Found\r\nA: b\r\n\r\n"))
	if h.Status != 404 || h.Reason != "Not  Found" || h.Version != "HTTP/1.0" || len(h.Notes) != 0 {
		t.Errorf("%+v", h)
	}
	for _, bad := range []string{"ICY 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n"} {
		if h := flow.ParseResponse([]byte(bad)); h.Status != 0 || len(h.Notes) != 1 {
			t.Errorf("%q: %+v", bad, h)
		}
	}
}

func TestKeepAlive(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"GET / HTTP/1.1\n\n":                               true,
		"GET / HTTP/1.1\nConnection: x, Close\n\n":         false,
		"GET / HTTP/1.0\n\n":                               false,
		"GET / HTTP/1.0\nProxy-Connection: Keep-Alive\n\n": true,
		"GET /\n\n": false,
		"GET / HTTP/1.0\nConnection: keep-alive, close\n\n": false,
	}
	for raw, want := range cases {
		if got := flow.ParseRequest([]byte(raw)).KeepAlive(); got != want {
			t.Errorf("%q: %v", raw, got)
		}
	}
}
