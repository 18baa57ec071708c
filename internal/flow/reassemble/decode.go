package reassemble

import (
	"encoding/binary"

	"example.org/telltale/internal/pcapng"
)

// packet is what an IP packet carries.
type packet struct {
	from, to [16]byte // IPv4 as in RFC 4291, section 2.5.5.2
	protocol byte
	body     []byte
	// missing octets at the end of body, that the capture did not keep.
	missing int
}

// Protocols of IP.
const (
	protocolICMP   = 1
	protocolIPv4   = 4
	protocolTCP    = 6
	protocolUDP    = 17
	protocolIPv6   = 41
	protocolFrag6  = 44
	protocolGRE    = 47
	protocolICMPv6 = 58
)

// Types of Ethernet.
const (
	etherIPv4    = 0x0800
	etherBridged = 0x6558 // Ethernet within GRE
	etherVLAN    = 0x8100
	etherIPv6    = 0x86dd
	etherMPLS    = 0x8847
	etherPPPoE   = 0x8864
	etherPPP     = 0x880b
	etherQinQ    = 0x88a8
	etherQinQ2   = 0x9100

	pppIPv4 = 0x0021
	pppIPv6 = 0x0057
)

// Link types that pcapng has no name for.
const (
	linkPPP   = 9
	linkRaw   = 12 // also 14 on some systems
	linkRaw2  = 14
	linkPPPoE = 51
)

// maxDepth bounds headers within headers.
const maxDepth = 12

// decoder finds IP packets in frames, and puts fragments together.
type decoder struct {
	fragments fragments
	depth     int
}

// frame decodes one packet of a capture; ok is false if it carries no IP, or a
// fragment of a packet that is not whole yet.
func (d *decoder) frame(b []byte, link uint16) (p packet, ok bool) {
	d.depth = 0
	switch link {
	case pcapng.LinkEthernet:
		return d.ether(b, 12)
	case pcapng.LinkSLL:
		return d.ether(b, 14)
	case pcapng.LinkSLL2:
		if len(b) < 20 {
			return p, false
		}
		return d.network(b[20:], binary.BigEndian.Uint16(b))
	case pcapng.LinkNull, pcapng.LinkLoop:
		if len(b) < 4 {
			return p, false
		}
		return d.ip(b[4:])
	case linkPPP:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
			b = b[2:]
		}
		return d.ppp(b)
	case linkPPPoE:
		return d.network(b, etherPPPoE)
	case pcapng.LinkRaw, linkRaw, linkRaw2, pcapng.LinkIPv4, pcapng.LinkIPv6:
		return d.ip(b)
	}
	return p, false
}

// ether reads the type at a place.
func (d *decoder) ether(b []byte, at int) (packet, bool) {
	if len(b) < at+2 {
		return packet{}, false
	}
	return d.network(b[at+2:], binary.BigEndian.Uint16(b[at:]))
}

// network takes off what may stand between Ethernet and IP.
func (d *decoder) network(b []byte, kind uint16) (packet, bool) {
	for d.depth++; d.depth < maxDepth; d.depth++ {
		switch kind {
		case etherIPv4, etherIPv6:
			return d.ip(b)
		case etherVLAN, etherQinQ, etherQinQ2:
			if len(b) < 4 {
				return packet{}, false
			}
			kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherMPLS:
			if len(b) < 4 {
				return packet{}, false
			}
			last := b[2]&1 != 0
			if b = b[4:]; last {
				return d.ip(b)
			}
		case etherPPPoE:
			if len(b) < 6 {
				return packet{}, false
			}
			return d.ppp(b[6:])
		case etherPPP:
			return d.ppp(b)
		case etherBridged:
			if len(b) < 14 {
				return packet{}, false
			}
			kind, b = binary.BigEndian.Uint16(b[12:]), b[14:]
		default:
			return packet{}, false
		}
	}
	return packet{}, false
}

func (d *decoder) ppp(b []byte) (packet, bool) {
	if len(b) >= 1 && (b[0] == pppIPv4 || b[0] == pppIPv6) { // compressed
		return d.ip(b[1:])
	}
	if len(b) < 2 || b[0] != 0 || b[1] != pppIPv4 && b[1] != pppIPv6 {
		return packet{}, false
	}
	return d.ip(b[2:])
}

func (d *decoder) ip(b []byte) (packet, bool) {
	if d.depth++; len(b) == 0 || d.depth > maxDepth {
		return packet{}, false
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(b)
	case 6:
		return d.ipv6(b)
	}
	return packet{}, false
}

// inside takes off tunnels: IP in IP and GRE (RFC 2784, RFC 2890).
func (d *decoder) inside(p packet) (packet, bool) {
	switch b := p.body; p.protocol {
	case protocolIPv4, protocolIPv6:
		return d.ip(b)
	case protocolGRE:
		if len(b) < 4 {
			return p, false
		}
		n := 4
		for _, bit := range []byte{0x80, 0x20, 0x10} { // checksum, key, sequence
			if b[0]&bit != 0 {
				n += 4
			}
		}
		kind := binary.BigEndian.Uint16(b[2:])
		if b[1]&7 == 1 && b[1]&0x80 != 0 { // version 1 may have an acknowledgment
			n += 4
		}
		if len(b) < n {
			return p, false
		}
		return d.network(b[n:], kind)
	}
	return p, true
}

// ipv4 reads a packet (RFC 791). Captures on the sending side may have no
// total length, when the card divides the packets.
func (d *decoder) ipv4(b []byte) (p packet, ok bool) {
	if len(b) < 20 {
		return p, false
	}
	size := int(b[0]&15) * 4
	if size < 20 || len(b) < size {
		return p, false
	}
	p.protocol = b[9]
	p.from, p.to = mapped(b[12:16]), mapped(b[16:20])
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total >= size {
		p.missing = max(0, total-len(b))
		b = b[:min(total, len(b))]
	}
	p.body = b[size:]
	if place := binary.BigEndian.Uint16(b[6:]); place&0x3fff != 0 {
		key := fragmentKey{p.from, p.to, uint32(binary.BigEndian.Uint16(b[4:])), p.protocol}
		if p, ok = d.fragments.add(key, p, int(place&0x1fff)*8, place&0x2000 != 0); !ok {
			return p, false
		}
	}
	return d.inside(p)
}

func mapped(b []byte) (a [16]byte) {
	a[10], a[11] = 0xff, 0xff
	copy(a[12:], b)
	return a
}

// ipv6 skips the headers that may stand before the payload (RFC 8200,
// section 4).
func (d *decoder) ipv6(b []byte) (p packet, ok bool) {
	if len(b) < 40 {
		return p, false
	}
	p.from, p.to = [16]byte(b[8:24]), [16]byte(b[24:40])
	if n := int(binary.BigEndian.Uint16(b[4:])); n > 0 {
		p.missing = max(0, 40+n-len(b))
		b = b[:min(40+n, len(b))]
	}
	p.protocol, p.body = b[6], b[40:]
	for range 8 {
		b := p.body
		switch p.protocol {
		case 0, 43, 60: // hop by hop, routing, destination
			if len(b) < 8 || len(b) < 8+8*int(b[1]) {
				return p, false
			}
			p.protocol, p.body = b[0], b[8+8*int(b[1]):]
		case protocolFrag6:
			if len(b) < 8 {
				return p, false
			}
			place := binary.BigEndian.Uint16(b[2:])
			p.protocol, p.body = b[0], b[8:]
			if place&^6 == 0 {
				continue // whole in itself
			}
			key := fragmentKey{p.from, p.to, binary.BigEndian.Uint32(b[4:]), protocolFrag6}
			if p, ok = d.fragments.add(key, p, int(place&^7), place&1 != 0); !ok {
				return p, false
			}
		default:
			return d.inside(p)
		}
	}
	return p, false
}
