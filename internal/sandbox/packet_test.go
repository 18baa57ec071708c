//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"fmt"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"example.org/telltale/internal/sandbox"
)

// echo sends every datagram to an address back, until the link is closed. The
// checksums have to be right, as nobody on the way puts them right.
func echo(link sandbox.Link, to netip.AddrPort) error {
	b := make([]byte, sandbox.MTU)
	for {
		n, err := link.Read(b)
		if err != nil {
			return nil // it is closed
		}
		back, err := answer(b[:n], to)
		if err != nil {
			return err
		}
		if back == nil {
			continue
		}
		if _, err := link.Write(back); err != nil {
			return err
		}
	}
}

// answer is the packet that answers a datagram; nil if it is something else.
func answer(packet []byte, to netip.AddrPort) ([]byte, error) {
	first := layers.LayerTypeIPv4
	if packet[0]>>4 == 6 {
		first = layers.LayerTypeIPv6
	}
	parsed := gopacket.NewPacket(packet, first, gopacket.DecodeOptions{})
	udp, ok := parsed.Layer(layers.LayerTypeUDP).(*layers.UDP)
	if !ok || udp.DstPort != layers.UDPPort(to.Port()) {
		return nil, nil
	}
	if err := udp.SetNetworkLayerForChecksum(parsed.NetworkLayer()); err != nil {
		return nil, err
	}
	if err, wrong := parsed.VerifyChecksums(); err != nil || len(wrong) > 0 {
		return nil, fmt.Errorf("wrong checksums: %v (%w)", wrong, err)
	}
	udp.SrcPort, udp.DstPort = udp.DstPort, udp.SrcPort
	var network gopacket.SerializableLayer
	switch ip := parsed.NetworkLayer().(type) {
	case *layers.IPv4:
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
		network = ip
	case *layers.IPv6:
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
		network = ip
	}
	out := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	err := gopacket.SerializeLayers(out, options, network, udp, gopacket.Payload(udp.Payload))
	return out.Bytes(), err
}
