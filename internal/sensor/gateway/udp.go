package gateway

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// handleUDP takes a datagram from the stack, whole and without regard to whom
// it is for.
func (g *Gateway) handleUDP(id stack.TransportEndpointID, b *stack.PacketBuffer) bool {
	d, ok := whole(b)
	src, dst := flowEnds(id)
	if !ok || !validUDP(b) {
		return true
	}
	// The length of UDP may be shorter than the packet's.
	d.payload = d.payload[:min(len(d.payload), int(binary.BigEndian.Uint16(d.packet.body[4:]))-8)]
	if _, mapped := g.maps.target(dst); dst.Port() == domain && !mapped {
		g.queryUDP(src, dst, d.payload)
		return true
	}
	g.flows.hand(flowKey{protoUDP, src, dst}, d, "")
	return true
}

// queryUDP answers a query beside others, within bounds.
func (g *Gateway) queryUDP(src, dst netip.AddrPort, raw []byte) {
	select {
	case g.queries <- struct{}{}:
	default:
		g.askUDP(src, dst, raw, g.tooMany)
		return
	}
	if !g.job(func() { defer func() { <-g.queries }(); g.askUDP(src, dst, raw, g.answer) }) {
		<-g.queries
	}
}

func validUDP(b *stack.PacketBuffer) bool {
	net := b.Network()
	length, sum := header.UDPValid(header.UDP(b.TransportHeader().Slice()), b.Data().Checksum, uint16(b.Data().Size()),
		b.NetworkProtocolNumber, net.SourceAddress(), net.DestinationAddress(), b.RXChecksumValidated)
	return length && sum
}

// whole takes a packet that the stack has put together out of its buffer.
func whole(b *stack.PacketBuffer) (datagram, bool) {
	network, transport := b.NetworkHeader().Slice(), b.TransportHeader().Slice()
	data := b.Data().AsRange().ToSlice()
	raw := make([]byte, 0, len(network)+len(transport)+len(data))
	raw = append(append(append(raw, network...), transport...), data...)
	ends := b.Network()
	p := packet{
		raw: raw, six: b.NetworkProtocolNumber == header.IPv6ProtocolNumber, proto: uint8(b.TransportProtocolNumber),
		src: addrPort(ends.SourceAddress(), 0).Addr(), dst: addrPort(ends.DestinationAddress(), 0).Addr(),
		body: raw[len(network):],
	}
	return datagram{packet: p, payload: raw[len(raw)-len(data):]}, len(p.body) >= 8
}

// sendUDP makes a datagram from what the app had addressed back to it.
func (g *Gateway) sendUDP(from, to netip.AddrPort, payload []byte) {
	head := header.UDP(make([]byte, header.UDPMinimumSize))
	head.Encode(&header.UDPFields{SrcPort: from.Port(), DstPort: to.Port(), Length: uint16(len(head) + len(payload))})
	g.sendIP(from.Addr(), to.Addr(), udp.ProtocolNumber, append([]byte(head), payload...))
}

// sendIP sends one datagram to the app, in fragments if need be. The checksum
// of body is filled in.
func (g *Gateway) sendIP(from, to netip.Addr, proto tcpip.TransportProtocolNumber, body []byte) {
	network := header.IPv4ProtocolNumber
	if from.Is6() {
		network = header.IPv6ProtocolNumber
	}
	r, err := g.stack.FindRoute(nic, stackAddr(from), stackAddr(to), network, false)
	if err != nil {
		return // nobody to send it to
	}
	defer r.Release()
	fillSum(proto, stackAddr(from), stackAddr(to), body)
	b := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: int(r.MaxHeaderLength()), Payload: buffer.MakeWithData(body),
	})
	defer b.DecRef()
	b.TransportProtocolNumber = proto
	_ = r.WritePacket(stack.NetworkHeaderParams{Protocol: proto, TTL: r.DefaultTTL()}, b) // as lost as any datagram
}

// forward carries UDP from the host.
type forward struct {
	x    *exchange
	conn net.Conn
	last atomic.Pointer[packet]
	once sync.Once
	done sync.WaitGroup
}

func newForward(x *exchange, first datagram) carrier {
	target, _ := x.g.maps.target(x.key.dst)
	x.info.Server = target.String()
	conn, err := x.g.cfg.Dial(x.ctx, "udp", target.String())
	if err != nil {
		why, _ := dialError(err)
		x.note(why)
		return refusal{x}
	}
	f := &forward{x: x, conn: conn}
	f.last.Store(&first.packet)
	return f
}

func (f *forward) send(d datagram) {
	f.last.Store(&d.packet)
	f.once.Do(func() { f.done.Go(f.receive) }) // now that there is a tape
	_, err := f.conn.Write(d.payload)
	if errors.Is(err, syscall.ECONNREFUSED) {
		f.refused() // the answer to the one before; this one did not leave
		_, err = f.conn.Write(d.payload)
	}
	if err != nil && f.x.ctx.Err() == nil {
		why, _ := dialError(err)
		f.x.note(why)
		refusal{f.x}.send(d)
	}
}

// receive takes answers until the connection is closed.
func (f *forward) receive() {
	b := make([]byte, maxMessage)
	for f.x.ctx.Err() == nil {
		n, err := f.conn.Read(b)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			f.refused()
		case err != nil:
			return
		case !f.x.arrived(b[:n]):
			return
		default:
			f.x.g.sendUDP(f.x.key.dst, f.x.key.src, b[:n])
		}
	}
}

// refused tells the app that nobody listens.
func (f *forward) refused() {
	f.x.note("refused by the server")
	refusal{f.x}.send(datagram{packet: *f.last.Load()})
}

func (f *forward) close() {
	_ = f.conn.Close()
	f.done.Wait()
}
