package gateway

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"example.org/telltale/internal/sensor/tape"
)

// isOver reports the error of a link that has come to its end: its owner has
// closed it, or the sandbox is gone.
func isOver(err error) bool {
	for _, end := range []error{io.EOF, os.ErrClosed, io.ErrClosedPipe, net.ErrClosed, deviceGone} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
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
	g.last.Store(int64(time.Since(g.began)))
	g.wire.Lock()
	g.show(g.cfg.Clock(), b, false)
	g.wire.Unlock()
	if g.ctx.Err() != nil {
		return
	}
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
	if p, err := parsePacket(b); err == nil && !opens(p) {
		owner = g.known.get(exchangeOf(p, inbound))
	}
	g.cfg.Packets(at, b, inbound, owner)
}

// opens reports whether p begins a TCP connection: its owner is not known
// before it was looked up, and another may have used the same port.
func opens(p packet) bool {
	return p.proto == protoTCP && !p.later && len(p.body) >= 20 && p.body[13]&(flagSYN|flagACK) == flagSYN
}

// exchangeOf is what p belongs to, the app's end first.
func exchangeOf(p packet, inbound bool) flowKey {
	src, dst := p.ends()
	if inbound {
		src, dst = dst, src
	}
	if (p.proto == protoICMP || p.proto == protoICMPv6) && !p.later && len(p.body) >= 8 {
		src = netip.AddrPortFrom(src.Addr(), binary.BigEndian.Uint16(p.body[4:])) // of an echo; none fits else
	}
	return flowKey{p.proto, src, dst}
}
