package reassemble_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/pcapng"
)

func client() netip.AddrPort { return netip.MustParseAddrPort("10.0.0.1:40000") }
func server() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.1:80") }

// heard is a conversation that is kept.
type heard struct {
	start  reassemble.Start
	finish reassemble.Finish
	text   [2]strings.Builder
	gaps   [2]int
}

func (h *heard) Data(out bool, _ time.Time, b []byte) { h.text[side(out)].Write(b) }
func (h *heard) Gap(out bool, _ time.Time, n int)     { h.gaps[side(out)] += n }
func (h *heard) Close(f reassemble.Finish)            { h.finish = f }

func side(out bool) int {
	if out {
		return 0
	}
	return 1
}

// walk reads packets of a link type, one a second.
func walk(t testing.TB, link uint16, all ...[]byte) ([]*heard, reassemble.Stats) {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapng.NewWriter(&file, pcapng.Options{Interfaces: []pcapng.Interface{{Link: link}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range all {
		if err := w.Packet(pcapng.Packet{At: time.Unix(1700000000+int64(i), 0), Data: b}); err != nil {
			t.Fatal(err)
		}
	}
	var talks []*heard
	stats, err := reassemble.Walk(&file, reassemble.Options{Datagrams: true, Open: func(s reassemble.Start) reassemble.Conversation {
		talks = append(talks, &heard{start: s})
		return talks[len(talks)-1]
	}})
	if err != nil {
		t.Fatal(err)
	}
	return talks, stats
}

// segment from the client (out) or the server.
func segment(out bool, seq, ack uint32, flags byte, text string) []byte {
	s := packets.Segment{From: client(), To: server(), Seq: seq, Ack: ack, Flags: flags, Payload: []byte(text)}
	if !out {
		s.From, s.To = s.To, s.From
	}
	return s.Packet()
}

// talk is a whole connection.
func talk() [][]byte {
	return [][]byte{
		segment(true, 99, 0, packets.SYN, ""), segment(false, 499, 100, packets.SYN|packets.ACK, ""),
		segment(true, 100, 500, packets.ACK, "question"), segment(false, 500, 108, packets.ACK, "answer"),
		segment(true, 108, 506, packets.FIN|packets.ACK, ""), segment(false, 506, 109, packets.FIN|packets.ACK, ""),
	}
}

func wrap(head string, all [][]byte) (out [][]byte) {
	for _, b := range all {
		out = append(out, append([]byte(head), b...))
	}
	return out
}

// TestLinks: the same connection through every kind of link and tunnel.
func TestLinks(t *testing.T) {
	t.Parallel()
	ether := strings.Repeat("\x02", 12)
	gre := func(all [][]byte) (out [][]byte) {
		for _, b := range all {
			inner := append([]byte{0x20, 0, 8, 0, 1, 2, 3, 4}, b...)
			outer := packets.Datagram(netip.MustParseAddrPort("10.9.9.1:1"), netip.MustParseAddrPort("10.9.9.2:2"), inner)
			outer = append(outer[:20:20], inner...)
			binary.BigEndian.PutUint16(outer[2:], uint16(len(outer)))
			outer[9] = 47
			out = append(out, outer)
		}
		return out
	}
	for name, c := range map[string]struct {
		link uint16
		all  [][]byte
	}{
		"raw":      {pcapng.LinkRaw, talk()},
		"ethernet": {pcapng.LinkEthernet, wrap(ether+"\x08\x00", talk())},
		"vlan":     {pcapng.LinkEthernet, wrap(ether+"\x81\x00\x00\x07\x08\x00", talk())},
		"qinq":     {pcapng.LinkEthernet, wrap(ether+"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00", talk())},
		"mpls":     {pcapng.LinkEthernet, wrap(ether+"\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40", talk())},
		"pppoe":    {pcapng.LinkEthernet, wrap(ether+"\x88\x64\x11\x00\x00\x01\x00\x20\x00\x21", talk())},
		"cooked":   {pcapng.LinkSLL, wrap(strings.Repeat("\x00", 14)+"\x08\x00", talk())},
		"cooked 2": {pcapng.LinkSLL2, wrap("\x08\x00"+strings.Repeat("\x00", 18), talk())},
		"null":     {pcapng.LinkNull, wrap("\x02\x00\x00\x00", talk())},
		"loop":     {pcapng.LinkLoop, wrap("\x00\x00\x00\x02", talk())},
		"ppp":      {9, wrap("\xff\x03\x00\x21", talk())},
		"gre":      {pcapng.LinkRaw, gre(talk())},
	} {
		talks, stats := walk(t, c.link, c.all...)
		if len(talks) != 1 || talks[0].text[0].String() != "question" || talks[0].text[1].String() != "answer" || !talks[0].finish.Closed || stats.Unread != 0 {
			t.Errorf("%s: %d conversations, %+v", name, len(talks), stats)
			continue
		}
		if s := talks[0].start; s.Client != client() || s.Server != server() || !s.Handshake {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// pieces cuts an IPv4 packet into fragments of up to size octets.
func pieces(b []byte, size int) (out [][]byte) {
	body := b[20:]
	for at := 0; at < len(body); at += size {
		end := min(at+size, len(body))
		p := append(bytes.Clone(b[:20]), body[at:end]...)
		binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
		place := uint16(at / 8)
		if end < len(body) {
			place |= 0x2000
		}
		binary.BigEndian.PutUint16(p[6:], place)
		out = append(out, p)
	}
	return out
}

func TestFragments(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 300)
	all := pieces(packets.Datagram(client(), server(), []byte(text)), 1024)
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 0, 2}} {
		var shots [][]byte
		for _, i := range order {
			shots = append(shots, all[i])
		}
		talks, _ := walk(t, pcapng.LinkRaw, shots...)
		if len(talks) != 1 || talks[0].text[0].String() != text {
			t.Errorf("%v: %d conversations", order, len(talks))
		}
	}
	if talks, stats := walk(t, pcapng.LinkRaw, all[0], all[2]); len(talks) != 0 || stats.Unread != 2 {
		t.Errorf("%d conversations of a packet that is not whole, %+v", len(talks), stats)
	}
}

// TestOverlapsKeepTheFirst copy, and tell of those that differ.
func TestOverlapsKeepTheFirst(t *testing.T) {
	t.Parallel()
	all := talk()
	again := [][]byte{segment(true, 100, 500, packets.ACK, "question"), segment(true, 102, 500, packets.ACK, "XXtion")}
	shots := append(append(append([][]byte{}, all[:3]...), again...), segment(true, 106, 500, packets.ACK, "on more"))
	talks, _ := walk(t, pcapng.LinkRaw, shots...)
	if got := talks[0].text[0].String(); got != "question more" || talks[0].finish.Differing != 2 {
		t.Errorf("%q, %d differ", got, talks[0].finish.Differing)
	}
}

// TestForgedReset: what comes in order behind a reset is taken.
func TestForgedReset(t *testing.T) {
	t.Parallel()
	all := talk()
	shots := append(append([][]byte{}, all[:3]...), segment(false, 500, 108, packets.RST, ""), segment(false, 500, 108, packets.ACK, "answer"))
	talks, _ := walk(t, pcapng.LinkRaw, shots...)
	if len(talks) != 1 || talks[0].text[1].String() != "answer" || !talks[0].finish.Reset {
		t.Errorf("%d conversations, %q", len(talks), talks[0].text[1].String())
	}
}

// TestLateCopies of segments begin no new conversation.
func TestLateCopies(t *testing.T) {
	t.Parallel()
	all := talk()
	talks, _ := walk(t, pcapng.LinkRaw, append(all, all[2], all[3], all[5])...)
	if len(talks) != 1 {
		t.Errorf("%d conversations", len(talks))
	}
	again := talk()
	for _, b := range again {
		binary.BigEndian.PutUint32(b[24:], binary.BigEndian.Uint32(b[24:])+5_000_000)
	}
	if talks, _ = walk(t, pcapng.LinkRaw, append(all, again...)...); len(talks) != 2 || talks[1].text[0].String() != "question" {
		t.Errorf("%d conversations where the ports were used twice", len(talks))
	}
}

// TestCutPackets: what the capture did not keep of a packet is a gap at once.
func TestCutPackets(t *testing.T) {
	t.Parallel()
	all := talk()
	all[2] = all[2][:len(all[2])-5]
	all = append(all[:4], segment(true, 108, 506, packets.ACK, "more"))
	talks, stats := walk(t, pcapng.LinkRaw, all...)
	if h := talks[0]; h.text[0].String() != "quemore" || h.gaps[0] != 5 || stats.Missing != 5 {
		t.Errorf("%q, gaps %v", h.text[0].String(), h.gaps)
	}
}

// TestAcknowledgedLoss: octets that the other side has are given up soon.
func TestAcknowledgedLoss(t *testing.T) {
	t.Parallel()
	all := talk()[:2]
	all = append(all, segment(true, 200, 500, packets.ACK, "behind the loss"))
	for i := range uint32(100) {
		all = append(all, segment(false, 500+i, 215, packets.ACK, "x"))
	}
	order := ""
	var file bytes.Buffer
	w, _ := pcapng.NewWriter(&file, pcapng.Options{Interfaces: []pcapng.Interface{{Link: pcapng.LinkRaw}}})
	for _, b := range all {
		_ = w.Packet(pcapng.Packet{At: time.Unix(1, 0), Data: b})
	}
	_, err := reassemble.Walk(&file, reassemble.Options{Open: func(reassemble.Start) reassemble.Conversation { return &sequence{&order} }})
	if err != nil || !strings.Contains(order, "gap 100;behind the loss;x") {
		t.Errorf("%v %q", err, order)
	}
}

type sequence struct{ to *string }

func (s *sequence) Data(_ bool, _ time.Time, b []byte) { *s.to += string(b) + ";" }
func (s *sequence) Gap(_ bool, _ time.Time, n int) {
	if n == 100 {
		*s.to += "gap 100;"
	}
}
func (*sequence) Close(reassemble.Finish) {}

// FuzzWalk: hostile packets end, and give no more than there is.
func FuzzWalk(f *testing.F) {
	f.Add(uint16(pcapng.LinkRaw), bytes.Join(talk(), nil))
	f.Add(uint16(pcapng.LinkRaw), bytes.Join(pieces(packets.Datagram(client(), server(), make([]byte, 500)), 104), nil))
	f.Fuzz(func(t *testing.T, link uint16, b []byte) {
		var all [][]byte
		for len(b) > 0 { // packets are as long as they say
			n := len(b)
			if len(b) > 4 {
				n = max(1, min(n, int(binary.BigEndian.Uint16(b[2:]))))
			}
			all = append(all, b[:n])
			b = b[n:]
		}
		if len(all) > 1000 {
			return
		}
		talks, stats := walk(t, link, all...)
		total := 0
		for _, h := range talks {
			total += h.text[0].Len() + h.text[1].Len()
		}
		if int64(total) != stats.Bytes {
			t.Errorf("%d octets, %+v", total, stats)
		}
	})
}
