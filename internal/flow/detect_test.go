package flow_test

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/flow"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want flow.Target
	}{
		{"http://A1.Test:8080/up?r=ab&x&=3#f", flow.Target{
			Scheme: "http", Host: "a1.test", Port: 8080, Path: "/up", Origin: "/up?r=ab&x&=3#f", Query: "r=ab&x&=3#f",
			Pairs: []flow.Pair{{Name: "r", Value: "ab", Offset: 25}, {Name: "x", Offset: 29}, {Value: "3#f", Offset: 31}},
		}},
		{"https://u:p@[::1]?q", flow.Target{
			Scheme: "https", Host: "::1", Port: 443, Path: "/", Origin: "/?q", Query: "q",
			Pairs: []flow.Pair{{Name: "q", Offset: 19}},
		}},
		{"/plain", flow.Target{Path: "/plain", Origin: "/plain"}},
		{"*", flow.Target{Path: "*", Origin: "*"}},
		{"", flow.Target{}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, flow.ParseTarget(c.in)); diff != "" {
			t.Errorf("%q: %s", c.in, diff)
		}
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in   string
		want flow.Protocol
		sure bool
	}{
		{"", flow.ProtocolOther, false},
		{"G", flow.ProtocolHTTP, false},
		{"GET ", flow.ProtocolHTTP, false},
		{"GET /", flow.ProtocolHTTP, true},
		{"M-SEARCH *", flow.ProtocolHTTP, true},
		{"get HTTP://", flow.ProtocolHTTP, true},
		{"CONNECT a.test:443", flow.ProtocolHTTP, true},
		{"GET ws", flow.ProtocolHTTP, false},
		{"GET WSS://a.test", flow.ProtocolHTTP, true},
		{"GET wsx", flow.ProtocolOther, true},
		{"HELO mail.test", flow.ProtocolOther, true},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", flow.ProtocolHTTP2, true},
		{"PRI * HTTP/2", flow.ProtocolHTTP2, false},
		{"PRI * HTTP/1", flow.ProtocolHTTP, true},
		{"\x16\x03\x01\x02\x00\x01", flow.ProtocolTLS, true},
		{"\x16\x03", flow.ProtocolTLS, false},
		{"\x16\x02", flow.ProtocolOther, true},
		{"\x16\x03\x01\x02\x00\x02", flow.ProtocolOther, true},
		{"SSH-2.0-x", flow.ProtocolOther, true},
		{"\x00\x01", flow.ProtocolOther, true},
		{"abcdefghijklmnopqrstuvwxyzabcdef", flow.ProtocolOther, true},
	}
	for _, c := range cases {
		if got, sure := flow.Detect([]byte(c.in)); got != c.want || sure != c.sure {
			t.Errorf("Detect(%q) = %s, %v; want %s, %v", c.in, got, sure, c.want, c.sure)
		}
	}
}

// hello returns the first bytes that Go's TLS client sends.
func hello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if tls.Client(client, config).HandshakeContext(ctx) == nil {
			t.Error("a handshake with nobody ended well")
		}
	}()
	b := make([]byte, 1<<16)
	n, err := server.Read(b)
	cancel()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestParseHello(t *testing.T) {
	t.Parallel()
	raw := hello(t, &tls.Config{ServerName: "WWW.tom.test", NextProtos: []string{"h2", "http/1.1"}})
	h, more, ok := flow.ParseHello(raw)
	if h.ServerName != "www.tom.test" || !slices.Equal(h.ALPN, []string{"h2", "http/1.1"}) || more || !ok || h.Version != tls.VersionTLS13 || h.EarlyData {
		t.Errorf("hello %+v, more %v, ok %v", h, more, ok)
	}
	if old, _, ok := flow.ParseHello(hello(t, &tls.Config{ServerName: "a.test", MaxVersion: tls.VersionTLS12})); old.Version != tls.VersionTLS12 || !ok {
		t.Errorf("hello of TLS 1.2: %+v", old)
	}
	for cut := 1; cut < len(raw); cut++ {
		if _, more, ok := flow.ParseHello(raw[:cut]); !more || !ok {
			t.Fatalf("cut at %d: more %v, ok %v", cut, more, ok)
		}
	}
	var split []byte // one record for each byte of the handshake
	for _, b := range raw[5:] {
		split = append(split, 0x16, 3, 1, 0, 1, b)
	}
	if h, _, ok := flow.ParseHello(split); h.ServerName != "www.tom.test" || !ok {
		t.Errorf("in small records: %+v, %v", h, ok)
	}
	if _, _, ok := flow.ParseHello([]byte("GET / HTTP/1.1")); ok {
		t.Error("a request passes for a hello")
	}
}

func FuzzHello(f *testing.F) {
	f.Add(hello(f, &tls.Config{ServerName: "a.test", NextProtos: []string{"h2"}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, more, _ := flow.ParseHello(b); more && h.ServerName != "" {
			t.Fatal("a name before the end of the hello")
		}
		if _, sure := flow.Detect(b); !sure && len(b) >= 32 {
			t.Fatalf("not sure after %d bytes", len(b))
		}
	})
}
