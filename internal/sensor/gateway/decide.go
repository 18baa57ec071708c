package gateway

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.org/telltale"
)

// begin fills in what is known of the exchange by its first datagram.
func (x *exchange) begin(first datagram) {
	x.info = x.g.first(transport(x.key.proto), x.key.src, x.key.dst)
	switch {
	case x.key.proto == protoUDP && quicInitial(first.payload):
		x.info.Proto, x.info.Visibility = "quic", telltale.Opaque
	case x.key.proto == protoUDP && x.key.dst.Port() == domain:
		x.info.Proto = "dns"
	case x.key.proto == protoUDP:
	case x.info.Transport == "icmp" && echoRequest(first.packet):
	default:
		x.info.Visibility = telltale.Opaque
	}
}

// transport is how a protocol is called in the record.
func transport(proto uint8) string {
	switch proto {
	case 0:
		return "ip" // it could not be read further
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMP, protoICMPv6:
		return "icmp"
	case 132:
		return "sctp"
	case protoIGMP:
		return "igmp"
	}
	return fmt.Sprintf("ip-%d", proto)
}

// decide chooses what becomes of the datagrams.
func (x *exchange) decide(first datagram) carrier {
	why := x.why
	if why == "" && !x.pingOfOwn() {
		why = x.g.refuses(x.key.dst)
	}
	switch {
	case why != "":
	case x.info.Proto == "quic" && x.g.cfg.QUIC == RefuseQUIC:
		why = "QUIC refused so that the app falls back to TCP"
	case x.key.proto == protoUDP:
		return newForward(x, first)
	default:
		return newEcho(x)
	}
	x.note(why)
	return refusal{x}
}

// pingOfOwn says that the gateway's own address is asked for an echo.
func (x *exchange) pingOfOwn() bool { return x.info.Transport == "icmp" && x.g.own(x.key.dst.Addr()) }

// refusal answers every datagram with the ICMP error that fits.
type refusal struct{ x *exchange }

func (r refusal) send(d datagram) {
	why := protocolUnreachable
	switch p := d.packet; {
	case p.src.IsUnspecified(): // there is nobody to tell
		return
	case p.proto == protoUDP:
		why = portUnreachable
	case p.proto == protoICMP || p.proto == protoICMPv6:
		if !echoRequest(p) {
			return // errors are not answered with errors
		}
		why = hostUnreachable
	}
	_ = r.x.g.send(unreachable(d.packet, why)) // the reader meets the error of a dead link
}

func (refusal) close() {}

// echoRequest reports whether p is whole and asks for an echo.
func echoRequest(p packet) bool {
	if p.later || len(p.body) < 8 {
		return false
	}
	return p.proto == protoICMP && p.body[0] == 8 || p.proto == protoICMPv6 && p.body[0] == 128
}

// stray records a packet that is not carried, with those like it.
func (g *Gateway) stray(p packet, why string) {
	src, dst := p.ends()
	p.raw = append([]byte(nil), p.raw...)
	p.body = p.raw[len(p.raw)-len(p.body):]
	payload := p.body
	if !p.fragment {
		payload = payloadOf(p)
	}
	if echoRequest(p) {
		src = netip.AddrPortFrom(p.src, binary.BigEndian.Uint16(p.body[4:]))
	}
	g.flows.hand(flowKey{p.proto, src, dst}, datagram{packet: p, payload: payload}, why)
}

// payloadOf is what of a datagram is recorded: the payload of UDP and of echo
// requests, all of what is not understood.
func payloadOf(p packet) []byte {
	if p.proto == protoUDP && len(p.body) >= 8 || echoRequest(p) {
		return p.body[8:]
	}
	return p.body
}
