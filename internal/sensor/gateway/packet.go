package gateway

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// The IP protocol numbers that the gateway knows (IANA).
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIGMP     = 2
	protoTCP      = 6
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoAH       = 51
	protoICMPv6   = 58
	protoOptions  = 60
)

var errMalformed = errors.New("malformed IP packet")

// packet is an IP packet, taken apart as far as the transport's octets.
type packet struct {
	raw      []byte
	six      bool
	src, dst netip.Addr
	// proto of body, IPv6 extension headers stepped over.
	proto uint8
	// next is the offset in raw of the octet that named proto.
	next int
	body []byte
	// fragment says that body is a part; later, that it is not the first.
	fragment, later bool
}

// parsePacket reads the headers of one packet (RFC 791, RFC 8200). raw is
// kept, cut to the length that the packet says it has.
func parsePacket(raw []byte) (packet, error) {
	switch {
	case len(raw) >= 20 && raw[0]>>4 == 4:
		return parse4(raw)
	case len(raw) >= 40 && raw[0]>>4 == 6:
		return parse6(raw)
	}
	return packet{}, errMalformed
}

func parse4(raw []byte) (packet, error) {
	head, total := int(raw[0]&15)*4, int(binary.BigEndian.Uint16(raw[2:]))
	if head < 20 || total < head || total > len(raw) {
		return packet{}, errMalformed
	}
	raw = raw[:total]
	frag := binary.BigEndian.Uint16(raw[6:])
	return packet{
		raw: raw, proto: raw[9], next: 9, body: raw[head:],
		src: netip.AddrFrom4([4]byte(raw[12:])), dst: netip.AddrFrom4([4]byte(raw[16:])),
		fragment: frag&0x3fff != 0, later: frag&0x1fff != 0,
	}, nil
}

func parse6(raw []byte) (packet, error) {
	total := 40 + int(binary.BigEndian.Uint16(raw[4:]))
	if total > len(raw) {
		return packet{}, errMalformed
	}
	raw = raw[:total]
	p := packet{
		raw: raw, six: true, proto: raw[6], next: 6, body: raw[40:],
		src: netip.AddrFrom16([16]byte(raw[8:])), dst: netip.AddrFrom16([16]byte(raw[24:])),
	}
	for p.extension() {
		if !p.step() {
			return packet{}, errMalformed
		}
	}
	return p, nil
}

// extension reports whether body begins with an extension header that can be
// stepped over. What follows the header of a later fragment is not one.
func (p *packet) extension() bool {
	switch p.proto {
	case protoHopByHop, protoRouting, protoFragment, protoAH, protoOptions:
		return !p.later
	}
	return false
}

// step goes over one extension header.
func (p *packet) step() bool {
	if len(p.body) < 8 {
		return false
	}
	size := 8 + int(p.body[1])*8
	switch p.proto {
	case protoFragment:
		size = 8
		frag := binary.BigEndian.Uint16(p.body[2:])
		p.fragment, p.later = frag&0xfff9 != 0, frag&0xfff8 != 0
	case protoAH:
		size = (int(p.body[1]) + 2) * 4
	}
	if size > len(p.body) {
		return false
	}
	p.proto, p.next, p.body = p.body[0], len(p.raw)-len(p.body), p.body[size:]
	return true
}

// ends returns both ends of the packet, with ports where there are any.
func (p *packet) ends() (src, dst netip.AddrPort) {
	var from, to uint16
	if (p.proto == protoTCP || p.proto == protoUDP) && !p.later && len(p.body) >= 4 {
		from, to = binary.BigEndian.Uint16(p.body), binary.BigEndian.Uint16(p.body[2:])
	}
	return netip.AddrPortFrom(p.src, from), netip.AddrPortFrom(p.dst, to)
}
