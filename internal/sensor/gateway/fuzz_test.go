package gateway_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// nowhere is a sink that counts.
type nowhere struct {
	mu           sync.Mutex
	open, closed int
}

func (n *nowhere) Open(tape.Conn) (tape.Tape, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open++
	return n, nil
}

func (*nowhere) Octets(bool, time.Time, []byte) error { return nil }

func (n *nowhere) Close(tape.Conn) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed++
	return nil
}

// FuzzPackets: whatever an app sends, the gateway goes on answering and
// carries nothing of itself to the host.
func FuzzPackets(f *testing.F) {
	syn := packetTo("203.0.113.7", 6, []byte("\x04\x00\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00"))
	ports := []byte("\x04\x00\x00\x35\x00\x0c\x00\x00text")
	fragment := packetTo("203.0.113.7", 17, ports)
	fragment[6] = 0x20
	for _, b := range [][]byte{
		syn, packetTo("2001:db8::7", 17, ports), packetTo("203.0.113.7", 17, ports), fragment,
		packetTo("2001:db8::7", 0, append([]byte{44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 9}, ports...)),
		packetTo("127.0.0.1", 1, make([]byte, 8)), packetTo("ff02::1", 58, make([]byte, 28)), {0x45}, nil,
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1500 {
			return
		}
		count := &nowhere{}
		w := start(t, func(c *gateway.Config) {
			c.Sink = count
			c.Limits.Flows = 16
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
		})
		w.inject(b)
		if got := says(t, w.askUDP(own4+":53", question(t, "x.test.", dnsmessage.TypeA))); got != "NameError" {
			t.Errorf("then the resolver said %s", got)
		}
		w.close()
		if count.open == 0 || count.open != count.closed {
			t.Errorf("%d tapes opened, %d closed", count.open, count.closed)
		}
	})
}

// FuzzParsePacket: what is taken out of a packet is in it, and the answers to
// it are packets.
func FuzzParsePacket(f *testing.F) {
	f.Add(packetTo("203.0.113.7", 6, make([]byte, 20)))
	f.Add(packetTo("2001:db8::7", 6, make([]byte, 20)))
	f.Add(packetTo("2001:db8::7", 60, append([]byte{51, 0, 0, 0, 0, 0, 0, 0, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, make([]byte, 20)...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := gateway.ParsePacket(b)
		if err != nil {
			return
		}
		if len(body) > len(b)-20 {
			t.Errorf("a body of %d octets in %d", len(body), len(b))
		}
		for _, answer := range [2][]byte{first(gateway.Answers(b)), second(gateway.Answers(b))} {
			if answer == nil {
				continue
			}
			if _, err := gateway.ParsePacket(answer); err != nil {
				t.Errorf("the answer % x: %v", answer, err)
			}
		}
	})
}

func first(a, _ []byte) []byte  { return a }
func second(_, b []byte) []byte { return b }

func FuzzDNS(f *testing.F) {
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeOPT} {
		m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("a.b.c."), Type: kind, Class: 1}}}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x00\x00\x01\x00\x01\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, err := gateway.Reply(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(answer); err != nil || !m.Response || m.ID != binary.BigEndian.Uint16(b) || len(answer) > 512 {
			t.Errorf("the answer % x: %v", answer, err)
		}
	})
}

func FuzzQUIC(f *testing.F) {
	f.Add(initial())
	f.Add([]byte("\xd3\x6b\x33\x43\xcf\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if gateway.QUICInitial(b) && b[0]&0xc0 != 0xc0 {
			t.Errorf("% x is none", b[:1])
		}
		if to, from := gateway.QUICIDs(b); len(to) > 20 || len(from) > 20 || len(to)+len(from) > len(b) {
			t.Errorf("IDs %x and %x in %d octets", to, from, len(b))
		}
	})
}

func FuzzParseMap(f *testing.F) {
	for _, s := range []string{"a.test=127.0.0.1", "A=[::1]:80", "1.2.3.4=::1", "=x", "a=b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := gateway.ParseMap(s)
		if err == nil && (m.Name == "" || !m.To.Addr().IsValid()) {
			t.Errorf("%q makes %+v", s, m)
		}
	})
}

func TestParseMap(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]gateway.Map{
		"App.Test=127.0.0.1":      {Name: "app.test", To: netip.MustParseAddrPort("127.0.0.1:0")},
		"app.test.=127.0.0.1:80":  {Name: "app.test", To: netip.MustParseAddrPort("127.0.0.1:80")},
		"1.2.3.4=[::1]:80":        {Name: "1.2.3.4", To: netip.MustParseAddrPort("[::1]:80")},
		"2001:db8::1=::1":         {Name: "2001:db8::1", To: netip.MustParseAddrPort("[::1]:0")},
		"a=[::1]":                 {Name: "a", To: netip.MustParseAddrPort("[::1]:0")},
		"a=::ffff:127.0.0.1":      {Name: "a", To: netip.MustParseAddrPort("127.0.0.1:0")},
		"a=[::ffff:127.0.0.1]:90": {Name: "a", To: netip.MustParseAddrPort("127.0.0.1:90")},
	} {
		if got, err := gateway.ParseMap(s); got != want || err != nil {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "a", "=1.2.3.4", "a=", "a=host", "a=1.2.3.4:99999", ".=1.2.3.4"} {
		if got, err := gateway.ParseMap(s); err == nil {
			t.Errorf("%s: %+v", s, got)
		}
	}
}

func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"127.0.0.1": true, "127.255.0.9": true, "::1": true, "::ffff:127.0.0.1": true, "::127.0.0.1": true,
		"0.0.0.0": true, "0.1.2.3": true, "::": true, "::ffff:0.0.0.0": true, "169.254.169.254": true, "::ffff:169.254.0.1": true,
		"fe80::1": true, "224.0.0.1": true, "ff02::fb": true, "ff0e::1": true, "255.255.255.255": true,
		"10.0.0.1": false, "192.168.1.1": false, "8.8.8.8": false, "2001:db8::1": false, "fd00::1": false, "::ffff:8.8.8.8": false,
	} {
		if why := gateway.Forbidden(netip.MustParseAddr(text)); (why != "") != want {
			t.Errorf("%s: %q", text, why)
		}
	}
}
