package imports_test

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
)

// TestUpgrades: where another protocol begins is told to the octet, also when
// the head and what follows came together or in pieces.
func TestUpgrades(t *testing.T) {
	t.Parallel()
	const agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
	ask := func(proto string) string {
		return "GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: " + proto + "\r\n\r\n"
	}
	for _, c := range []struct {
		proto, answer string
		piece         int
		want, turn    string
	}{
		{"websocket", agreed + "\x81\x02hi", 1 << 20, "ws", "ws"},
		{"websocket", agreed + "\x81\x02hi", 7, "ws", "ws"},
		{"own", agreed + "own", 70, "http/1.1", "tcp"},
		{"own", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 5, "http/1.1", ""},
	} {
		all := []said{{true, []byte(ask(c.proto))}}
		for rest := c.answer; len(rest) > 0; {
			n := min(c.piece, len(rest))
			all = append(all, said{false, []byte(rest[:n])})
			rest = rest[n:]
		}
		all = append(all, said{true, []byte("after")})
		flows, _ := read(t, capture(t, film(client(), netip.MustParseAddrPort("192.0.2.1:80"), all), ""), "")
		f := flows[0]
		if c.turn != "" {
			c.turn += fmt.Sprint(" ", len(ask(c.proto)), "/", len(agreed))
		}
		if f.Proto != c.want || strings.Join(f.turns, ",") != c.turn || f.out() != ask(c.proto)+"after" || f.in() != c.answer {
			t.Errorf("%s in pieces of %d: %s %q, want %s %q", c.proto, c.piece, f.Proto, f.turns, c.want, c.turn)
		}
	}
}

// TestAnswerBeforeTheRequest of a capture whose packets are not in order:
// nothing is lost.
func TestAnswerBeforeTheRequest(t *testing.T) {
	t.Parallel()
	const agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nmore"
	const ask = "GET /x HTTP/1.1\r\nHost: a.test\r\nUpgrade: own\r\n\r\n"
	flows, _ := read(t, capture(t, film(client(), netip.MustParseAddrPort("192.0.2.1:80"), []said{{false, []byte(agreed)}, {true, []byte(ask)}}), ""), "")
	if f := flows[0]; f.out() != ask || f.in() != agreed {
		t.Errorf("%q %q", f.out(), f.in())
	}
}

// TestResets: who had said everything before it left did not break off.
func TestResets(t *testing.T) {
	t.Parallel()
	whole, keylog := session(t, tls.VersionTLS13, []byte(question), []byte(answer))
	for name, c := range map[string]struct {
		all  []said
		end  bool // by FIN first
		want string
	}{
		"in the middle":   {[]said{{true, []byte(question)}}, false, "connection reset"},
		"after its end":   {[]said{{true, []byte(question)}, {false, []byte(answer)}}, true, ""},
		"after a goodbye": {whole, false, ""},
	} {
		s := packets.NewStream(client(), server())
		segments := s.Open()
		for _, p := range c.all {
			segments = append(segments, s.Data(p.out, p.b)...)
		}
		if c.end {
			segments = append(segments, s.End(true)...)
		}
		last := segments[len(segments)-1]
		if last.From != client() {
			last = packets.Segment{From: client(), To: server(), Seq: last.Ack}
		}
		segments = append(segments, packets.Segment{From: client(), To: server(), Seq: last.Seq + uint32(len(last.Payload)), Flags: packets.RST})
		var shots []pcapng.Packet
		for _, one := range segments {
			shots = append(shots, pcapng.Packet{At: start(), Data: one.Packet()})
		}
		flows, _ := read(t, capture(t, shots, keylog), "")
		if len(flows) != 1 || flows[0].Error != c.want {
			t.Errorf("%s: %d flows, %q, want %q", name, len(flows), flows[0].Error, c.want)
		}
	}
}
