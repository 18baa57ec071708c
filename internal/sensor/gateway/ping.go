package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// errNotSent says that a ping did not get out.
var errNotSent = errors.New("not sent")

// ping asks a host for an echo by a socket that needs no rights, where the
// system gives one (Linux: net.ipv4.ping_group_range).
func ping(ctx context.Context, to netip.Addr, payload []byte) ([]byte, error) {
	network, proto, kind := "udp4", protoICMP, icmp.Type(ipv4.ICMPTypeEcho)
	if to.Is6() {
		network, proto, kind = "udp6", protoICMPv6, ipv6.ICMPTypeEchoRequest
	}
	c, err := icmp.ListenPacket(network, "")
	if err != nil {
		return nil, fmt.Errorf("%w: the host lets ordinary users send no pings: %w", errNotSent, err)
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	ask := icmp.Message{Type: kind, Body: &icmp.Echo{Seq: 1, Data: payload}}
	b, err := ask.Marshal(nil)
	if err != nil {
		return nil, err
	}
	if _, err := c.WriteTo(b, &net.UDPAddr{IP: to.AsSlice()}); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSent, err)
	}
	return echoed(ctx, c, proto)
}

// echoed waits for the answer; the socket gets no others'.
func echoed(ctx context.Context, c *icmp.PacketConn, proto int) ([]byte, error) {
	for b := make([]byte, maxMessage); ; {
		n, _, err := c.ReadFrom(b)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		m, err := icmp.ParseMessage(proto, b[:n])
		if err != nil {
			continue
		}
		if answer, ok := m.Body.(*icmp.Echo); ok && (m.Type == ipv4.ICMPTypeEchoReply || m.Type == ipv6.ICMPTypeEchoReply) {
			return answer.Data, nil
		}
	}
}
