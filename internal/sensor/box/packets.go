package box

import (
	"encoding/binary"
	"io"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/tape"
)

// packetDelay is how long packets stay in memory at most.
const packetDelay = 200 * time.Millisecond

// maxNoted bounds the exchanges of which it is known that their program has
// been named. When it is reached, programs are named once more.
const maxNoted = 1 << 14

// Packets is a capture of all sandboxes of a box, with the name of the
// program at the first packet at which it is known.
type Packets struct {
	*pcapng.Writer

	mu    sync.Mutex
	noted map[[40]byte]bool
}

// NewPackets begins a capture of at most limit octets of packets, 0 for all.
// What is run is noted in it.
func NewPackets(w io.Writer, command []string, limit int64) (*Packets, error) {
	out, err := pcapng.NewWriter(w, pcapng.Options{
		Application: "telltale " + telltale.Version, Comments: []string{strings.Join(command, " ")},
		Interfaces: []pcapng.Interface{{
			Name: "sandbox", Link: pcapng.LinkRaw,
			Description: "the program's side of the sandbox's gateway", Comments: []string{strings.Join(command, " ")},
		}},
		Limit: limit, Delay: packetDelay,
	})
	return &Packets{Writer: out, noted: map[[40]byte]bool{}}, err
}

// packet is gateway.Config.Packets. An error stays in the writer; Close
// returns it.
func (p *Packets) packet(at time.Time, b []byte, inbound bool, owner tape.Process) {
	one := pcapng.Packet{At: at, Data: b}
	if owner.Name != "" && p.first(endsOf(b, inbound)) {
		one.Comments = []string{owner.Note()}
	}
	_ = p.Packet(one)
}

// first reports whether the program of an exchange has not been named yet.
func (p *Packets) first(key [40]byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.noted[key] {
		return false
	}
	if len(p.noted) >= maxNoted {
		clear(p.noted)
	}
	p.noted[key] = true
	return true
}

// endsOf names the two ends of a packet, the program's first: protocol,
// addresses and, of TCP and UDP, ports.
func endsOf(b []byte, inbound bool) (key [40]byte) {
	var src, dst, rest []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		key[0], src, dst = b[9], b[12:16], b[16:20]
		rest = b[min(len(b), int(b[0]&15)*4):]
	case len(b) >= 40 && b[0]>>4 == 6:
		key[0], src, dst, rest = b[6], b[8:24], b[24:40], b[40:]
	}
	var from, to uint16
	if (key[0] == 6 || key[0] == 17) && len(rest) >= 4 {
		from, to = binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:])
	}
	if inbound {
		src, dst, from, to = dst, src, to, from
	}
	copy(key[1:], src)
	copy(key[17:], dst)
	binary.BigEndian.PutUint16(key[33:], from)
	binary.BigEndian.PutUint16(key[35:], to)
	return key
}
