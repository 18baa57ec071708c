// Package reassemble reads capture files (pcap and pcapng) and puts the
// conversations in them together: TCP streams, UDP and ICMP exchanges. It
// reads from front to end once and keeps only what is out of order, so
// captures of any size need little memory. Loss, reordering, overlaps,
// resets, fragments and connections that began before the capture are told
// and survived. Captured bytes are hostile: whatever they hold, memory stays
// bounded, and what could not be used is counted.
package reassemble

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"example.org/telltale/internal/pcapng"
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
	// Unread packets were none that is looked for: no IP, another protocol,
	// fragments that never became whole, or damaged.
	Unread int
	// Truncated: the capture ends within a packet.
	Truncated bool
	// Notes say what of the file could not be read.
	Notes []string
}

// IsCapture reports whether a file that begins with b is a capture.
func IsCapture(b []byte) bool { return pcapng.IsCapture(b) }

// Start is how a conversation begins.
type Start struct {
	// Client is the end that began it, as far as can be told; Server the
	// other. Ports are 0 for ICMP.
	Client, Server netip.AddrPort
	// Transport is "tcp", "udp" or "icmp".
	Transport string
	At        time.Time
	// Handshake says that its first packet was seen.
	Handshake bool
	// Origin is what the capture has said of the sender so far: it may become
	// more until Close.
	Origin *Origin
}

// Finish is how a conversation ended.
type Finish struct {
	// At is when its last packet came.
	At time.Time
	// Closed: both sides said that they were done. Reset: one broke it off
	// before it had said so, ByClient: it was the client.
	Closed, Reset, ByClient bool
	// Answered: packets came from the server.
	Answered bool
	// Unreachable is what a router or the server's host said of it.
	Unreachable string
	// Missing octets; Differing octets came again and were not the same.
	Missing, Differing int64
	// Origin is what the capture said of the packets' sender: comments, or
	// the trailer of PCAPdroid.
	Origin Origin
}

// Origin is what a capture says of who sent packets.
type Origin struct {
	Comment string
	App     string
}

// Conversation takes what passes between two ends, from one goroutine. b is
// valid until Data returns; for datagrams, one call is one of them.
type Conversation interface {
	Data(out bool, at time.Time, b []byte)
	// Gap says that n octets are missing (0 if it is not known how many).
	Gap(out bool, at time.Time, n int)
	// Close is called last, once.
	Close(f Finish)
}

// Options of Walk.
type Options struct {
	// Open is called for every conversation.
	Open func(Start) Conversation
	// Hooks take what stands between the packets.
	Hooks pcapng.Hooks
	// Datagrams are wanted too: UDP and ICMP.
	Datagrams bool
	// Stop ends the walk early when it returns true; it may be nil.
	Stop func() bool
}

// Read reads a capture and calls open for every TCP stream, when its first
// bytes come. What was read before an error counts.
func Read(r io.Reader, open func(Direction) Stream) (Stats, error) {
	return Walk(r, Options{Open: func(s Start) Conversation { return &pair{open: open, start: s} }})
}

// Walk reads a capture and hands out its conversations. What was read before
// an error counts.
func Walk(r io.Reader, o Options) (Stats, error) {
	source, err := pcapng.NewReader(r, o.Hooks)
	if err != nil {
		return Stats{}, err
	}
	t := newTable(o)
	err = t.readAll(source)
	t.end()
	notes, left := source.Notes()
	for _, n := range notes {
		t.stats.Notes = append(t.stats.Notes, n.String())
	}
	if left > 0 {
		t.stats.Notes = append(t.stats.Notes, fmt.Sprintf("and %d more places", left))
	}
	t.stats.Truncated = source.Truncated()
	return t.stats, err
}

func (t *table) readAll(source *pcapng.Reader) error {
	for {
		p, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("packet %d: %w", t.stats.Packets+1, err)
		}
		t.stats.Packets++
		if !t.packet(p) {
			t.stats.Unread++
		}
		if t.options.Stop != nil && t.options.Stop() {
			return nil
		}
	}
}

// pair gives a conversation to two streams.
type pair struct {
	open  func(Direction) Stream
	start Start
	sides [2]Stream // from the client, from the server
}

func (p *pair) side(out bool) Stream {
	i, d := 0, Direction{p.start.Client, p.start.Server}
	if !out {
		i, d = 1, Direction{p.start.Server, p.start.Client}
	}
	if p.sides[i] == nil {
		p.sides[i] = p.open(d)
	}
	return p.sides[i]
}

func (p *pair) Data(out bool, _ time.Time, b []byte) { p.side(out).Data(b) }
func (p *pair) Gap(out bool, _ time.Time, n int)     { p.side(out).Gap(n) }
func (p *pair) Close(Finish) {
	for _, s := range p.sides {
		if s != nil {
			s.End()
		}
	}
}
