package har_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"example.org/telltale"
	"example.org/telltale/internal/flow/har"
)

// store keeps octets by their digest.
type store map[telltale.Digest][]byte

func (s store) get(d telltale.Digest) ([]byte, error) {
	b, ok := s[d]
	if !ok {
		return nil, errors.New("no such octets")
	}
	return b, nil
}

func begin() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC) }

// flow makes a flow of messages: those that begin with ">" left the app. One
// comes every 10 ms.
func (s store) flow(id, protocol string, said ...string) telltale.Flow {
	f := telltale.Flow{
		ID: id, Conn: "c1", Protocol: protocol, Host: "a.test", Port: 443, Server: "192.0.2.1:443",
		Process: "app", Start: begin(), End: begin().Add(100 * time.Millisecond),
	}
	for i, text := range said {
		b := []byte(text[1:])
		d := telltale.DigestOf(b)
		s[d] = b
		f.Messages = append(f.Messages, telltale.Message{
			Leg: telltale.LegApp, Out: text[0] == '>', At: begin().Add(time.Duration(i) * 10 * time.Millisecond), Size: int64(len(b)), Bytes: d,
		})
	}
	return f
}

// write writes flows and reads the entries again.
func write(t *testing.T, s store, flows ...telltale.Flow) (entries []map[string]any, left int) {
	t.Helper()
	var b bytes.Buffer
	left, err := har.Write(&b, har.Creator{Name: "telltale", Version: "1"}, flows, s.get)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Log struct {
			Version string
			Creator har.Creator
			Entries []map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatalf("%v in %s", err, b.Bytes())
	}
	if file.Log.Version != "1.2" || file.Log.Creator.Name != "telltale" {
		t.Errorf("log %+v", file.Log)
	}
	return file.Log.Entries, left
}

// at walks into what JSON holds: "response.content.text".
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func TestEntry(t *testing.T) {
	t.Parallel()
	s := store{}
	f := s.flow("f000001", "https",
		">POST /p?q=a%20b&r HTTP/1.1\r\nHost: other.test\r\nCookie: k=v; l=w\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nwords",
		"<HTTP/1.1 103 Soon\r\n\r\n",
		"<HTTP/1.1 302 Found\r\nContent-Type: image/png\r\nLocation: /next\r\nSet-Cookie: k=x; Path=/; HttpOnly\r\nContent-Length: 3\r\n\r\n\x89PN")
	entries, left := write(t, s, f, s.flow("f000002", "tcp", ">x"))
	if len(entries) != 1 || left != 1 {
		t.Fatalf("%d entries, %d left out", len(entries), left)
	}
	for path, want := range map[string]any{
		"startedDateTime": "2026-01-02T03:04:05.678Z", "time": 100.0, "timings.wait": 20.0, "timings.receive": 80.0, "timings.dns": -1.0,
		"serverIPAddress": "192.0.2.1", "connection": "c1", "_flow": "f000001", "_process": "app",
		"request.method": "POST", "request.url": "https://a.test/p?q=a%20b&r", "request.httpVersion": "HTTP/1.1",
		"request.queryString.0.value": "a b", "request.queryString.1.name": "r", "request.cookies.1.value": "w",
		"request.headers.0.value": "other.test", "request.postData.text": "words", "request.postData.mimeType": "text/plain", "request.bodySize": 5.0,
		"response.status": 302.0, "response.statusText": "Found", "response.redirectURL": "/next", "response.cookies.0.httpOnly": true, "response.cookies.0.path": "/",
		"response.content.text": "iVBO", "response.content.encoding": "base64", "response.content.size": 3.0, "response.content.mimeType": "image/png",
	} {
		if got := at(entries[0], path); !cmp.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func packed(t *testing.T, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	switch coding {
	case "gzip":
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
	case "br":
		w := brotli.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
	case "zstd":
		w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
		_ = w.Close()
	default:
		b.WriteString(text)
	}
	return b.String()
}

func TestContentCodings(t *testing.T) {
	t.Parallel()
	for coding, want := range map[string]string{"gzip": "words", "br": "words", "zstd": "words", "identity": "words", "unknown": "words"} {
		s := store{}
		head := "\r\nContent-Encoding: " + coding + "\r\n\r\n"
		entries, _ := write(t, s, s.flow("f1", "http", ">POST / HTTP/2"+head+packed(t, coding, "words"), "<HTTP/2 200"+head+packed(t, coding, "words")))
		if at(entries[0], "response.content.text") != want || at(entries[0], "request.postData.text") != want {
			t.Errorf("%s: %v", coding, entries[0])
		}
		if (at(entries[0], "response.content.comment") != nil) != (coding == "unknown") {
			t.Errorf("%s: %v", coding, at(entries[0], "response.content"))
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := store{}
	alone := s.flow("f1", "http", ">GET / HTTP/1.1\r\nX: \xe9\r\n\r\n")
	alone.Error, alone.Host, alone.Port = "refused", "2001:db8::1", 8080
	cut := s.flow("f2", "http", ">GET / HTTP/1.1\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b")
	cut.Messages[1].Cut, cut.Messages[1].Size = true, 999
	entries, _ := write(t, s, alone, cut, telltale.Flow{ID: "f3", Protocol: "http"}, s.flow("f4", "http", ">rest of a body"))
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	for path, want := range map[string]any{
		"0.response.status": 0.0, "0.response._error": "refused", "0.request.url": "http://[2001:db8::1]:8080/", "0.request.headers.0.value": "é",
		"1.response.comment": "only the first part of 999 octets was kept", "1.response.content.encoding": "base64", "1.response.bodySize": 999.0 - 43,
	} {
		if got := at([]any{entries[0], entries[1]}, path); !cmp.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if _, err := har.Write(&bytes.Buffer{}, har.Creator{}, []telltale.Flow{alone}, store{}.get); err == nil || !strings.Contains(err.Error(), "f1") {
		t.Errorf("octets that are not there: %v", err)
	}
}

func TestSockets(t *testing.T) {
	t.Parallel()
	s := store{}
	ask := ">GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
	yes := "<HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n"
	other := s.flow("f4", "wss", ">alone")
	other.Conn = "c2"
	entries, left := write(t, s,
		s.flow("f1", "https", ask, yes), s.flow("f2", "wss", ">one", "<\xfftwo"), s.flow("f3", "wss", ">three"), other,
		s.flow("f5", "http", ask, yes, ">\x81\x83\x00\x00\x00\x00abc", "<\x81\x01d"))
	if len(entries) != 2 || left != 1 {
		t.Fatalf("%d entries, %d left out", len(entries), left)
	}
	for path, want := range map[string]any{
		"0.data": "one", "0.type": "send", "0.opcode": 1.0, "0.time": 1767323045.678,
		"1.data": "/3R3bw==", "1.type": "receive", "1.opcode": 2.0, "2.data": "three",
	} {
		if got := at(entries[0]["_webSocketMessages"], path); !cmp.Equal(got, want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if in := entries[1]["_webSocketMessages"]; at(in, "0.data") != "abc" || at(in, "1.data") != "d" {
		t.Errorf("messages %v", in)
	}
}

func TestSameOctets(t *testing.T) {
	t.Parallel()
	s := store{}
	var flows []telltale.Flow
	for i := range 20 {
		flows = append(flows, s.flow(fmt.Sprint("f", i), "http", fmt.Sprintf(">GET /%d HTTP/1.1\r\n\r\n", i), "<HTTP/1.1 204 No\r\n\r\n"))
	}
	var first bytes.Buffer
	if _, err := har.Write(&first, har.Creator{}, flows, s.get); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		var again bytes.Buffer
		if _, err := har.Write(&again, har.Creator{}, flows, s.get); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Fatalf("the same flows make other octets, %v", err)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add([]byte("POST /?a=b HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"), []byte("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx"), []byte("\x81\x01a"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n"), []byte("\x81\x01a"))
	f.Fuzz(func(t *testing.T, request, answer, rest []byte) {
		s := store{}
		flow := s.flow("f1", "http", ">"+string(request), "<"+string(answer), "<"+string(rest))
		if entries, left := write(t, s, flow); len(entries)+left != 1 {
			t.Fatalf("%d entries, %d left out", len(entries), left)
		}
	})
}
