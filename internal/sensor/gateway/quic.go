package gateway

import "encoding/binary"

// quicInitial reports whether a datagram begins a QUIC connection: an Initial
// packet of version 1 or 2, or of any version in a datagram as long as a
// client's first must be (RFC 9000, 14.1 and 17.2.2; RFC 9369, 3.2; RFC 8999).
func quicInitial(b []byte) bool {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return false
	}
	kind := b[0] >> 4 & 3
	switch binary.BigEndian.Uint32(b[1:]) {
	case 0:
		return false // a server's version negotiation
	case 1:
		return kind == 0 && connectionIDs(b)
	case 0x6b3343cf:
		return kind == 1 && connectionIDs(b)
	}
	return len(b) >= 1200 && connectionIDs(b)
}

// connectionIDs reports whether two connection IDs of at most 20 octets stand
// where they should.
func connectionIDs(b []byte) bool {
	to := int(b[5])
	if to > 20 || len(b) < 7+to {
		return false
	}
	from := int(b[6+to])
	return from <= 20 && len(b) >= 7+to+from
}
