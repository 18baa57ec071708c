package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// handleEcho takes an echo request from the stack, whole.
func (g *Gateway) handleEcho(_ stack.TransportEndpointID, b *stack.PacketBuffer) bool {
	d, ok := whole(b)
	if !ok || !echoRequest(d.packet) || !validEcho(d.packet) {
		return true
	}
	d.payload = d.packet.body[8:]
	src := netip.AddrPortFrom(d.packet.src, binary.BigEndian.Uint16(d.packet.body[4:]))
	g.flows.hand(flowKey{d.packet.proto, src, netip.AddrPortFrom(d.packet.dst, 0)}, d, "")
	return true
}

func validEcho(p packet) bool {
	var seed uint16
	if p.six {
		seed = header.PseudoHeaderChecksum(tcpipProto(p.proto), stackAddr(p.src), stackAddr(p.dst), uint16(len(p.body)))
	}
	return checksum.Checksum(p.body, seed) == 0xffff
}

// fillSum fills in the checksum of a UDP datagram or an ICMP message.
func fillSum(proto tcpip.TransportProtocolNumber, from, to tcpip.Address, b []byte) {
	at, seed := 2, uint16(0)
	if proto == header.UDPProtocolNumber {
		at = 6
	}
	if proto != header.ICMPv4ProtocolNumber {
		seed = header.PseudoHeaderChecksum(proto, from, to, uint16(len(b)))
	}
	sum := ^checksum.Checksum(b, seed)
	if sum == 0 && proto == header.UDPProtocolNumber {
		sum = 0xffff // 0 means that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(b[at:], sum)
}

// echo asks again from the host what the app asked.
type echo struct {
	x     *exchange
	local bool
	to    netip.Addr
	asked sync.WaitGroup
}

func newEcho(x *exchange) carrier {
	target, mapped := x.g.maps.target(x.key.dst)
	e := &echo{x: x, to: target.Addr(), local: x.pingOfOwn() || mapped && target.Addr().IsLoopback()}
	if !e.local {
		x.info.Server = e.to.String()
	}
	return e
}

func (e *echo) send(d datagram) {
	if e.local {
		e.answer(d, d.payload)
		return
	}
	select {
	case e.x.g.queries <- struct{}{}:
	case <-e.x.ctx.Done():
		return
	}
	e.asked.Go(func() {
		defer func() { <-e.x.g.queries }()
		defer e.x.g.busy.one()()
		ctx, cancel := context.WithTimeout(e.x.ctx, e.x.g.cfg.Limits.Answer)
		defer cancel()
		b, err := e.x.g.cfg.Ping(ctx, e.to, d.payload)
		if err != nil {
			e.unanswered(err)
			return
		}
		e.answer(d, b)
	})
}

func (e *echo) unanswered(err error) {
	why, _ := dialError(err)
	if errors.Is(err, errNotSent) {
		why = err.Error()
	}
	e.x.note(why)
}

// answer sends the app the echo it asked for.
func (e *echo) answer(d datagram, payload []byte) {
	if !e.x.arrived(payload) {
		return
	}
	b := append(append([]byte(nil), d.packet.body[:8]...), payload...)
	b[0], b[2], b[3] = 0, 0, 0
	if d.packet.six {
		b[0] = 129
	}
	e.x.g.sendIP(d.packet.dst, d.packet.src, tcpipProto(d.packet.proto), b)
}

func (e *echo) close() { e.asked.Wait() }
