package gateway

import (
	"encoding/binary"

	"example.org/telltale/internal/sensor/tape"
)

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

// quicTo is the connection ID that a datagram of the app is for. Of those
// with a short header, which does not say how long it is, it is as many
// octets as IDs of ours have; long says that the header is a long one.
func quicTo(b []byte) (id []byte, long bool) {
	switch {
	case len(b) < 1+quicIDSize:
		return nil, false
	case b[0]&0x80 == 0:
		return b[1 : 1+quicIDSize], false
	case !connectionIDs(b):
		return nil, true
	}
	return b[6 : 6+int(b[5])], true
}

// quicFrom is the connection ID that a server wants to be called by, as far
// as a datagram says it.
func quicFrom(b []byte) []byte {
	if len(b) < 7 || b[0]&0x80 == 0 || !connectionIDs(b) {
		return nil
	}
	b = b[6+int(b[5]):]
	return b[1 : 1+int(b[0])]
}

// quicIDSize is how long connection IDs are that QUICUpstream.Tag begins.
const quicIDSize = 8

// opens reports whether the exchange is one of QUIC connections that are
// opened.
func (x *exchange) opens() bool {
	return x.info.Proto == "quic" && x.g.cfg.QUIC == InterceptQUIC && x.why == "" && x.g.refuses(x.key.dst) == ""
}

// quicEnded is what became of a connection.
type quicEnded struct {
	end      *quicEnd
	info     tape.Conn
	unopened bool
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
