package gateway

import (
	"fmt"
	"net/netip"
	"time"

	"gvisor.dev/gvisor/pkg/log"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// nic is the only network interface of the stack.
const nic = tcpip.NICID(1)

// The TCP buffers: enough for the few microseconds that the link is long, and
// little enough for thousands of connections that nobody reads.
const (
	leastBuffer, usualBuffer, mostBuffer = 4 << 10, 256 << 10, 1 << 20
)

// newStack makes a stack that takes every packet for its own and answers from
// every address.
func newStack(end stack.LinkEndpoint) (*stack.Stack, error) {
	log.SetLevel(log.Warning) // packets of an app are no news to our user
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	steps := []func() tcpip.Error{
		func() tcpip.Error { return s.CreateNIC(nic, end) },
		func() tcpip.Error { return s.SetPromiscuousMode(nic, true) },
		func() tcpip.Error { return s.SetSpoofing(nic, true) },
	}
	for _, option := range tuning() {
		steps = append(steps, func() tcpip.Error { return s.SetTransportProtocolOption(tcp.ProtocolNumber, option) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			s.Destroy()
			return nil, fmt.Errorf("gateway: making the TCP/IP stack: %s", err)
		}
	}
	s.SetRouteTable([]tcpip.Route{everywhere("0.0.0.0/0"), everywhere("::/0")})
	return s, nil
}

func tuning() []tcpip.SettableTransportProtocolOption {
	sack, moderate := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true)
	// The link neither reorders nor delays: nothing old can come late.
	wait := tcpip.TCPTimeWaitTimeoutOption(time.Second)
	return []tcpip.SettableTransportProtocolOption{
		&sack, &moderate, &wait,
		&tcpip.TCPReceiveBufferSizeRangeOption{Min: leastBuffer, Default: usualBuffer, Max: mostBuffer},
		&tcpip.TCPSendBufferSizeRangeOption{Min: leastBuffer, Default: usualBuffer, Max: mostBuffer},
	}
}

func everywhere(prefix string) tcpip.Route {
	p := netip.MustParsePrefix(prefix)
	subnet := tcpip.AddressWithPrefix{Address: stackAddr(p.Addr()), PrefixLen: p.Bits()}.Subnet()
	return tcpip.Route{Destination: subnet, NIC: nic}
}

func stackAddr(a netip.Addr) tcpip.Address { return tcpip.AddrFromSlice(a.AsSlice()) }

func tcpipProto(proto uint8) tcpip.TransportProtocolNumber {
	return tcpip.TransportProtocolNumber(proto)
}

// flowEnds returns the app's end and what it addressed.
func flowEnds(id stack.TransportEndpointID) (src, dst netip.AddrPort) {
	return addrPort(id.RemoteAddress, id.RemotePort), addrPort(id.LocalAddress, id.LocalPort)
}

func addrPort(a tcpip.Address, port uint16) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(a.AsSlice()) // always 4 or 16 octets
	return netip.AddrPortFrom(addr, port)
}
