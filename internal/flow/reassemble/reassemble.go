// Package reassemble reads capture files (pcap and pcapng) and puts the TCP
// streams in them together. It reads from front to end once and keeps only
// what is out of order, so captures of any size need little memory. Captured
// bytes are hostile: whatever they hold, memory stays bounded, and what could
// not be used is counted.
package reassemble

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Direction is one direction of a connection.
type Direction struct {
	From, To netip.AddrPort
}

// Stream takes the bytes of one direction, in order, from one goroutine.
type Stream interface {
	// Data has the next bytes; they are valid until it returns.
	Data(b []byte)
	// Gap says that n bytes are missing here (0 if it is not known how many).
	Gap(n int)
	// End is called last, once.
	End()
}

// Stats says what a capture held.
type Stats struct {
	Packets, Streams int
	// Bytes were given to streams.
	Bytes int64
	// Missing bytes in streams, where that is known.
	Missing int64
	// Unread packets were no TCP over IP, fragments, or cut.
	Unread int
	// Truncated: the capture ends within a packet.
	Truncated bool
}

// IsCapture reports whether a file that begins with b is a capture.
func IsCapture(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch [4]byte(b[:4]) {
	case [4]byte{0xa1, 0xb2, 0xc3, 0xd4}, [4]byte{0xd4, 0xc3, 0xb2, 0xa1}, [4]byte{0xa1, 0xb2, 0x3c, 0x4d}, [4]byte{0x4d, 0x3c, 0xb2, 0xa1}, [4]byte{0x0a, 0x0d, 0x0d, 0x0a}:
		return true
	}
	return false
}

// packets reads either format without copying.
type packets interface {
	ZeroCopyReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

const readBuffer = 1 << 20

// Read reads a capture and calls open for every stream, when its first bytes
// come. What was read before an error counts.
func Read(r io.Reader, open func(Direction) Stream) (Stats, error) {
	buffered := bufio.NewReaderSize(r, readBuffer)
	magic, err := buffered.Peek(4)
	if err != nil || !IsCapture(magic) {
		return Stats{}, errors.New("no capture: it begins neither like pcap nor like pcapng")
	}
	t := newTable(open)
	err = t.readAll(buffered, magic[0] == 0x0a)
	t.end()
	return t.stats, err
}

func (t *table) readAll(r *bufio.Reader, ng bool) error {
	var source packets
	var link func(gopacket.CaptureInfo) layers.LinkType
	if ng {
		n, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true})
		if err != nil {
			return fmt.Errorf("pcapng: %w", err)
		}
		source, link = n, func(ci gopacket.CaptureInfo) layers.LinkType { return ngLink(n, ci) }
	} else {
		p, err := pcapgo.NewReader(r)
		if err != nil {
			return fmt.Errorf("pcap: %w", err)
		}
		source, link = p, func(gopacket.CaptureInfo) layers.LinkType { return p.LinkType() }
	}
	for {
		b, ci, err := source.ZeroCopyReadPacketData()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			t.stats.Truncated = true
			return nil
		case err != nil:
			return fmt.Errorf("packet %d: %w", t.stats.Packets+1, err)
		}
		t.stats.Packets++
		s, ok := decode(b, link(ci))
		if !ok {
			t.stats.Unread++
			continue
		}
		t.segment(s)
	}
}

// ngLink returns the link type of a packet's interface.
func ngLink(r *pcapgo.NgReader, ci gopacket.CaptureInfo) layers.LinkType {
	if i, err := r.Interface(ci.InterfaceIndex); err == nil {
		return i.LinkType
	}
	return r.LinkType()
}
