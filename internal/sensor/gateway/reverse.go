package gateway

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// reverse answers a question for the name of an address that exists only
// inside: nobody outside has to hear of it. ok is false for any other.
func (g *Gateway) reverse(q query, most int) (answer []byte, why string, ok bool) {
	a := arpa(canonical(q.question.Name.String()))
	if q.question.Type != dnsmessage.TypePTR || !a.IsValid() || !g.maps.synthetic(a) && !g.own(a) {
		return nil, "", false
	}
	name, err := dnsmessage.NewName(g.maps.names[a] + ".")
	if g.maps.names[a] == "" || err != nil {
		return q.reply(dnsmessage.RCodeNameError, nil, most), "no such name", true
	}
	b, err := q.build(dnsmessage.RCodeSuccess, []dnsmessage.ResourceBody{&dnsmessage.PTRResource{PTR: name}}, false)
	return b, "", err == nil
}

// arpa reads the name under which the name of an address is found (RFC 1035,
// 3.5; RFC 3596, 2.5).
func arpa(name string) netip.Addr {
	if four, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		labels := strings.Split(four, ".")
		slices.Reverse(labels)
		a, _ := netip.ParseAddr(strings.Join(labels, ".")) // invalid if it is none
		return a
	}
	six, ok := strings.CutSuffix(name, ".ip6.arpa")
	if labels := strings.Split(six, "."); ok && len(labels) == 32 {
		var b [16]byte
		for i, label := range labels {
			digit, err := strconv.ParseUint(label, 16, 8)
			if err != nil || len(label) != 1 {
				return netip.Addr{}
			}
			b[15-i/2] |= byte(digit) << (4 * (i % 2))
		}
		return netip.AddrFrom16(b)
	}
	return netip.Addr{}
}
