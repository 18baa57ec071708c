package reassemble_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"example.org/telltale/internal/flow/reassemble"
)

// recorder is a stream that keeps what it is given.
type recorder struct {
	data  bytes.Buffer
	gaps  int
	ended int
}

func (r *recorder) Data(b []byte) { r.data.Write(b) }
func (r *recorder) Gap(n int)     { r.gaps += n }
func (r *recorder) End()          { r.ended++ }

// packet makes one TCP packet.
func packet(t testing.TB, v6 bool, port int, tcp layers.TCP, data []byte) []byte {
	t.Helper()
	ether := &layers.Ethernet{SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	var ip gopacket.SerializableLayer = &layers.IPv4{Version: 4, TTL: 9, Protocol: layers.IPProtocolTCP, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{192, 0, 2, 1}}
	if v6 {
		ether.EthernetType = layers.EthernetTypeIPv6
		ip = &layers.IPv6{Version: 6, HopLimit: 9, NextHeader: layers.IPProtocolTCP, SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
	}
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(port), 80
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ether, ip, &tcp, gopacket.Payload(data)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// capture writes packets in either format.
func capture(t testing.TB, ng bool, packets [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var write func(gopacket.CaptureInfo, []byte) error
	flush := func() error { return nil }
	if ng {
		w, err := pcapgo.NewNgWriter(&b, layers.LinkTypeEthernet)
		if err != nil {
			t.Fatal(err)
		}
		write, flush = w.WritePacket, w.Flush
	} else {
		w := pcapgo.NewWriter(&b)
		if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
			t.Fatal(err)
		}
		write = w.WritePacket
	}
	for _, p := range packets {
		if err := write(gopacket.CaptureInfo{Timestamp: time.Unix(1700000000, 0), CaptureLength: len(p), Length: len(p)}, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, b []byte) (map[string]*recorder, reassemble.Stats) {
	t.Helper()
	streams := map[string]*recorder{}
	stats, err := reassemble.Read(bytes.NewReader(b), func(d reassemble.Direction) reassemble.Stream {
		name := fmt.Sprint(d.From.Port())
		for streams[name] != nil {
			name += "'"
		}
		streams[name] = &recorder{}
		return streams[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range streams {
		if s.ended != 1 {
			t.Errorf("stream %s ended %d times", name, s.ended)
		}
	}
	return streams, stats
}

// TestStreamsAreWhole: segments out of order, twice, and overlapping, of many
// connections at once, over a wrap of the sequence numbers.
func TestStreamsAreWhole(t *testing.T) {
	t.Parallel()
	for round := range 20 {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		want := map[string]string{}
		var packets [][]byte
		for port := 1000; port < 1005; port++ {
			var text strings.Builder
			for range 200 + r.IntN(200) {
				fmt.Fprintf(&text, "%d of %d, ", r.IntN(1000), port)
			}
			want[fmt.Sprint(port)] = text.String()
			first := uint32(0xfffff000) + uint32(r.IntN(8000))
			packets = append(packets, packet(t, port%2 == 0, port, layers.TCP{SYN: true, Seq: first}, nil))
			packets = append(packets, segments(t, r, port, first+1, text.String())...)
		}
		streams, stats := read(t, capture(t, round%2 == 0, packets))
		if stats.Packets != len(packets) || stats.Missing != 0 || stats.Unread != 0 || stats.Streams != len(want) {
			t.Errorf("round %d: %+v", round, stats)
		}
		for name, text := range want {
			if got := streams[name]; got == nil || got.data.String() != text || got.gaps != 0 {
				t.Fatalf("round %d: stream %s is not whole", round, name)
			}
		}
	}
}

// segments cuts a text into overlapping segments and mixes neighbours.
func segments(t testing.TB, r *rand.Rand, port int, seq uint32, text string) [][]byte {
	var out [][]byte
	for at := 0; at < len(text); {
		n := min(1+r.IntN(300), len(text)-at)
		back := min(r.IntN(20), at)
		out = append(out, packet(t, port%2 == 0, port, layers.TCP{ACK: true, Seq: seq + uint32(at-back)}, []byte(text[at-back:at+n])))
		at += n
	}
	for i := 0; i+4 <= len(out); i += 4 {
		r.Shuffle(4, func(a, b int) { out[i+a], out[i+b] = out[i+b], out[i+a] })
	}
	return append(out, packet(t, port%2 == 0, port, layers.TCP{FIN: true, ACK: true, Seq: seq + uint32(len(text))}, nil))
}

func TestGapsAreSaid(t *testing.T) {
	t.Parallel()
	b := capture(t, false, [][]byte{
		packet(t, false, 7, layers.TCP{SYN: true, Seq: 99}, nil),
		packet(t, false, 7, layers.TCP{Seq: 100}, []byte("before")),
		packet(t, false, 7, layers.TCP{Seq: 200}, []byte("behind")),
		packet(t, false, 8, layers.TCP{Seq: 500}, []byte("in mid-capture")),
	})
	streams, stats := read(t, b)
	if s := streams["7"]; s.data.String() != "beforebehind" || s.gaps != 94 || stats.Missing != 94 {
		t.Errorf("%q, gaps %d, %+v", s.data.String(), s.gaps, stats)
	}
	if s := streams["8"]; s.data.String() != "in mid-capture" {
		t.Errorf("%q", s.data.String())
	}
}

func TestPortsAreUsedAgain(t *testing.T) {
	t.Parallel()
	streams, _ := read(t, capture(t, true, [][]byte{
		packet(t, false, 7, layers.TCP{SYN: true, Seq: 99}, nil),
		packet(t, false, 7, layers.TCP{Seq: 100}, []byte("first")),
		packet(t, false, 7, layers.TCP{SYN: true, Seq: 7000}, nil),
		packet(t, false, 7, layers.TCP{Seq: 7001}, []byte("second")),
	}))
	if len(streams) != 2 || streams["7"].data.String() != "first" || streams["7'"].data.String() != "second" {
		t.Errorf("%d streams", len(streams))
	}
}

func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	var packets [][]byte
	packets = append(packets, packet(t, false, 7, layers.TCP{SYN: true, Seq: 0}, nil))
	for i := range 2000 {
		packets = append(packets, packet(t, false, 7, layers.TCP{Seq: uint32(1000 + 1000*i)}, make([]byte, 1000)))
	}
	streams, stats := read(t, capture(t, false, packets))
	if s := streams["7"]; s.data.Len() != 2_000_000 || s.gaps != 999 || stats.Missing != 999 {
		t.Errorf("%d bytes, gaps %d", s.data.Len(), s.gaps)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "GET", "GET / HTTP/1.1\r\n\r\n"} {
		if _, err := reassemble.Read(strings.NewReader(text), nil); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// FuzzRead: hostile captures end in an error or in streams.
func FuzzRead(f *testing.F) {
	packets := [][]byte{packet(f, false, 7, layers.TCP{SYN: true, Seq: 9}, nil), packet(f, true, 7, layers.TCP{Seq: 10, FIN: true}, []byte("text"))}
	f.Add(capture(f, false, packets))
	f.Add(capture(f, true, packets))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<12 {
			return
		}
		total := 0
		open := func(reassemble.Direction) reassemble.Stream { return counter{&total} }
		stats, _ := reassemble.Read(bytes.NewReader(b), open)
		if int64(total) != stats.Bytes || total > len(b) {
			t.Errorf("%d bytes of %d: %+v", total, len(b), stats)
		}
	})
}

type counter struct{ n *int }

func (c counter) Data(b []byte) { *c.n += len(b) }
func (counter) Gap(int)         {}
func (counter) End()            {}
