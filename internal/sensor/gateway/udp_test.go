package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/gateway"
)

// serveUDP answers every datagram with itself, on the host's loopback.
func serveUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 65535)
		for {
			n, from, err := c.ReadFrom(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = c.WriteTo(b[:n], from)
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// TestUDP: datagrams out and in, larger than a packet too, one record for all.
func TestUDP(t *testing.T) {
	t.Parallel()
	server := serveUDP(t)
	for _, dst := range []string{"203.0.113.7:5000", "[2001:db8::7]:5000"} {
		w := start(t, mapped(gateway.Map{Name: netip.MustParseAddrPort(dst).Addr().String(), To: server}))
		c := w.datagrams(dst)
		var all []byte
		for _, size := range []int{5, 0, 1400, 9000} {
			want := bytes.Repeat([]byte{byte(size)}, size)
			if _, err := c.Write(want); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 65535)
			n, err := c.Read(b)
			if err != nil || !bytes.Equal(b[:n], want) {
				t.Fatalf("%s: %d octets came back of %d: %v", dst, n, size, err)
			}
			all = append(all, want...)
		}
		w.close()
		r := w.to(dst)
		if !bytes.Equal(r.out, all) || !bytes.Equal(r.in, all) || r.outs != 4 {
			t.Errorf("%s: recorded %d octets out in %d, %d in", dst, len(r.out), r.outs, len(r.in))
		}
		if r.conn.Proto != "udp" || r.conn.Transport != "udp" || r.conn.Error != "" || r.conn.Server != server.String() || r.conn.Visibility != telltale.Clear {
			t.Errorf("%s: recorded %+v", dst, r.conn)
		}
	}
}

// TestUDPUnanswered: a datagram without an answer is recorded, and Quiet has
// waited for it to leave.
func TestUDPUnanswered(t *testing.T) {
	t.Parallel()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server.LocalAddr().(*net.UDPAddr).AddrPort()}))
	c := w.datagrams("203.0.113.7:9")
	_, _ = c.Write([]byte("token"))
	w.find("token", func(r *record) bool { return string(r.out) == "token" })
	if err := w.gateway.Quiet(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.close()
	if r := w.to("203.0.113.7:9"); r.conn.Error != "no answer" || len(r.in) > 0 {
		t.Errorf("recorded %+v", r.conn)
	}
	b := make([]byte, 100)
	if n, _, err := server.ReadFrom(b); string(b[:n]) != "token" || err != nil {
		t.Errorf("the server got %q, %v", b[:n], err)
	}
}

// TestUDPRefused: where nobody listens, and where nothing is carried to.
func TestUDPRefused(t *testing.T) {
	t.Parallel()
	// A socket that talks to somebody else keeps its port, and nobody listens.
	gone, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	var e ear
	w := start(t, func(c *gateway.Config) {
		e.listen(c)
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: gone.LocalAddr().(*net.UDPAddr).AddrPort()}}
	})
	for dst, why := range map[string]string{
		"203.0.113.7:9": "refused by the server", own4 + ":9": "refused: the gateway", "[" + own6 + "]:9": "refused: the gateway",
		"169.254.1.1:9": "refused: link-local", "198.18.77.77:9": "refused: no name",
	} {
		c := w.datagrams(dst)
		_, _ = c.Write([]byte("token"))
		e.hears(w, "that the port is unreachable", portUnreachable(dst))
		w.find(dst, func(r *record) bool { return r.opened.Dst.String() == dst && string(r.out) == "token" })
		defer func() {
			if r := w.to(dst); !strings.HasPrefix(r.conn.Error, why) || r.conn.Proto != "udp" {
				t.Errorf("%s: recorded %+v", dst, r.conn)
			}
		}()
	}
	w.close()
}

// portUnreachable accepts the ICMP error from dst.
func portUnreachable(dst string) func([]byte) bool {
	from := netip.MustParseAddrPort(dst).Addr()
	return func(p []byte) bool {
		kind, code, _ := icmpOf(p)
		proto, want := p[9], [3]byte{1, 3, 3}
		if from.Is6() {
			proto, want = p[6], [3]byte{58, 1, 4}
		}
		return bytes.Contains(p[:40], from.AsSlice()) && [3]byte{proto, kind, code} == want
	}
}

// initial is the beginning of a QUIC connection, of version 1 (RFC 9000, 17.2.2).
func initial() []byte {
	b := make([]byte, 1200)
	copy(b, "\xc3\x00\x00\x00\x01\x08ABCDEFGH\x00\x00")
	return b
}

func TestQUIC(t *testing.T) {
	t.Parallel()
	server := serveUDP(t)
	for _, way := range []gateway.QUIC{"", gateway.RefuseQUIC, gateway.PassQUIC} {
		var e ear
		w := start(t, func(c *gateway.Config) {
			e.listen(c)
			c.QUIC = way
			c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
		})
		c := w.datagrams("203.0.113.7:443")
		_, _ = c.Write(initial())
		why := "QUIC refused so that the app falls back to TCP"
		if way == gateway.PassQUIC {
			why = ""
			b := make([]byte, 2000)
			if n, err := c.Read(b); err != nil || !bytes.Equal(b[:n], initial()) {
				t.Errorf("%q: %d octets, %v", way, n, err)
			}
		} else {
			e.hears(w, "that the port is unreachable", portUnreachable("203.0.113.7:443"))
		}
		w.close()
		r := w.to("203.0.113.7:443")
		if r.conn.Proto != "quic" || r.conn.Transport != "udp" || r.conn.Visibility != telltale.Opaque || r.conn.Error != why || !bytes.Equal(r.out, initial()) {
			t.Errorf("%q: recorded %+v", way, r.conn)
		}
	}
}

// TestFlows: the exchange that was silent for longest makes room.
func TestFlows(t *testing.T) {
	t.Parallel()
	server := serveUDP(t)
	w := start(t, func(c *gateway.Config) {
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: netip.AddrPortFrom(server.Addr(), server.Port())}}
		c.Limits.Flows = 2
	})
	b := make([]byte, 100)
	for _, dst := range []string{"203.0.113.7:1", "203.0.113.7:2", "203.0.113.7:3"} {
		c := w.datagrams(dst)
		_, _ = io.WriteString(c, dst)
		if n, err := c.Read(b); string(b[:n]) != dst || err != nil {
			t.Fatalf("%q, %v", b[:n], err)
		}
	}
	if r := w.to("203.0.113.7:1"); string(r.in) != "203.0.113.7:1" {
		t.Errorf("recorded %q", r.in)
	}
}
