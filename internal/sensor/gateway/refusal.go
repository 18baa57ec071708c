package gateway

import (
	"encoding/binary"

	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// reason is why a packet is answered with an ICMP error.
type reason int

const (
	netUnreachable reason = iota
	hostUnreachable
	protocolUnreachable
	portUnreachable
	prohibited
)

// codes4 and codes6 are the type and code of each reason (RFC 792, RFC 1812;
// RFC 4443).
var (
	codes4 = [...][2]byte{{3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 13}}
	codes6 = [...][2]byte{{1, 0}, {1, 3}, {4, 1}, {1, 4}, {1, 1}}
)

// The flags of TCP that matter here.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// unreachable makes the ICMP error that answers p, from where p was going.
// It is nil for what must not be answered: later fragments and multicasts.
func unreachable(p packet, why reason) []byte {
	if p.later || p.dst.IsMulticast() {
		return nil
	}
	quote := p.raw[:min(len(p.raw), 576-28)]
	if !p.six {
		b := append(head4(p, protoICMP, 8+len(quote)), codes4[why][0], codes4[why][1], 0, 0, 0, 0, 0, 0)
		b = append(b, quote...)
		binary.BigEndian.PutUint16(b[22:], ^checksum.Checksum(b[20:], 0))
		return b
	}
	b := append(head6(p, protoICMPv6, 8+len(quote)), codes6[why][0], codes6[why][1], 0, 0, 0, 0, 0, 0)
	if why == protocolUnreachable {
		binary.BigEndian.PutUint32(b[44:], uint32(p.next))
	}
	b = append(b, quote...)
	binary.BigEndian.PutUint16(b[42:], ^checksum.Checksum(b[40:], pseudo(p, protoICMPv6, len(b)-40)))
	return b
}

// reset makes the RST that answers the TCP segment in p (RFC 9293, 3.10.7.1);
// nil if p is none or is a reset itself.
func reset(p packet) []byte {
	if p.proto != protoTCP || p.fragment || len(p.body) < 20 || p.body[13]&flagRST != 0 {
		return nil
	}
	var seg [20]byte
	copy(seg[:], p.body[2:4])
	copy(seg[2:], p.body[:2])
	seg[12] = 5 << 4
	if flags := p.body[13]; flags&flagACK != 0 {
		copy(seg[4:8], p.body[8:12])
		seg[13] = flagRST
	} else {
		taken := len(p.body) - min(len(p.body), int(p.body[12]>>4)*4) + int(flags&flagSYN)/flagSYN + int(flags&flagFIN)
		binary.BigEndian.PutUint32(seg[8:], binary.BigEndian.Uint32(p.body[4:])+uint32(taken))
		seg[13] = flagRST | flagACK
	}
	binary.BigEndian.PutUint16(seg[16:], ^checksum.Checksum(seg[:], pseudo(p, protoTCP, len(seg))))
	if p.six {
		return append(head6(p, protoTCP, len(seg)), seg[:]...)
	}
	return append(head4(p, protoTCP, len(seg)), seg[:]...)
}

// head4 is the IPv4 header of an answer to p.
func head4(p packet, proto uint8, body int) []byte {
	b := make([]byte, 20, 20+body)
	b[0], b[8], b[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(b[2:], uint16(20+body))
	copy(b[12:], p.dst.AsSlice())
	copy(b[16:], p.src.AsSlice())
	binary.BigEndian.PutUint16(b[10:], ^checksum.Checksum(b, 0))
	return b
}

// head6 is the IPv6 header of an answer to p.
func head6(p packet, proto uint8, body int) []byte {
	b := make([]byte, 40, 40+body)
	b[0], b[6], b[7] = 0x60, proto, 64
	binary.BigEndian.PutUint16(b[4:], uint16(body))
	copy(b[8:], p.dst.AsSlice())
	copy(b[24:], p.src.AsSlice())
	return b
}

func pseudo(p packet, proto uint8, size int) uint16 {
	return header.PseudoHeaderChecksum(tcpipProto(proto), stackAddr(p.dst), stackAddr(p.src), uint16(size))
}
