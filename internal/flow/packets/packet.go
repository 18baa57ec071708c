// Package packets writes the IP packets that could have carried what was said:
// for captures of connections that were not seen as packets.
package packets

import (
	"encoding/binary"
	"net/netip"
)

// Flags of a TCP segment (RFC 9293, section 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// MaxSegment keeps packets well below the 64 KiB that IP can say.
const MaxSegment = 32 << 10

// Segment is one TCP segment that could have carried what was read or written.
type Segment struct {
	From, To netip.AddrPort
	Seq, Ack uint32
	Flags    byte
	Payload  []byte
}

// Packet writes the segment as an IP packet, checksums included.
func (s Segment) Packet() []byte {
	const tcpHeader = 20
	size := tcpHeader + len(s.Payload)
	ip, pseudo := header(ends{s.From, s.To}, 6, size)
	b := make([]byte, len(ip)+size)
	copy(b, ip)
	t := b[len(ip):]
	binary.BigEndian.PutUint16(t[0:], s.From.Port())
	binary.BigEndian.PutUint16(t[2:], s.To.Port())
	binary.BigEndian.PutUint32(t[4:], s.Seq)
	binary.BigEndian.PutUint32(t[8:], s.Ack)
	t[12], t[13] = tcpHeader/4<<4, s.Flags
	binary.BigEndian.PutUint16(t[14:], 0xffff) // window: nobody ever waits here
	copy(t[tcpHeader:], s.Payload)
	binary.BigEndian.PutUint16(t[16:], ^fold(sum(sum(0, pseudo), t)))
	return b
}

// Datagram writes a UDP datagram as an IP packet (RFC 768).
func Datagram(from, to netip.AddrPort, payload []byte) []byte {
	const udpHeader = 8
	size := udpHeader + len(payload)
	ip, pseudo := header(ends{from, to}, 17, size)
	b := make([]byte, len(ip)+size)
	copy(b, ip)
	u := b[len(ip):]
	binary.BigEndian.PutUint16(u[0:], from.Port())
	binary.BigEndian.PutUint16(u[2:], to.Port())
	binary.BigEndian.PutUint16(u[4:], uint16(size))
	copy(u[udpHeader:], payload)
	check := ^fold(sum(sum(0, pseudo), u))
	if check == 0 {
		check = 0xffff // 0 stands for none
	}
	binary.BigEndian.PutUint16(u[6:], check)
	return b
}

// ends of a packet.
type ends struct{ from, to netip.AddrPort }

// header returns the IP header for a payload of a size, and the pseudo header.
func header(e ends, protocol byte, size int) (header, pseudo []byte) {
	if e.from.Addr().Is4() {
		return ipv4(e, protocol, size)
	}
	return ipv6(e, protocol, size)
}

// ipv4 returns the header of RFC 791 and the pseudo header of what it carries.
func ipv4(e ends, protocol byte, size int) (header, pseudo []byte) {
	from, to := e.from.Addr().As4(), e.to.Addr().As4()
	h := make([]byte, 12, 20)
	h[0] = 4<<4 | 5
	binary.BigEndian.PutUint16(h[2:], uint16(20+size))
	h[6], h[8], h[9] = 0x40, 64, protocol // do not fragment; hops
	h = append(append(h, from[:]...), to[:]...)
	binary.BigEndian.PutUint16(h[10:], ^fold(sum(0, h)))
	pseudo = append(append(pseudo, from[:]...), to[:]...)
	return h, append(pseudo, 0, protocol, byte(size>>8), byte(size))
}

// ipv6 returns the header of RFC 8200 and the pseudo header.
func ipv6(e ends, protocol byte, size int) (header, pseudo []byte) {
	from, to := e.from.Addr().As16(), e.to.Addr().As16()
	h := []byte{6 << 4, 0, 0, 0, byte(size >> 8), byte(size), protocol, 64}
	h = append(append(h, from[:]...), to[:]...)
	pseudo = append(append(pseudo, from[:]...), to[:]...)
	return h, append(pseudo, 0, 0, byte(size>>8), byte(size), 0, 0, 0, protocol)
}

// sum adds b to a ones' complement sum (RFC 1071).
func sum(acc uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		acc += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		acc += uint32(b[0]) << 8
	}
	return acc
}

func fold(acc uint32) uint16 {
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return uint16(acc)
}
