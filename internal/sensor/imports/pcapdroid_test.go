package imports_test

import (
	"crypto/tls"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"strconv"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
)

// droid writes captures as PCAPdroid does with its extensions on: by the
// layout of its blocks and its trailer, little-endian as on all its machines.
type droid struct {
	file   []byte
	mapped map[int32]bool
}

// app is a program of the phone.
type app struct {
	uid          int32
	pkg, visible string
}

func chat() app    { return app{10123, "com.example.chat", "聊天 Chat"} }
func system() app  { return app{1000, "android", "android"} }
func unknown() app { return app{-1, "", ""} }

func le16(b []byte, v int) []byte { return binary.LittleEndian.AppendUint16(b, uint16(v)) }
func le32(b []byte, v int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(v)) }

// block writes one of pcapng with its length at both ends.
func (d *droid) block(kind int, body []byte) {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	size := 12 + len(body)
	d.file = le32(append(le32(le32(d.file, kind), size), body...), size)
}

func option(b []byte, code int, value string) []byte {
	b = append(le16(le16(b, code), len(value)), value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// preamble is the section and the interface: raw IP, times in microseconds.
func (d *droid) preamble() {
	section := append(le16(le16(le32(nil, 0x1a2b3c4d), 1), 0), 255, 255, 255, 255, 255, 255, 255, 255)
	for code, text := range []string{2: "Google (Pixel 6)", 3: "Android 14 (SDK 34)", 4: "PCAPdroid v1.7.5"} {
		if text != "" {
			section = option(section, code, text)
		}
	}
	d.block(0x0a0d0d0a, le32(section, 0))
	d.block(1, le32(le16(le16(nil, 101), 0), 65535))
}

// packet writes one, and before the first of an app who that is.
func (d *droid) packet(p pcapng.Packet, of app) {
	if !d.mapped[of.uid] {
		d.mapped[of.uid] = true
		custom := append(le16(le32(nil, 62652), 1), 1, 0)
		custom = append(le32(custom, int(of.uid)), byte(len(of.pkg)), byte(len(of.visible)))
		d.block(0xbad, append(append(custom, of.pkg...), of.visible...))
	}
	at := p.At.UnixMicro()
	b := le32(le32(le32(nil, 0), int(at>>32)), int(at))
	b = append(le32(le32(b, len(p.Data)), len(p.Data)), p.Data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b = option(b, 2, "\x02\x00\x00\x00") // the direction
	b = option(b, 1, "u-"+strconv.Itoa(int(of.uid)))
	d.block(6, le32(b, 0))
}

// secrets are those of the part that opens TLS.
func (d *droid) secrets(lines string) {
	d.block(10, append(le32(le32(nil, 0x544c534b), len(lines)), lines...))
}

// TestPCAPdroid: its pcapng names the apps and opens their TLS.
func TestPCAPdroid(t *testing.T) {
	t.Parallel()
	d := &droid{mapped: map[int32]bool{}}
	d.preamble()
	all, keylog := session(t, tls.VersionTLS13, []byte(question), []byte(answer))
	secure := film(client(), server(), all)
	plain := film(netip.MustParseAddrPort("10.215.173.1:41000"), netip.MustParseAddrPort("192.0.2.7:80"), []said{{true, []byte(question)}, {false, []byte(answer)}})
	last := film(netip.MustParseAddrPort("10.215.173.1:41001"), netip.MustParseAddrPort("192.0.2.8:9000"), []said{{true, []byte{1, 2, 3}}})
	for i := range max(len(secure), len(plain), len(last)) {
		if i == 4 {
			d.secrets(keylog)
		}
		for _, one := range []struct {
			shots []pcapng.Packet
			of    app
		}{{secure, chat()}, {plain, system()}, {last, unknown()}} {
			if i < len(one.shots) {
				d.packet(one.shots[i], one.of)
			}
		}
	}
	flows, summary := read(t, d.file, "")
	if len(flows) != 3 || len(summary.Notes) > 0 || summary.Opened != 1 {
		t.Fatalf("%d flows, %+v", len(flows), summary)
	}
	at := map[uint16]*kept{}
	for _, f := range flows {
		at[f.Dst.Port()] = f
	}
	for port, want := range map[uint16]string{443: "com.example.chat (聊天 Chat)", 80: "android", 9000: ""} {
		if at[port] == nil || at[port].Process.Name != want || at[port].first.Process.Name != want {
			t.Fatalf("port %d is of %+v, want %q", port, at[port], want)
		}
	}
	f := at[443]
	if f.out() != question || f.in() != answer || f.Visibility != telltale.Intercepted || f.Host != "a.test" || !f.Start.Equal(start()) {
		t.Errorf("%q %q %+v", f.out(), f.in(), f.Conn)
	}
	if f = at[80]; f.out() != question || f.in() != answer {
		t.Errorf("%q %q", f.out(), f.in())
	}
}

// trailed is a packet as in PCAPdroid's pcap: within a frame between no
// addresses, filled up to four octets, with who sent it behind.
func trailed(ip []byte, of app) []byte {
	b := append(make([]byte, 12), 0x08, 0)
	if ip[0]>>4 == 6 {
		b[12], b[13] = 0x86, 0xdd
	}
	b = append(b, ip...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	var name [20]byte
	copy(name[:19], of.visible)
	b = binary.BigEndian.AppendUint32(b, 0x01072021)
	b = append(binary.BigEndian.AppendUint32(b, uint32(of.uid)), name[:]...)
	return le32(b, int(crc32.ChecksumIEEE(b)))
}

// pcap is a file of the older kind.
func pcap(link int, shots []pcapng.Packet) []byte {
	b := le32(le32(le32(le32(le16(le16(le32(nil, 0xa1b2c3d4), 2), 4), 0), 0), 65535), link)
	for _, p := range shots {
		b = le32(le32(b, int(p.At.Unix())), p.At.Nanosecond()/1000)
		b = append(le32(le32(b, len(p.Data)), len(p.Data)), p.Data...)
	}
	return b
}

// TestPCAPdroidTrailer: so does its pcap, IPv4 and IPv6; a key log is a file
// of its own there.
func TestPCAPdroidTrailer(t *testing.T) {
	t.Parallel()
	all, keylog := session(t, tls.VersionTLS12, []byte(question), []byte(answer))
	for _, ends := range [][2]netip.AddrPort{
		{client(), server()}, {netip.MustParseAddrPort("[fd00:2:fd00::1]:41000"), netip.MustParseAddrPort("[2001:db8::1]:443")},
	} {
		shots := film(ends[0], ends[1], all)
		for i := range shots {
			shots[i].Data = trailed(shots[i].Data, app{10200, "", "A name that is longer"})
		}
		flows, summary := read(t, pcap(1, shots), keylog)
		if len(flows) != 1 || len(summary.Notes) > 0 || flows[0].Process.Name != "A name that is long" || flows[0].out() != question || flows[0].in() != answer {
			t.Errorf("%+v: %+v", flows[0].Conn, summary)
		}
	}
}

// TestTrailerOfASender: octets at the end of what somebody sent are no
// trailer, whatever they look like.
func TestTrailerOfASender(t *testing.T) {
	t.Parallel()
	like := trailed([]byte{0x45, 0, 0, 0}, app{1, "", "Somebody else"})
	like = like[len(like)-32:]
	shots := film(client(), server(), []said{{true, append([]byte("POST / HTTP/1.1\r\n\r\n"), like...)}})
	shots = append(shots, pcapng.Packet{At: start(), Data: packets.Datagram(client(), netip.MustParseAddrPort("192.0.2.1:9"), like)})
	for i := range shots {
		shots[i].Data = append(append(make([]byte, 12), 0x08, 0), shots[i].Data...)
	}
	flows, _ := read(t, pcap(1, shots), "")
	if len(flows) != 2 || flows[0].Process.Name != "" || flows[1].Process.Name != "" {
		t.Errorf("%+v", flows[0].Conn)
	}
}

// TestOwnNotes: what the sandbox's packet file says of programs.
func TestOwnNotes(t *testing.T) {
	t.Parallel()
	shots := film(client(), server(), []said{{true, []byte(question)}})
	shots[1].Comments = []string{`pid 12 curl: curl -s "a b"; parents sh, make`}
	flows, _ := read(t, capture(t, shots, ""), "")
	if p := flows[0].Process; p.Name != "curl" || p.PID != 12 || len(p.Command) != 3 || p.Command[2] != "a b" || len(p.Ancestors) != 2 {
		t.Errorf("%+v", p)
	}
}
