package gateway_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale/internal/sensor/gateway"
)

// book is a resolver with a few names.
type book map[string][]string

func (b book) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	var found []netip.Addr
	for _, text := range b[host] {
		if a := netip.MustParseAddr(text); a.Is4() == (network == "ip4") {
			found = append(found, a)
		}
	}
	switch {
	case host == "slow.example.":
		return nil, &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}
	case found == nil:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return found, nil
}

func question(t *testing.T, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 4711, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// says reads an answer: the code, then the addresses.
func says(t *testing.T, b []byte) string {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatalf("answer % x: %v", b, err)
	}
	if m.ID != 4711 || !m.Response {
		t.Errorf("answer with head %+v", m.Header)
	}
	words := []string{strings.TrimPrefix(m.RCode.String(), "RCode")}
	for _, r := range m.Answers {
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			words = append(words, netip.AddrFrom4(body.A).String())
		case *dnsmessage.AAAAResource:
			words = append(words, netip.AddrFrom16(body.AAAA).String())
		case *dnsmessage.PTRResource:
			words = append(words, body.PTR.String())
		}
	}
	return strings.Join(words, " ")
}

func dnsWorld(t *testing.T) *world {
	return start(t, func(c *gateway.Config) {
		c.Maps = []gateway.Map{
			{Name: "App.Test.", To: netip.MustParseAddrPort("127.0.0.1:0")},
			{Name: "other.example", To: netip.MustParseAddrPort("127.0.0.1:0")},
		}
		c.Resolver = book{"both.example.": {"192.0.2.1", "2001:db8::1", "192.0.2.2"}, "four.example.": {"192.0.2.4"}}
		c.Exchange = func(_ context.Context, q []byte, _ bool) ([]byte, error) {
			if strings.Contains(string(q), "broken") {
				return nil, io.ErrUnexpectedEOF
			}
			b := append([]byte(nil), q...)
			b[2] |= 0x80
			return b, nil
		}
	})
}

// TestDNS asks over both transports, at the gateway and at servers that do
// not exist.
func TestDNS(t *testing.T) {
	t.Parallel()
	w := dnsWorld(t)
	servers := []string{own4 + ":53", "[" + own6 + "]:53", "192.0.2.53:53"}
	for i, test := range []struct {
		name string
		kind dnsmessage.Type
		want string
		fail string
	}{
		{"app.test.", dnsmessage.TypeA, "Success 198.18.0.1", ""},
		{"APP.test.", dnsmessage.TypeAAAA, "Success fd74:656c::1", ""},
		{"other.example.", dnsmessage.TypeA, "Success 198.18.0.2", ""},
		{"other.example.", dnsmessage.TypeAAAA, "Success fd74:656c::2", ""},
		{"app.test.", dnsmessage.TypeHTTPS, "Success", ""},
		{"app.test.", dnsmessage.TypeALL, "Success", ""},
		{"unknown.test.", dnsmessage.TypeA, "NameError", "no such name"},
		{"unknown.test.", dnsmessage.TypeTXT, "NameError", "no such name"},
		{"both.example.", dnsmessage.TypeA, "Success 192.0.2.1 192.0.2.2", ""},
		{"both.example.", dnsmessage.TypeAAAA, "Success 2001:db8::1", ""},
		{"four.example.", dnsmessage.TypeAAAA, "Success", ""},
		{"2.0.18.198.in-addr.arpa.", dnsmessage.TypePTR, "Success other.example.", ""},
		{"9.9.18.198.in-addr.arpa.", dnsmessage.TypePTR, "NameError", "no such name"},
		{"1.0.64.10.in-addr.arpa.", dnsmessage.TypePTR, "NameError", "no such name"},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.6.5.6.4.7.d.f.ip6.arpa.", dnsmessage.TypePTR, "Success app.test.", ""},
		{"8.8.8.8.in-addr.arpa.", dnsmessage.TypePTR, "Success", ""},
		{"none.example.", dnsmessage.TypeA, "NameError", "no such name"},
		{"slow.example.", dnsmessage.TypeA, "ServerFailure", "could not resolve"},
		{"four.example.", dnsmessage.TypeTXT, "Success", ""},
		{"broken.example.", dnsmessage.TypeTXT, "ServerFailure", "name servers"},
	} {
		q := question(t, test.name, test.kind)
		for j, ask := range []func(string, []byte) []byte{w.askUDP, w.askTCP} {
			server := servers[(i+j)%len(servers)]
			what := fmt.Sprintf("%s %s at %s, way %d", test.name, test.kind, server, j)
			b := ask(server, q)
			if got := says(t, b); got != test.want {
				t.Errorf("%s: %s, want %s", what, got, test.want)
			}
			r := w.find(what, func(r *record) bool {
				return r.done && r.conn.Host == strings.TrimSuffix(test.name, ".") && strings.HasSuffix(string(r.out), string(q)) &&
					r.conn.Transport == []string{"udp", "tcp"}[j]
			})
			if r.conn.Proto != "dns" || r.conn.Dst.String() != server || !strings.HasSuffix(string(r.in), string(b)) {
				t.Errorf("%s: recorded %+v, % x", what, r.conn, r.in)
			}
			if test.fail == "" && r.conn.Error != "" || !strings.Contains(r.conn.Error, test.fail) {
				t.Errorf("%s: recorded %q, want %q", what, r.conn.Error, test.fail)
			}
		}
	}
}

// askUDP sends one query and returns the answer.
func (w *world) askUDP(server string, q []byte) []byte {
	w.t.Helper()
	c := w.datagrams(server)
	if _, err := c.Write(q); err != nil {
		w.t.Fatal(err)
	}
	b := make([]byte, 65535)
	n, err := c.Read(b)
	if err != nil {
		w.t.Fatal(err)
	}
	return b[:n]
}

func (w *world) askTCP(server string, q []byte) []byte {
	w.t.Helper()
	c := w.mustDial(server)
	defer c.Close()
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...)); err != nil {
		w.t.Fatal(err)
	}
	b := make([]byte, 2)
	if _, err := io.ReadFull(c, b); err != nil {
		w.t.Fatal(err)
	}
	b = make([]byte, binary.BigEndian.Uint16(b))
	if _, err := io.ReadFull(c, b); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// TestNames: a connection has the name that its address was looked up by.
func TestNames(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	w := start(t, func(c *gateway.Config) {
		c.Maps = []gateway.Map{{Name: "app.test", To: server}, {Name: "192.0.2.1", To: netip.AddrPortFrom(server.Addr(), server.Port())}}
		c.Resolver = book{"first.example.": {"192.0.2.1"}, "last.example.": {"192.0.2.1"}}
	})
	for _, name := range []string{"first.example.", "last.example."} {
		w.askUDP("192.0.2.53:53", question(t, name, dnsmessage.TypeA))
	}
	for dst, want := range map[string]string{"192.0.2.1:80": "last.example", "198.18.0.1:80": "app.test", "[fd74:656c::1]:80": "app.test"} {
		c := w.mustDial(dst)
		_, _ = io.WriteString(c, "to "+want)
		_ = c.CloseWrite()
		if got, err := io.ReadAll(c); string(got) != "to "+want || err != nil {
			t.Errorf("%s: %q, %v", dst, got, err)
		}
		c.Close()
		if r := w.to(dst); r.conn.Host != want {
			t.Errorf("%s: host %q, want %q", dst, r.conn.Host, want)
		}
	}
}

func TestMalformedDNS(t *testing.T) {
	t.Parallel()
	w := dnsWorld(t)
	good := question(t, "app.test.", dnsmessage.TypeA)
	two := append([]byte(nil), good...)
	two[5] = 2
	for name, q := range map[string][]byte{
		"cut": good[:len(good)-3], "two questions": two, "no question": good[:12], "text": []byte("\x12\x67GET / HTTP/1.1\r\n\r\n"),
	} {
		q[0], q[1] = 0x12, 0x67
		if b := w.askUDP(own4+":53", q); len(b) < 12 || b[0] != 0x12 || b[1] != 0x67 || b[3]&15 != 1 {
			t.Errorf("%s: answer % x", name, b)
		}
		r := w.find(name, func(r *record) bool { return r.done && string(r.out) == string(q) })
		if r.conn.Proto != "dns" || !strings.HasPrefix(r.conn.Error, "malformed query: ") {
			t.Errorf("%s: recorded %+v", name, r.conn)
		}
	}
}

// TestTornDNS: what came of a message that was never complete is recorded.
func TestTornDNS(t *testing.T) {
	t.Parallel()
	w := dnsWorld(t)
	c := w.mustDial(own4 + ":53")
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
	_ = c.CloseWrite()
	if b, err := io.ReadAll(c); len(b) > 0 || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	c.Close()
	if r := w.to(own4 + ":53"); string(r.out) != "GET / HTTP/1.1\r\n\r\n" || r.conn.Error == "" {
		t.Errorf("recorded %q, %q", r.out, r.conn.Error)
	}
}

// TestLongAnswer: what does not fit is marked as cut, and comes whole over
// TCP or to who says that it may be longer.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 60 {
		many = append(many, fmt.Sprintf("192.0.2.%d", i))
	}
	w := start(t, func(c *gateway.Config) { c.Resolver = book{"many.example.": many} })
	q := question(t, "many.example.", dnsmessage.TypeA)
	longer := append(append([]byte(nil), q...), 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0) // OPT, 4096 octets
	longer[11] = 1
	var m dnsmessage.Message
	for name, test := range map[string]struct {
		answer []byte
		cut    bool
		count  int
	}{
		"short": {w.askUDP(own4+":53", q), true, 0},
		"EDNS":  {w.askUDP(own4+":53", longer), false, 60},
		"TCP":   {w.askTCP(own4+":53", q), false, 60},
	} {
		if err := m.Unpack(test.answer); err != nil || m.Truncated != test.cut || len(m.Answers) != test.count {
			t.Errorf("%s: cut %v, %d answers, %v", name, m.Truncated, len(m.Answers), err)
		}
	}
}

// TestManyQueries: when as many as may be are under way, the next is told so.
func TestManyQueries(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}), make(chan struct{})
	w := start(t, func(c *gateway.Config) {
		c.Limits.Queries = 1
		c.Exchange = func(_ context.Context, q []byte, _ bool) ([]byte, error) {
			close(asked)
			<-goOn
			return nil, io.ErrUnexpectedEOF
		}
	})
	slow := make(chan []byte)
	q := question(t, "slow.example.", dnsmessage.TypeTXT)
	go func() { slow <- w.askUDP(own4+":53", q) }()
	<-asked
	if got := says(t, w.askUDP(own4+":53", question(t, "next.example.", dnsmessage.TypeA))); got != "ServerFailure" {
		t.Errorf("the next query: %s", got)
	}
	r := w.find("next", func(r *record) bool { return r.done && r.conn.Host == "next.example" })
	if r.conn.Error != "too many queries at once" {
		t.Errorf("recorded %q", r.conn.Error)
	}
	close(goOn)
	if got := says(t, <-slow); got != "ServerFailure" {
		t.Errorf("the slow query: %s", got)
	}
}
