package reassemble

import (
	"encoding/binary"
	"fmt"

	"example.org/telltale/internal/pcapng"
)

// udp takes a datagram (RFC 768).
func (t *table) udp(p pcapng.Packet, ip packet) bool {
	b := ip.body
	if len(b) < 8 {
		return false
	}
	if n := int(binary.BigEndian.Uint16(b[4:])); n >= 8 && n < len(b) {
		b = b[:n]
	}
	from, to := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	k, second := keyOf(ip, from, to)
	one := t.datagrams(k, second, fromClient(segment{}, from, to), Start{Transport: "udp", At: p.At}, p)
	out := second == one.flip
	one.conv.Data(out, p.At, b[8:])
	t.stats.Bytes += int64(len(b) - 8)
	if ip.missing > 0 {
		one.conv.Gap(out, p.At, ip.missing)
		one.finish.Missing += int64(ip.missing)
		t.stats.Missing += int64(ip.missing)
	}
	return true
}

// datagrams finds or begins a conversation of them.
func (t *table) datagrams(k key, second, fromClient bool, s Start, p pcapng.Packet) *talk {
	one := t.find(k)
	if one != nil && p.At.Sub(one.finish.At) > quiet {
		t.drop(one)
		one = nil
	}
	if one == nil {
		one = t.begin(k, second, fromClient, s)
	}
	t.touch(one, p, second == one.flip)
	t.open(one)
	return one
}

// icmp takes echoes and their answers as a conversation, and errors as a word
// on the one they are about (RFC 792, RFC 4443).
func (t *table) icmp(p pcapng.Packet, ip packet) bool {
	b := ip.body
	if len(b) < 8 {
		return false
	}
	v6 := ip.protocol == protocolICMPv6
	kind := b[0]
	switch {
	case !v6 && (kind == 3 || kind == 11), v6 && kind >= 1 && kind <= 4:
		t.unreachable(ip.protocol, kind, b[1], b[8:])
		return true
	case v6 && kind >= 130 && kind <= 143: // neighbours: the link's own affairs
		return true
	}
	answer := !v6 && (kind == 0 || kind == 14) || v6 && kind == 129
	k, second := keyOf(ip, 0, 0)
	one := t.datagrams(k, second, !answer, Start{Transport: "icmp", At: p.At}, p)
	one.conv.Data(second == one.flip, p.At, b[8:])
	t.stats.Bytes += int64(len(b) - 8)
	return true
}

// unreachable notes an error on the conversation whose packet it quotes.
func (t *table) unreachable(protocol, kind, code byte, quoted []byte) {
	var d decoder
	ip, ok := d.ip(quoted)
	if !ok || len(ip.body) < 4 {
		return
	}
	k, _ := keyOf(ip, binary.BigEndian.Uint16(ip.body), binary.BigEndian.Uint16(ip.body[2:]))
	if one := t.find(k); one != nil && !one.over && one.finish.Unreachable == "" {
		one.finish.Unreachable = unreachableText(protocol, kind, code)
	}
}

func unreachableText(protocol, kind, code byte) string {
	if protocol == protocolICMP && kind == 3 {
		names := map[byte]string{0: "network unreachable", 1: "host unreachable", 2: "protocol unreachable", 3: "port unreachable", 4: "packet too big", 9: "network prohibited", 10: "host prohibited", 13: "prohibited"}
		if s, ok := names[code]; ok {
			return s
		}
	}
	if protocol == protocolICMPv6 && kind == 1 {
		names := map[byte]string{0: "no route", 1: "prohibited", 3: "address unreachable", 4: "port unreachable"}
		if s, ok := names[code]; ok {
			return s
		}
	}
	return fmt.Sprintf("ICMP error %d/%d", kind, code)
}
