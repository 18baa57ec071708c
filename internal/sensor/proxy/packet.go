package proxy

import (
	"encoding/binary"
	"net/netip"
)

// Flags of a TCP segment (RFC 9293, section 3.1).
const (
	tcpFIN = 1 << iota
	tcpSYN
	_
	tcpPSH
	tcpACK
)

// maxSegment keeps packets well below the 64 KiB that IP can say.
const maxSegment = 32 << 10

// segment is one TCP segment that could have carried what was read or written.
type segment struct {
	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
	payload  []byte
}

// packet writes the segment as an IP packet, checksums included.
func (s segment) packet() []byte {
	const tcpHeader = 20
	size := tcpHeader + len(s.payload)
	var ip, pseudo []byte
	if s.from.Addr().Is4() {
		ip, pseudo = s.ipv4(size)
	} else {
		ip, pseudo = s.ipv6(size)
	}
	b := make([]byte, len(ip)+size)
	copy(b, ip)
	t := b[len(ip):]
	binary.BigEndian.PutUint16(t[0:], s.from.Port())
	binary.BigEndian.PutUint16(t[2:], s.to.Port())
	binary.BigEndian.PutUint32(t[4:], s.seq)
	binary.BigEndian.PutUint32(t[8:], s.ack)
	t[12], t[13] = tcpHeader/4<<4, s.flags
	binary.BigEndian.PutUint16(t[14:], 0xffff) // window: nobody ever waits here
	copy(t[tcpHeader:], s.payload)
	binary.BigEndian.PutUint16(t[16:], ^fold(sum(sum(0, pseudo), t)))
	return b
}

// ipv4 returns the header of RFC 791 and TCP's pseudo header.
func (s segment) ipv4(size int) (header, pseudo []byte) {
	from, to := s.from.Addr().As4(), s.to.Addr().As4()
	h := make([]byte, 12, 20)
	h[0] = 4<<4 | 5
	binary.BigEndian.PutUint16(h[2:], uint16(20+size))
	h[6], h[8], h[9] = 0x40, 64, 6 // do not fragment; hops; TCP
	h = append(append(h, from[:]...), to[:]...)
	binary.BigEndian.PutUint16(h[10:], ^fold(sum(0, h)))
	pseudo = append(append(pseudo, from[:]...), to[:]...)
	return h, append(pseudo, 0, 6, byte(size>>8), byte(size))
}

// ipv6 returns the header of RFC 8200 and TCP's pseudo header.
func (s segment) ipv6(size int) (header, pseudo []byte) {
	from, to := s.from.Addr().As16(), s.to.Addr().As16()
	h := []byte{6 << 4, 0, 0, 0, byte(size >> 8), byte(size), 6, 64}
	h = append(append(h, from[:]...), to[:]...)
	pseudo = append(append(pseudo, from[:]...), to[:]...)
	return h, append(pseudo, 0, 0, byte(size>>8), byte(size), 0, 0, 0, 6)
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
