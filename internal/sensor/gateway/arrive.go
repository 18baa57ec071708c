package gateway

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"example.org/telltale/internal/sensor/tape"
)

// isClosed reports the error of a link that its owner closed.
func isClosed(err error) bool {
	return errors.Is(err, os.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// handlers take from the stack what it has put together of the app's packets.
func (g *Gateway) handlers() {
	g.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, g.tcp.handle)
	g.stack.SetTransportProtocolHandler(udp.ProtocolNumber, g.handleUDP)
	g.stack.SetTransportProtocolHandler(icmp.ProtocolNumber4, g.handleEcho)
	g.stack.SetTransportProtocolHandler(icmp.ProtocolNumber6, g.handleEcho)
}

// arrive takes one packet that the app sent.
func (g *Gateway) arrive(b []byte) {
	g.wire.Lock()
	g.show(g.cfg.Clock(), b, false)
	g.wire.Unlock()
	p, err := parsePacket(b)
	if err != nil {
		g.stray(packet{raw: b, body: b, src: netip.IPv4Unspecified(), dst: netip.IPv4Unspecified()}, "not carried: "+err.Error())
		return
	}
	if why := g.astray(p); why != "" {
		g.turnAway(p, why)
		return
	}
	g.end.deliver(p)
}

// astray returns why p does not go to the stack: addresses that the stack
// itself would drop without a word, and protocols it does not know.
func (g *Gateway) astray(p packet) string {
	_, dst := p.ends()
	if _, mapped := g.maps.target(dst); !mapped {
		if why := forbidden(p.dst); why != "" {
			return why
		}
	}
	switch {
	case forbidden(p.src) != "" && !p.src.IsLinkLocalUnicast():
		return "not carried: sent from an address that nobody has"
	case p.proto == protoTCP, p.proto == protoUDP:
		return ""
	case p.proto == protoICMP && !p.six:
		return strangeICMP(p, 8)
	case p.proto == protoICMPv6 && p.six:
		return strangeICMP(p, 128)
	}
	return "not carried: only TCP, UDP and echo requests are"
}

// strangeICMP lets echo requests pass, and later fragments: without their
// first one they come to nothing.
func strangeICMP(p packet, echo uint8) string {
	if p.later || len(p.body) >= 8 && p.body[0] == echo {
		return ""
	}
	return "not carried: of ICMP, echo requests alone are"
}

// turnAway records a packet that is not carried and tells the app so.
func (g *Gateway) turnAway(p packet, why string) {
	switch {
	case housekeeping(p):
	case p.proto == protoTCP && !p.fragment:
		g.tcp.turnAway(p, why)
	default:
		g.stray(p, why)
	}
}

// show hands a packet to whoever keeps packets. g.wire is held.
func (g *Gateway) show(at time.Time, b []byte, inbound bool) {
	if g.cfg.Packets == nil {
		return
	}
	var owner tape.Process
	if p, err := parsePacket(b); err == nil {
		src, dst := p.ends()
		if inbound {
			src, dst = dst, src
		}
		owner = g.known.get(flowKey{p.proto, src, dst})
	}
	g.cfg.Packets(at, b, inbound, owner)
}
