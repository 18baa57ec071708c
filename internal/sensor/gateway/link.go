package gateway

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// linkEnd is the stack's side of the Link. What the stack sends is written at
// once, by the goroutine that sends it; nothing waits in a queue that could
// overflow.
type linkEnd struct {
	mtu uint32
	// send puts one packet on the link; it keeps nothing.
	send func([]byte) error

	up atomic.Pointer[stack.NetworkDispatcher]
	// mu guards flat, in which a packet's parts are put together.
	mu   sync.Mutex
	flat []byte
}

var _ stack.LinkEndpoint = (*linkEnd)(nil)

// WritePackets sends packets of the stack.
func (l *linkEnd) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range list.AsSlice() {
		l.flat = l.flat[:0]
		for _, part := range p.AsSlices() {
			l.flat = append(l.flat, part...)
		}
		if err := l.send(l.flat); err != nil {
			return i, &tcpip.ErrClosedForSend{}
		}
	}
	return list.Len(), nil
}

// deliver hands a copy of a packet of the link to the stack.
func (l *linkEnd) deliver(p packet) {
	up := l.up.Load()
	if up == nil {
		return
	}
	proto := header.IPv4ProtocolNumber
	if p.six {
		proto = header.IPv6ProtocolNumber
	}
	b := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(p.raw)})
	defer b.DecRef()
	(*up).DeliverNetworkPacket(proto, b)
}

// Attach is called when the link becomes part of the stack or leaves it.
func (l *linkEnd) Attach(up stack.NetworkDispatcher) {
	if up == nil {
		l.up.Store(nil)
		return
	}
	l.up.Store(&up)
}

// IsAttached reports whether the link is part of a stack.
func (l *linkEnd) IsAttached() bool { return l.up.Load() != nil }

// MTU in octets.
func (l *linkEnd) MTU() uint32 { return l.mtu }

// SetMTU is not supported: the sandbox decides.
func (*linkEnd) SetMTU(uint32) {}

// MaxHeaderLength is 0: there is nothing below IP.
func (*linkEnd) MaxHeaderLength() uint16 { return 0 }

// LinkAddress is empty.
func (*linkEnd) LinkAddress() tcpip.LinkAddress { return "" }

// SetLinkAddress does nothing.
func (*linkEnd) SetLinkAddress(tcpip.LinkAddress) {}

// Capabilities has none: checksums are checked and made.
func (*linkEnd) Capabilities() stack.LinkEndpointCapabilities { return 0 }

// Wait returns at once: there are no goroutines.
func (*linkEnd) Wait() {}

// ARPHardwareType is none.
func (*linkEnd) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareNone }

// AddHeader does nothing.
func (*linkEnd) AddHeader(*stack.PacketBuffer) {}

// ParseHeader does nothing.
func (*linkEnd) ParseHeader(*stack.PacketBuffer) bool { return true }

// Close does nothing: the gateway closes the Link.
func (*linkEnd) Close() {}

// SetOnCloseAction does nothing.
func (*linkEnd) SetOnCloseAction(func()) {}
