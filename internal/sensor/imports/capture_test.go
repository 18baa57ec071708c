package imports_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale"
	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/imports"
)

const (
	question = "POST /log HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
	answer   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

func TestTLSIsOpened(t *testing.T) {
	t.Parallel()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		all, keylog := session(t, version, []byte(question), []byte(answer))
		for name, c := range map[string]struct {
			file []byte
			log  string
		}{
			"embedded behind": {capture(t, film(client(), server(), all), keylog), ""},
			"key log":         {capture(t, film(client(), server(), all), ""), keylog},
		} {
			flows, summary := read(t, c.file, c.log)
			if len(flows) != 1 || summary.Opened != 1 || len(summary.Notes) > 0 {
				t.Fatalf("%s: %d flows, %+v", name, len(flows), summary)
			}
			f := flows[0]
			if f.out() != question || f.in() != answer || f.Proto != "http/1.1" || f.Visibility != telltale.Intercepted || f.Host != "a.test" || f.Error != "" {
				t.Errorf("%s: %q %q %+v", name, f.out(), f.in(), f.Conn)
			}
			if f.TLS == nil || len(f.TLS.Certificates) != 1 || f.Src != client() || f.Dst != server() || !f.Start.Equal(start()) || !f.End.After(f.Start) {
				t.Errorf("%s: %+v", name, f.Conn)
			}
		}
	}
}

// TestWithoutSecrets: TLS without keys is kept as it is.
func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	all, _ := session(t, tls.VersionTLS13, []byte(question), []byte(answer))
	for cut := range []int{0, 1} { // the second begins later than the connection
		shots := film(client(), server(), all)
		if cut > 0 {
			shots = shots[8:]
		}
		flows, summary := read(t, capture(t, shots, ""), "")
		if len(flows) != 1 || summary.Opaque != 1 || flows[0].Visibility != telltale.Opaque || flows[0].Proto != "tls" {
			t.Fatalf("cut %d: %d flows, %+v", cut, len(flows), flows[0].Conn)
		}
		var raw bytes.Buffer
		for _, p := range all {
			if p.out {
				raw.Write(p.b)
			}
		}
		if cut == 0 && (flows[0].out() != raw.String() || flows[0].Host != "a.test") {
			t.Errorf("%d octets of %d, %s", flows[0].text[0].Len(), raw.Len(), flows[0].Host)
		}
	}
}

func TestClearConnections(t *testing.T) {
	t.Parallel()
	smtp := []said{{false, []byte("220 mail\r\n")}, {true, []byte("EHLO a\r\n")}, {false, []byte("250 ok\r\n")}}
	socket := []said{{true, []byte("GET / HTTP/1.1\r\nHost: b.test\r\nUpgrade: websocket\r\n\r\n")}, {false, []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n")}}
	var shots []pcapng.Packet
	for i, one := range [][]said{{{true, []byte(question)}, {false, []byte(answer)}}, smtp, socket, {{true, []byte("\x00\x01own protocol, of its own make, with more than thirty octets")}}} {
		shots = append(shots, film(netip.AddrPortFrom(client().Addr(), uint16(40000+i)), netip.MustParseAddrPort("192.0.2.1:80"), one)...)
	}
	flows, _ := read(t, capture(t, shots, ""), "")
	var got []string
	for _, f := range flows {
		got = append(got, fmt.Sprintf("%s %s %s %d %d", f.Proto, f.Host, f.Visibility, f.text[0].Len(), f.text[1].Len()))
	}
	want := "http/1.1 a.test clear 60 40|smtp  clear 8 18|ws b.test clear 52 36|tcp  clear 61 0"
	if strings.Join(got, "|") != want {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "|"), want)
	}
}

// TestSTARTTLS: TLS that begins within a connection is opened too.
func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	inner, keylog := session(t, tls.VersionTLS12, []byte("EHLO b\r\nMAIL secret\r\n"), []byte("250 ok\r\n"))
	all := append([]said{{false, []byte("220 mail\r\n")}, {true, []byte("EHLO a\r\n")}, {false, []byte("250 STARTTLS\r\n")}, {true, []byte("STARTTLS\r\n")}, {false, []byte("220 go\r\n")}}, inner...)
	flows, _ := read(t, capture(t, film(client(), server(), all), keylog), "")
	f := flows[0]
	if f.Proto != "smtp" || f.Visibility != telltale.Intercepted || f.out() != "EHLO a\r\nSTARTTLS\r\nEHLO b\r\nMAIL secret\r\n" || len(f.turns) != 1 {
		t.Errorf("%q %v %+v", f.out(), f.turns, f.Conn)
	}
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	name := dnsmessage.MustNewName("b.test.")
	q := dnsmessage.Message{Header: dnsmessage.Header{ID: 7}, Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	asked, err := q.Pack()
	must(t, err)
	q.Response = true
	q.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}}}
	told, err := q.Pack()
	must(t, err)
	quic := append([]byte{0xc3, 0, 0, 0, 1}, make([]byte, 1200)...)
	resolver, other := netip.MustParseAddrPort("10.0.0.1:53"), netip.MustParseAddrPort("192.0.2.9:443")
	var shots []pcapng.Packet
	for _, b := range [][]byte{
		packets.Datagram(client(), resolver, asked), packets.Datagram(resolver, client(), told),
		packets.Datagram(client(), other, quic), packets.Datagram(client(), netip.MustParseAddrPort("192.0.2.8:9999"), []byte("token")),
	} {
		shots = append(shots, pcapng.Packet{At: start(), Data: b, Size: len(b)})
	}
	shots = append(shots, film(client(), server(), []said{{true, []byte("\x01\x02")}})...)
	flows, _ := read(t, capture(t, shots, ""), "")
	var got []string
	for _, f := range flows {
		got = append(got, fmt.Sprintf("%s/%s %s %s %d %d %s", f.Transport, f.Proto, f.Host, f.Visibility, f.text[0].Len(), f.text[1].Len(), f.Error))
	}
	want := "udp/dns b.test clear 24 40 |udp/quic  opaque 1205 0 no answer|udp/udp  clear 5 0 no answer|tcp/tcp b.test clear 2 0 "
	if all := strings.Join(got, "|"); all != want {
		t.Errorf("\n%s\nwant\n%s", all, want)
	}
}

func TestFailedAttempts(t *testing.T) {
	t.Parallel()
	shots := film(client(), server(), nil)[:1]
	refused := append(film(netip.MustParseAddrPort("10.0.0.2:5"), server(), nil)[:1], pcapng.Packet{})
	refused[1] = pcapng.Packet{At: start(), Data: packets.Segment{From: server(), To: netip.MustParseAddrPort("10.0.0.2:5"), Ack: 1, Flags: packets.RST | packets.ACK}.Packet()}
	flows, _ := read(t, capture(t, append(shots, refused...), ""), "")
	if len(flows) != 2 || flows[0].Error != "no answer" || flows[1].Error != "connection refused" || flows[0].pieces != 0 {
		t.Errorf("%+v", flows)
	}
}

// TestZoo: whatever happens to a capture, reading ends, everything is closed,
// and what is given is part of what was said.
func TestZoo(t *testing.T) {
	t.Parallel()
	var up, down bytes.Buffer
	for i := range 4000 {
		fmt.Fprintf(&up, "line %d up\n", i)
		fmt.Fprintf(&down, "line %d down\n", i)
	}
	all, keylog := session(t, tls.VersionTLS13, up.Bytes(), down.Bytes())
	secure := film(client(), server(), all)
	plain := film(client(), netip.MustParseAddrPort("192.0.2.1:80"), []said{{true, up.Bytes()}, {false, down.Bytes()}})
	for round := range 30 {
		r := rand.New(rand.NewPCG(uint64(round), 3))
		for _, shots := range [][]pcapng.Packet{secure, plain} {
			flows, _ := read(t, capture(t, damage(r, shots), keylog), "")
			for _, f := range flows {
				if f.Visibility == telltale.Opaque { // its begin is missing
					continue
				}
				wantParts(t, f.out(), up.String())
				wantParts(t, f.in(), down.String())
			}
		}
	}
}

// damage drops, swaps, repeats and cuts packets.
func damage(r *rand.Rand, shots []pcapng.Packet) (out []pcapng.Packet) {
	kind := r.IntN(5)
	for i, p := range shots {
		switch {
		case kind == 0 && r.IntN(20) == 0:
			continue
		case kind == 1 && r.IntN(4) == 0 && len(out) > 0:
			out = append(out[:len(out)-1], p, out[len(out)-1])
			continue
		case kind == 2 && r.IntN(4) == 0:
			out = append(out, p, p, shots[r.IntN(i+1)])
			continue
		case kind == 3 && r.IntN(10) == 0 && len(p.Data) > 60:
			p.Data = p.Data[:60]
		case kind == 4 && i < 3+r.IntN(5):
			continue
		}
		out = append(out, p)
	}
	return out
}

// wantParts: every whole line is one that was said, in order.
func wantParts(t *testing.T, got, want string) {
	t.Helper()
	lines := strings.Split(want, "\n")
	known, last := map[string]int{}, 0
	for i, l := range lines {
		known[l] = i + 1
	}
	wrong := 0
	for _, l := range strings.Split(got, "\n") {
		n := known[l]
		if n == 0 || n < last {
			wrong++
			continue
		}
		last = n
	}
	if total := strings.Count(got, "\n"); wrong > 2 && wrong > total/4 {
		t.Errorf("%d of %d lines were never said", wrong, total)
	}
}

func TestOtherFiles(t *testing.T) {
	t.Parallel()
	m := imports.New(&shelf{}, &tlsdecrypt.Keys{})
	if _, err := m.Read(context.Background(), "x", strings.NewReader("GET / HTTP/1.1")); !errors.Is(err, imports.ErrUnknown) {
		t.Errorf("%v", err)
	}
}
