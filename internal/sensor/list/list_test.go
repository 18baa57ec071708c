package list_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/list"
)

// exchange is a flow with one request and one answer, and its bytes.
func exchange(ask, answer string) (telltale.Flow, func(telltale.Digest) ([]byte, error)) {
	f := telltale.Flow{ID: "f1", Protocol: "http", Messages: []telltale.Message{
		{Leg: telltale.LegApp, Out: true, Bytes: telltale.DigestOf([]byte(ask))},
		{Leg: telltale.LegServer, Bytes: telltale.DigestOf([]byte(answer))},
		{Leg: telltale.LegApp, Bytes: telltale.DigestOf([]byte(answer))},
	}}
	return f, func(d telltale.Digest) ([]byte, error) {
		for _, s := range []string{ask, answer} {
			if telltale.DigestOf([]byte(s)) == d {
				return []byte(s), nil
			}
		}
		return nil, errors.New("no such bytes")
	}
}

const get = "GET /keyfile HTTP/1.1\r\nHost: a.test\r\n\r\n"

func ok(headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", headers, len(body), body)
}

func noise(n int) string {
	rnd := rand.New(rand.NewPCG(3, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return string(b)
}

func TestOffer(t *testing.T) {
	t.Parallel()
	words := "麒麟\n璇玑 图\nzorbeline\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(words))
	_ = w.Close()
	cases := map[string]struct{ ask, answer, why string }{
		"enciphered":       {get, ok("", noise(4096)), "enciphered"},
		"short enciphered": {get, ok("Content-Type: text/html\r\n", noise(16)), "enciphered"},
		"lines":            {get, ok("", words), "lines"},
		"hex":              {get, ok("", hex.EncodeToString([]byte(noise(64)))), "hex"},
		"base64":           {get, ok("", base64.StdEncoding.EncodeToString([]byte(noise(99)))), "base64"},
		"packed":           {get, ok("Content-Encoding: gzip\r\n", packed.String()), "lines"},
		"chunked":          {get, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" + noise(16) + "\r\n0\r\n\r\n", "enciphered"},
		"same":             {get, ok("", "same"), ""},
		"one line":         {get, ok("", "everything is up to date"), ""},
		"address":          {get, ok("", "http://a.test/agent/keyfile"), ""},
		"page":             {get, ok("Content-Type: text/html\r\n", "<html><body>one\ntwo</body>"), ""},
		"unmarked page":    {get, ok("", "<!DOCTYPE html>\n<p>one\ntwo"), ""},
		"script":           {get, ok("Content-Type: text/javascript\r\n", "var a\nvar b\n"), ""},
		"style":            {get, ok("Content-Type: text/css\r\n", "a {}\nb {}\n"), ""},
		"picture":          {get, ok("", "\x89PNG\r\n\x1a\n"+noise(200)), ""},
		"JSON":             {get, ok("", "{\"a\": 1,\n\"b\": 2}\n"), ""},
		"zeros":            {get, ok("", strings.Repeat("\x00\x01", 500)), ""},
		"not found":        {get, "HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n" + noise(16), ""},
		"posted":           {"POST /x HTTP/1.1\r\n\r\n", ok("", noise(64)), ""},
		"empty":            {get, ok("", ""), ""},
		"huge":             {get, ok("", noise(list.Most+1)), ""},
		"cut head":         {get, "HTTP/1.1 200", ""},
	}
	for name, c := range cases {
		f, body := exchange(c.ask, c.answer)
		got := list.Offer(f, body)
		if c.why == "" {
			if len(got) != 0 {
				t.Errorf("%s: offered as %s", name, got[0].Why)
			}
			continue
		}
		if len(got) != 1 || got[0].Why != c.why || got[0].Flow != "f1" || got[0].Message != 2 {
			t.Errorf("%s: %d candidates, want one for %s", name, len(got), c.why)
		}
	}
}

func TestOfferPassesOver(t *testing.T) {
	t.Parallel()
	f, body := exchange(get, ok("", noise(64)))
	if len(list.Offer(f, body)) != 1 {
		t.Fatal("the flow is not offered as it is")
	}
	cut := f
	cut.Messages = append([]telltale.Message(nil), f.Messages...)
	cut.Messages[2].Cut = true
	tcp := f
	tcp.Protocol = "tcp"
	for name, g := range map[string]telltale.Flow{"cut": cut, "tunnel": tcp, "empty": {Protocol: "http"}} {
		if got := list.Offer(g, body); len(got) != 0 {
			t.Errorf("%s: offered as %s", name, got[0].Why)
		}
	}
	lost := func(telltale.Digest) ([]byte, error) { return nil, errors.New("disk gone") }
	if got := list.Offer(f, lost); len(got) != 0 {
		t.Error("bytes that cannot be read are offered")
	}
}

func TestEncipheredListsOfAnyLengthAreOffered(t *testing.T) {
	t.Parallel()
	for n := 8; n < 400; n += 8 {
		f, body := exchange(get, ok("", noise(n)))
		if len(list.Offer(f, body)) != 1 {
			t.Errorf("%d random bytes are not offered", n)
		}
	}
}

func FuzzOffer(f *testing.F) {
	f.Add([]byte(ok("Content-Encoding: gzip\r\n", noise(32))))
	f.Add([]byte(ok("", "one\ntwo\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		flow, body := exchange(get, string(b))
		for _, c := range list.Offer(flow, body) {
			if len(c.Body) < list.Least || len(c.Body) > list.Most || c.Why == "" {
				t.Fatalf("offered %d bytes, why %q", len(c.Body), c.Why)
			}
		}
	})
}
