package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"

	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
)

// traffic writes a capture of HTTP from a fixed seed.
type traffic struct {
	out     *bufio.Writer
	random  *rand.Rand
	noise   []byte
	clock   uint64 // microseconds
	written int
}

// writeTraffic writes a pcap of about size octets: connections with four
// exchanges each, bodies of 2, 20 and 60 KB.
func writeTraffic(name string, size int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	t := &traffic{out: bufio.NewWriterSize(f, 1<<20), random: rand.New(rand.NewPCG(1, 2)), clock: 1.7e15}
	t.noise = make([]byte, 1<<20)
	for i := range t.noise {
		t.noise[i] = byte(t.random.IntN(256))
	}
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = append(head, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	head = binary.LittleEndian.AppendUint32(head, 65535)
	if _, err := t.out.Write(binary.LittleEndian.AppendUint32(head, pcapng.LinkRaw)); err != nil {
		return err
	}
	for n := 0; t.written < size; n++ {
		if err := t.connection(n); err != nil {
			return err
		}
	}
	return t.out.Flush()
}

func (t *traffic) connection(n int) error {
	client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(n >> 16), 2}), uint16(1024+n%60000))
	s := packets.NewStream(client, netip.MustParseAddrPort("192.0.2.1:80"))
	all := s.Open()
	for k := range 4 {
		all = append(all, s.Data(true, fmt.Appendf(nil, "GET /x/%d/%d HTTP/1.1\r\nHost: a%d.test\r\nUser-Agent: bench\r\n\r\n", n, k, n%50))...)
		size := []int{2000, 20000, 60000}[t.random.IntN(3)]
		at := t.random.IntN(len(t.noise) - size)
		answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", size)
		answer = append(answer, t.noise[at:at+size]...)
		for len(answer) > 0 {
			n := min(1448, len(answer))
			all = append(all, s.Data(false, answer[:n])...)
			answer = answer[n:]
		}
	}
	all = append(append(all, s.End(true)...), s.End(false)...)
	for _, one := range all {
		if err := t.packet(one.Packet()); err != nil {
			return err
		}
	}
	return nil
}

func (t *traffic) packet(b []byte) error {
	t.clock += 10
	h := binary.LittleEndian.AppendUint32(nil, uint32(t.clock/1e6))
	h = binary.LittleEndian.AppendUint32(h, uint32(t.clock%1e6))
	h = binary.LittleEndian.AppendUint32(h, uint32(len(b)))
	h = binary.LittleEndian.AppendUint32(h, uint32(len(b)))
	t.written += len(h) + len(b)
	if _, err := t.out.Write(h); err != nil {
		return err
	}
	_, err := t.out.Write(b)
	return err
}
