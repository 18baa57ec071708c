package flow_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"example.org/telltale/internal/flow"
)

func TestResponseFraming(t *testing.T) {
	t.Parallel()
	cases := []struct {
		raw, method string
		kind        flow.BodyKind
		note        bool
	}{
		{"HTTP/1.1 200 OK\nContent-Length: 5\n\n", "GET", flow.BodyLength, false},
		{"HTTP/1.1 200 OK\nContent-Length: 5\n\n", "HEAD", flow.BodyNone, false},
		{"HTTP/1.1 304 No\nContent-Length: 5\n\n", "GET", flow.BodyNone, false},
		{"HTTP/1.1 204 No\n\n", "GET", flow.BodyNone, false},
		{"HTTP/1.1 100 Go on\n\n", "GET", flow.BodyNone, false},
		{"HTTP/1.1 200 OK\n\n", "GET", flow.BodyClose, false},
		{"HTTP/1.1 200 OK\nTransfer-Encoding: gzip, Chunked\n\n", "GET", flow.BodyChunked, false},
		{"HTTP/1.1 200 OK\nTransfer-Encoding: chunked, gzip\n\n", "GET", flow.BodyClose, true},
		{"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Length: 3\n\n", "GET", flow.BodyChunked, true},
		{"HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4\n\n", "GET", flow.BodyLength, true},
		{"HTTP/1.1 200 OK\nContent-Length: -3\n\n", "GET", flow.BodyClose, true},
		{"HTTP/1.1 200 OK\nContent-Length: 99999999999999999999\n\n", "GET", flow.BodyClose, true},
	}
	for _, c := range cases {
		f := flow.ResponseFraming(flow.ParseResponse([]byte(c.raw)), c.method)
		if f.Kind != c.kind || (f.Note != "") != c.note {
			t.Errorf("%q to %s: %+v", c.raw, c.method, f)
		}
	}
	f := flow.RequestFraming(flow.ParseRequest([]byte("POST / HTTP/1.1\n\n")))
	if f.Kind != flow.BodyNone {
		t.Errorf("request without length: %+v", f)
	}
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
	"5;x=y\r\nhello\r\n0a\r\n, world!!\n\r\n000\r\nX-Sum: 7\r\n\r\nHTTP/1.1 ..."

func TestChunkedResponseComesApart(t *testing.T) {
	t.Parallel()
	m := flow.Response([]byte(chunked), "GET")
	if string(m.Body) != "hello, world!!\n" || !m.Complete || len(m.Notes) != 0 {
		t.Errorf("body %q, complete %v, notes %q", m.Body, m.Complete, m.Notes)
	}
	if chunked[m.End:] != "HTTP/1.1 ..." {
		t.Errorf("after the end stands %q", chunked[m.End:])
	}
	if len(m.Trailers) != 1 || m.Trailers[0].Name != "X-Sum" || chunked[m.Trailers[0].ValueOffset] != '7' {
		t.Errorf("trailers %+v", m.Trailers)
	}
	for cut := range m.End {
		if part := flow.Response([]byte(chunked[:cut]), "GET"); part.Complete {
			t.Errorf("complete at %d of %d bytes", cut, m.End)
		}
	}
}

func TestScannerDoesNotDependOnThePieces(t *testing.T) {
	t.Parallel()
	m := flow.Response([]byte(chunked), "GET")
	stream := chunked[m.BodyOffset:]
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		s := flow.NewScanner(m.Framing)
		at := 0
		for !s.Done() && at < len(stream) {
			at += s.Scan([]byte(stream[at:min(len(stream), at+1+rnd.IntN(9))]))
		}
		if at != m.End-m.BodyOffset {
			t.Fatalf("the body ends at %d, want %d", at, m.End-m.BodyOffset)
		}
	}
}

func TestBrokenChunksPassAsBody(t *testing.T) {
	t.Parallel()
	head := "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
	for name, body := range map[string]string{
		"no number":     "zz\r\nabc",
		"negative":      "-5\r\nabc",
		"huge":          "fffffffffffffffff\r\nabc",
		"too long":      "1\r\nab\r\n",
		"endless line":  strings.Repeat("1", 20000),
		"many trailers": "0\r\n" + strings.Repeat("a: "+strings.Repeat("b", 1000)+"\r\n", 100),
	} {
		m := flow.Response([]byte(head+body), "GET")
		if m.Complete || len(m.Notes) != 1 || m.End != len(head)+len(body) {
			t.Errorf("%s: complete %v, notes %q, end %d", name, m.Complete, m.Notes, m.End)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(chunked))
	f.Add([]byte("POST /a?b=c HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range []flow.Message{flow.Request(b), flow.Response(b, "GET")} {
			if m.BodyOffset > m.End || m.End > len(b) || len(m.Body) > len(b) {
				t.Fatalf("body %d..%d of %d bytes", m.BodyOffset, m.End, len(b))
			}
			for _, field := range append(m.Head.Fields, m.Trailers...) {
				if field.Offset > field.ValueOffset || field.ValueOffset > field.End || field.End > len(b) {
					t.Fatalf("field %+v of %d bytes", field, len(b))
				}
			}
			target := flow.ParseTarget(m.Head.Target)
			for _, p := range target.Pairs {
				if got := m.Head.Target[p.Offset : p.Offset+len(p.Value)]; got != p.Value {
					t.Fatalf("at the offset of %q stands %q", p.Value, got)
				}
			}
		}
	})
}
