package gateway_test

import (
	"bytes"
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// packetTo makes an IP packet of the app's.
func packetTo(dst string, proto byte, body []byte) []byte {
	to := netip.MustParseAddr(dst)
	if to.Is4() {
		b := make([]byte, 20+len(body))
		h := header.IPv4(b)
		h.Encode(&header.IPv4Fields{
			TotalLength: uint16(len(b)), TTL: 64, Protocol: proto,
			SrcAddr: tcpip.AddrFromSlice(netip.MustParseAddr(app4).AsSlice()), DstAddr: tcpip.AddrFromSlice(to.AsSlice()),
		})
		h.SetChecksum(^h.CalculateChecksum())
		copy(b[20:], body)
		return b
	}
	b := make([]byte, 40+len(body))
	header.IPv6(b).Encode(&header.IPv6Fields{
		PayloadLength: uint16(len(body)), TransportProtocol: tcpip.TransportProtocolNumber(proto), HopLimit: 64,
		SrcAddr: tcpip.AddrFromSlice(netip.MustParseAddr(app6).AsSlice()), DstAddr: tcpip.AddrFromSlice(to.AsSlice()),
	})
	copy(b[40:], body)
	return b
}

// echoTo makes an echo request.
func echoTo(t *testing.T, dst string, payload string) []byte {
	t.Helper()
	m, proto, pseudo := icmp.Message{Type: ipv4.ICMPTypeEcho}, byte(1), []byte(nil)
	if to := netip.MustParseAddr(dst); to.Is6() {
		m.Type, proto = ipv6.ICMPTypeEchoRequest, 58
		pseudo = icmp.IPv6PseudoHeader(netip.MustParseAddr(app6).AsSlice(), to.AsSlice())
	}
	m.Body = &icmp.Echo{ID: 77, Seq: 5, Data: []byte(payload)}
	b, err := m.Marshal(pseudo)
	if err != nil {
		t.Fatal(err)
	}
	return packetTo(dst, proto, b)
}

// ear hears what the app gets.
type ear struct {
	mu    sync.Mutex
	heard [][]byte
	more  chan struct{}
}

func (e *ear) listen(c *gateway.Config) {
	e.more = make(chan struct{}, 1)
	c.Packets = func(_ time.Time, p []byte, inbound bool, _ tape.Process) {
		if !inbound {
			return
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, append([]byte(nil), p...))
		select {
		case e.more <- struct{}{}:
		default:
		}
	}
}

// hears waits for a packet that ok accepts.
func (e *ear) hears(w *world, what string, ok func(p []byte) bool) {
	w.t.Helper()
	for {
		e.mu.Lock()
		for _, p := range e.heard {
			if ok(p) {
				e.mu.Unlock()
				return
			}
		}
		e.mu.Unlock()
		select {
		case <-e.more:
		case <-w.ctx.Done():
			w.t.Fatalf("the app did not hear %s", what)
		}
	}
}

// icmpOf returns the type, the code and the rest of an ICMP packet.
func icmpOf(p []byte) (kind, code byte, rest []byte) {
	head := 20
	if p[0]>>4 == 6 {
		head = 40
	}
	return p[head], p[head+1], p[head+4:]
}

func TestPing(t *testing.T) {
	t.Parallel()
	var e ear
	w := start(t, func(c *gateway.Config) {
		e.listen(c)
		c.Maps = []gateway.Map{{Name: "app.test", To: netip.MustParseAddrPort("127.0.0.1:0")}, {Name: "192.0.2.9", To: netip.MustParseAddrPort("192.0.2.10:0")}}
		c.Ping = func(_ context.Context, to netip.Addr, payload []byte) ([]byte, error) {
			if to == netip.MustParseAddr("192.0.2.66") {
				return nil, context.DeadlineExceeded
			}
			return append([]byte(to.String()+" "), payload...), nil
		}
	})
	for _, test := range []struct{ dst, answer, server, why string }{
		{own4, "token", "", ""},
		{own6, "token", "", ""},
		{"198.18.0.1", "token", "", ""},
		{"fd74:656c::1", "token", "", ""},
		{"192.0.2.9", "192.0.2.10 token", "192.0.2.10", ""},
		{"2001:db8::9", "2001:db8::9 token", "2001:db8::9", ""},
		{"192.0.2.66", "", "192.0.2.66", "no answer"},
	} {
		w.inject(echoTo(t, test.dst, "token"))
		to := netip.MustParseAddr(test.dst)
		if test.answer != "" {
			e.hears(w, "an echo of "+test.dst, func(p []byte) bool {
				kind, _, rest := icmpOf(p)
				return bytes.Contains(p[:40], to.AsSlice()) && (kind == 0 || kind == 129) && string(rest) == "\x00\x4d\x00\x05"+test.answer
			})
		}
		w.find(test.dst, func(r *record) bool { return r.opened.Dst.Addr() == to && string(r.out) == "token" })
		defer func() {
			r := w.to(netip.AddrPortFrom(to, 0).String())
			if string(r.in) != test.answer || r.conn.Proto != "icmp" || r.conn.Transport != "icmp" || r.conn.Server != test.server ||
				r.conn.Error != test.why || r.conn.Visibility != telltale.Clear {
				t.Errorf("%s: recorded %q, %+v", test.dst, r.in, r.conn)
			}
		}()
	}
	if err := w.gateway.Quiet(w.ctx); err != nil {
		t.Error(err)
	}
	w.close()
}

// TestNotCarried: what is neither TCP, UDP nor an echo request is recorded,
// and so is what cannot be read.
func TestNotCarried(t *testing.T) {
	t.Parallel()
	var e ear
	w := start(t, e.listen)
	timestamp := append([]byte{13, 0, 0, 0}, "secret in a timestamp"...)
	for name, test := range map[string]struct {
		packet    []byte
		proto     string
		payload   string
		why       string
		vis       telltale.Visibility
		told      [2]byte
		transport string
	}{
		"sctp":      {packetTo("203.0.113.7", 132, []byte("secret in sctp")), "sctp", "secret in sctp", "not carried", telltale.Opaque, [2]byte{3, 2}, "sctp"},
		"gre6":      {packetTo("2001:db8::7", 47, []byte("secret in gre")), "ip-47", "secret in gre", "not carried", telltale.Opaque, [2]byte{4, 1}, "ip-47"},
		"timestamp": {packetTo("203.0.113.7", 1, timestamp), "icmp", string(timestamp), "not carried", telltale.Opaque, [2]byte{}, "icmp"},
		"loopback":  {echoTo(t, "127.0.0.1", "secret in a ping"), "icmp", "secret in a ping", "refused: loopback", telltale.Clear, [2]byte{3, 1}, "icmp"},
		"mapped":    {echoTo(t, "::ffff:127.0.0.1", "secret in another"), "icmp", "secret in another", "refused: loopback", telltale.Clear, [2]byte{1, 3}, "icmp"},
		"multicast": {packetTo("224.0.0.251", 17, []byte("\x14\xe9\x14\xe9\x00\x13\x00\x00secret mdns")), "udp", "secret mdns", "refused: multicast", telltale.Clear, [2]byte{}, "udp"},
		"broadcast": {packetTo("255.255.255.255", 17, []byte("\x00\x44\x00\x43\x00\x13\x00\x00secret dhcp")), "udp", "secret dhcp", "refused: broadcast", telltale.Clear, [2]byte{}, "udp"},
		"malformed": {[]byte("secret that is no packet"), "ip", "secret that is no packet", "not carried", telltale.Opaque, [2]byte{}, "ip"},
	} {
		w.inject(test.packet)
		w.find(name, func(r *record) bool { return string(r.out) == test.payload })
		if test.told != [2]byte{} {
			e.hears(w, "that "+name+" is not carried", func(p []byte) bool {
				kind, code, rest := icmpOf(p)
				return [2]byte{kind, code} == test.told && bytes.HasPrefix(rest[4:], test.packet)
			})
		}
		defer func() {
			r := w.find(name, func(r *record) bool { return r.done && string(r.out) == test.payload })
			if r.conn.Proto != test.proto || r.conn.Transport != test.transport || r.conn.Visibility != test.vis || !strings.HasPrefix(r.conn.Error, test.why) || len(r.in) > 0 {
				t.Errorf("%s: recorded %+v", name, r.conn)
			}
		}()
	}
	w.close()
}

// TestHousekeeping: what kernels say by themselves makes no flow, unless there
// is something in it.
func TestHousekeeping(t *testing.T) {
	t.Parallel()
	report := func(group string) []byte {
		b := append([]byte{143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0}, netip.MustParseAddr(group).AsSlice()...)
		return packetTo("ff02::16", 58, b)
	}
	var count int
	w := start(t, func(c *gateway.Config) {
		c.Packets = func(time.Time, []byte, bool, tape.Process) { count++ }
	})
	for _, p := range [][]byte{
		packetTo("ff02::2", 58, make([]byte, 8)),
		report("ff02::1:ff00:2"), report("ff02::1"),
		packetTo(own4, 1, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, packetFrom(own4)...)),
	} {
		p := append([]byte(nil), p...)
		if p[0]>>4 == 6 && p[40] == 0 {
			p[40] = 133
		}
		w.inject(p)
	}
	for _, p := range [][]byte{report("ff02::6d79:7365"), packetTo("ff02::1", 58, append(make([]byte, 8), "secret"...))} {
		w.inject(p)
		w.find("a message with something in it", func(r *record) bool { return bytes.HasSuffix(p, r.out) })
	}
	w.close()
	if len(w.sink.all) != 2 || count < 6 {
		t.Errorf("%d flows of %d packets, want 2", len(w.sink.all), count)
	}
}

// packetFrom is what the app got from an address.
func packetFrom(src string) []byte {
	b := packetTo(src, 17, make([]byte, 8))
	swapped := append([]byte(nil), b...)
	copy(swapped[12:16], b[16:20])
	copy(swapped[16:20], b[12:16])
	return swapped
}

// TestRealPing: the host answers itself, or says that it does not let us ask.
func TestRealPing(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"127.0.0.1", "::1"} {
		b, err := gateway.Ping(t.Context(), netip.MustParseAddr(to), []byte("token"))
		if err == nil && string(b) != "token" || err != nil && !strings.Contains(err.Error(), "not sent") {
			t.Errorf("%s: %q, %v", to, b, err)
		}
	}
}
