package gateway

import (
	"encoding/binary"
	"net/netip"
)

// housekeeping reports whether p is what a kernel says by itself on any link,
// and says nothing but that: solicitations for routers and neighbours, reports
// of the groups that every host is in, and errors about packets it received.
// They are kept with the packets alone. Anything in them that a program could
// have chosen makes it a flow.
func housekeeping(p packet) bool {
	switch {
	case p.fragment || len(p.body) < 8:
		return false
	case p.proto == protoICMP && !p.six:
		return p.body[0] == 3 && quotesAnswer(p, p.body[8:])
	case p.proto == protoICMPv6 && p.six:
		return housekeeping6(p)
	}
	return false
}

func housekeeping6(p packet) bool {
	switch p.body[0] {
	case 1: // destination unreachable (RFC 4443)
		return quotesAnswer(p, p.body[8:])
	case 133: // router solicitation, with a link address at most (RFC 4861)
		return len(p.body) <= 16
	case 135, 136: // neighbour solicitation and advertisement
		return len(p.body) <= 32
	case 143: // multicast listener report (RFC 3810)
		return everyHost(p.body)
	}
	return false
}

// quotesAnswer reports whether an ICMP error quotes a packet that came from
// where the error is going.
func quotesAnswer(p packet, quote []byte) bool {
	switch {
	case p.six && len(quote) >= 40 && quote[0]>>4 == 6:
		return p.dst == netip.AddrFrom16([16]byte(quote[8:])) && p.src == netip.AddrFrom16([16]byte(quote[24:]))
	case !p.six && len(quote) >= 20 && quote[0]>>4 == 4:
		return p.dst == netip.AddrFrom4([4]byte(quote[12:])) && p.src == netip.AddrFrom4([4]byte(quote[16:]))
	}
	return false
}

// everyHost reports whether a listener report names only groups that hosts
// join by themselves: ff02::1, ff02::2 and ff02::1:ffXX:XXXX.
func everyHost(b []byte) bool {
	records := binary.BigEndian.Uint16(b[6:])
	if len(b) != 8+int(records)*20 {
		return false
	}
	for b = b[8:]; len(b) > 0; b = b[20:] {
		group, last := [16]byte(b[4:]), binary.BigEndian.Uint32(b[16:])
		want := [16]byte{0: 0xff, 1: 2, 11: group[11], 12: group[12], 13: group[13], 14: group[14], 15: group[15]}
		switch {
		case b[1] != 0 || binary.BigEndian.Uint16(b[2:]) != 0 || group != want:
			return false
		case group[11] == 1 && group[12] == 0xff:
		case group[11] == 0 && (last == 1 || last == 2):
		default:
			return false
		}
	}
	return true
}
