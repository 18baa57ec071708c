package reassemble

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
)

// segment is one TCP segment.
type segment struct {
	Direction
	seq   uint32
	flags byte
	data  []byte
}

const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
)

const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100
	etherQinQ   = 0x88a8
	protocolTCP = 6
)

// Link types that gopacket has no name for.
const (
	linkRaw  = 12 // also 14 on some systems
	linkRaw2 = 14
	linkSLL2 = 276
)

// decode finds the TCP segment in a packet; ok is false if there is none.
func decode(b []byte, link layers.LinkType) (s segment, ok bool) {
	switch link {
	case layers.LinkTypeEthernet:
		return ether(b, 12)
	case layers.LinkTypeLinuxSLL:
		return ether(b, 14)
	case linkSLL2:
		if len(b) < 20 {
			return s, false
		}
		return network(b[20:], binary.BigEndian.Uint16(b))
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		if len(b) < 4 {
			return s, false
		}
		return ip(b[4:])
	case layers.LinkTypeRaw, linkRaw, linkRaw2, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		return ip(b)
	}
	return s, false
}

// ether reads the type at a place, and tags of virtual networks.
func ether(b []byte, at int) (segment, bool) {
	for range 3 {
		if len(b) < at+2 {
			break
		}
		kind := binary.BigEndian.Uint16(b[at:])
		if kind != etherVLAN && kind != etherQinQ {
			return network(b[at+2:], kind)
		}
		at += 4
	}
	return segment{}, false
}

func network(b []byte, kind uint16) (segment, bool) {
	if kind != etherIPv4 && kind != etherIPv6 {
		return segment{}, false
	}
	return ip(b)
}

func ip(b []byte) (segment, bool) {
	if len(b) == 0 {
		return segment{}, false
	}
	switch b[0] >> 4 {
	case 4:
		return ipv4(b)
	case 6:
		return ipv6(b)
	}
	return segment{}, false
}

// ipv4 reads a packet that is no fragment (RFC 791). Captures on the sending
// side may have no total length, when the card divides the packets.
func ipv4(b []byte) (s segment, ok bool) {
	head := int(b[0]&15) * 4
	if head < 20 || len(b) < head || b[9] != protocolTCP || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return s, false
	}
	if total := int(binary.BigEndian.Uint16(b[2:])); total >= head && total < len(b) {
		b = b[:total]
	}
	return tcp(b[head:], netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])))
}

// ipv6 skips the headers that may stand before TCP (RFC 8200, section 4).
func ipv6(b []byte) (s segment, ok bool) {
	if len(b) < 40 {
		return s, false
	}
	from, to := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	if n := int(binary.BigEndian.Uint16(b[4:])); n > 0 && 40+n < len(b) {
		b = b[:40+n]
	}
	next := b[6]
	b = b[40:]
	for range 8 {
		switch next {
		case protocolTCP:
			return tcp(b, from, to)
		case 0, 43, 60: // hop by hop, routing, destination
			if len(b) < 8 || len(b) < 8+8*int(b[1]) {
				return s, false
			}
			next, b = b[0], b[8+8*int(b[1]):]
		default:
			return s, false
		}
	}
	return s, false
}

// tcp reads a segment (RFC 9293, section 3.1).
func tcp(b []byte, from, to netip.Addr) (s segment, ok bool) {
	if len(b) < 20 {
		return s, false
	}
	head := int(b[12]>>4) * 4
	if head < 20 || len(b) < head {
		return s, false
	}
	s.From = netip.AddrPortFrom(from, binary.BigEndian.Uint16(b))
	s.To = netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:]))
	s.seq, s.flags, s.data = binary.BigEndian.Uint32(b[4:]), b[13], b[head:]
	return s, true
}
