package gateway

import (
	"net/netip"
)

// forbidden returns why nothing is carried to a, or "". What would be the
// host itself, or its neighbours on the link only, is not reached from inside.
// Maps are the exception that the user makes; whoever asks looks there first.
func forbidden(a netip.Addr) string {
	if plain, ok := embedded4(a); ok {
		a = plain
	}
	switch {
	case a.IsLoopback():
		return "refused: loopback is the host itself; --map a name to it"
	case a.IsUnspecified(), a.Is4() && a.As4()[0] == 0:
		return "refused: the unspecified address is the host itself"
	case a.IsLinkLocalUnicast():
		return "refused: link-local addresses are the host's own network"
	case a.IsMulticast():
		return "refused: multicast is not carried"
	case a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "refused: broadcast is not carried"
	}
	return ""
}

// embedded4 takes an IPv4 address out of its forms in IPv6: ::ffff:a.b.c.d
// and ::a.b.c.d (RFC 4291, 2.5.5), but not :: and ::1.
func embedded4(a netip.Addr) (netip.Addr, bool) {
	if a.Is4In6() {
		return a.Unmap(), true
	}
	if !a.Is6() || a.IsUnspecified() || a.IsLoopback() {
		return a, false
	}
	b := a.As16()
	for _, octet := range b[:12] {
		if octet != 0 {
			return a, false
		}
	}
	return netip.AddrFrom4([4]byte(b[12:])), true
}

// refuses returns why a connection or datagram to dst is not carried, or "".
func (g *Gateway) refuses(dst netip.AddrPort) string {
	if _, mapped := g.maps.target(dst); mapped {
		return ""
	}
	switch a := dst.Addr(); {
	case g.own(a):
		return "refused: the gateway answers DNS only"
	case g.maps.synthetic(a):
		return "refused: no name was mapped to this address"
	default:
		return forbidden(a)
	}
}

// own reports whether a is the gateway's own address.
func (g *Gateway) own(a netip.Addr) bool {
	return a == g.cfg.Addr4 || a == g.cfg.Addr6
}
