// Package pcapng writes packet captures with the secrets that open them, as
// Wireshark and tshark read them without any setting, and reads captures of
// others, the older pcap too.
//
// The Writer is made for a live capture that may be killed at any time: what
// was flushed is readable, whatever follows.
//
// The Reader takes hostile and damaged files. A capture is read from front to end once, without copying. What is damaged
// is named with its offset and stepped over: reading goes on at the next
// place that looks like a packet. The formats are those of the IETF drafts
// draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	readBuffer = 1 << 20
	// maxBlock bounds one block or packet; what claims more is stepped over.
	maxBlock = 16 << 20
	// maxNotes bounds what is said of a damaged file; the rest is counted.
	maxNotes = 100
)

// Packet is one packet of a capture.
type Packet struct {
	// At is when it was seen; zero if the capture does not say.
	At time.Time
	// Link is the LINKTYPE of its interface.
	Link uint16
	// Interface counts the interfaces of the whole file from 0.
	Interface int
	// Data is what was kept of it. It is valid until the next call of Next.
	Data []byte
	// Size is its length on the wire; more than len(Data) if it was cut.
	Size int
	// Offset of its block in the file.
	Offset int64
	// Comments of the packet; mostly none.
	Comments []string
}

// Note is one thing that could not be read.
type Note struct {
	Offset int64
	What   string
}

func (n Note) String() string { return fmt.Sprintf("offset %d: %s", n.Offset, n.What) }

// Hooks take what stands between packets. Each of them may be nil; what they
// are given must not be kept.
type Hooks struct {
	// Secrets takes the data of a Decryption Secrets Block.
	Secrets func(kind uint32, b []byte)
	// Custom takes the data of a custom block of an enterprise number.
	Custom func(enterprise uint32, b []byte)
	// Interface takes a description of an interface, in order.
	Interface func(i Interface)
}

// Interface is where packets were seen.
type Interface struct {
	// Name and Description are for people; both may be empty.
	Name, Description string
	// Comments are for people as well.
	Comments []string
	// Link is how packets begin, as in LinkRaw.
	Link  uint16
	units units
}

// SecretsTLS is the kind of secrets that are a TLS key log ("TLSK").
const SecretsTLS = 0x544c534b

// Link types (the registry of tcpdump.org).
const (
	LinkNull     = 0   // four octets of address family before IP
	LinkEthernet = 1   // Ethernet
	LinkRaw      = 101 // IPv4 or IPv6 with nothing before it
	LinkLoop     = 108 // as LinkNull, big-endian
	LinkSLL      = 113 // Linux, all interfaces
	LinkIPv4     = 228
	LinkIPv6     = 229
	LinkSLL2     = 276 // Linux, all interfaces, newer
)

// Reader reads a capture.
type Reader struct {
	in        window
	at        int64 // offset of what in gives next
	hooks     Hooks
	order     binary.ByteOrder
	ng        bool
	notes     []Note
	more      int // notes beyond maxNotes
	spill     []byte
	truncated bool

	// pcap
	link  uint16
	nanos bool
	last  uint32 // seconds of the last packet, to tell what is plausible
	seen  bool
	// pcapng
	interfaces []Interface
	base       int // interfaces of the sections before
}

// IsCapture reports whether a file that begins with b is a capture.
func IsCapture(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch binary.BigEndian.Uint32(b) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, blockSection:
		return true
	}
	return false
}

// ErrNoCapture is what NewReader says of files that are something else.
var ErrNoCapture = errors.New("no capture: it begins neither like pcap nor like pcapng")

// NewReader begins to read a capture of either format.
func NewReader(r io.Reader, hooks Hooks) (*Reader, error) {
	out := &Reader{in: window{in: r, memory: make([]byte, readBuffer)}, hooks: hooks}
	magic, err := out.in.peek(4)
	if err != nil || !IsCapture(magic) {
		return nil, ErrNoCapture
	}
	if out.ng = binary.BigEndian.Uint32(magic) == blockSection; out.ng {
		return out, nil
	}
	return out, out.fileHeader()
}

// Next returns the next packet, or io.EOF at the end. Other errors are those
// of the file itself being read.
func (r *Reader) Next() (Packet, error) {
	if r.ng {
		return r.nextBlock()
	}
	return r.nextRecord()
}

// IsNG reports whether the file is pcapng.
func (r *Reader) IsNG() bool { return r.ng }

// Notes are what could not be read so far, by offset, with the number of
// notes that were left out because there were too many.
func (r *Reader) Notes() (notes []Note, left int) { return r.notes, r.more }

func (r *Reader) note(at int64, format string, args ...any) {
	if len(r.notes) == maxNotes {
		r.more++
		return
	}
	r.notes = append(r.notes, Note{at, fmt.Sprintf(format, args...)})
}

// peek returns the next n bytes, or those up to the end with io.EOF.
func (r *Reader) peek(n int) ([]byte, error) {
	b, err := r.in.peek(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return b, fmt.Errorf("reading at offset %d: %w", r.at, err)
	}
	return b, err
}

// take returns the next n bytes; they are valid until the next call.
func (r *Reader) take(n int) ([]byte, error) {
	if n <= readBuffer {
		b, err := r.peek(n)
		if err == nil {
			return b, r.skip(int64(n))
		}
		return b, errors.Join(err, r.skip(int64(len(b))))
	}
	if cap(r.spill) < n {
		r.spill = make([]byte, 0, readBuffer)
	}
	r.spill = r.spill[:0]
	for len(r.spill) < n { // in steps, so that only what is there takes memory
		step := min(readBuffer, n-len(r.spill))
		b, err := r.peek(step)
		r.spill = append(r.spill, b...)
		if err := errors.Join(err, r.skip(int64(len(b)))); err != nil {
			return r.spill, err
		}
	}
	return r.spill, nil
}

// skip steps over n bytes; the end of the file is no error.
func (r *Reader) skip(n int64) error {
	k, err := r.in.discard(n)
	r.at += k
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading at offset %d: %w", r.at, err)
	}
	return nil
}

// search steps forward, by step bytes at a time, to the next place that fits,
// and notes how much was stepped over. fits is given what follows.
func (r *Reader) search(from int64, step int, fits func(b []byte) bool) error {
	for {
		b, err := r.peek(readBuffer)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		end := len(b)
		if err == nil {
			end -= readBuffer / 2 // what is behind is looked at with more in view
		}
		at := 0
		for at < end && !fits(b[at:]) {
			at += step
		}
		at = min(at, len(b))
		if skipErr := r.skip(int64(at)); skipErr != nil {
			return skipErr
		}
		if at < end || err != nil {
			r.note(from, "damaged: %d bytes were stepped over", r.at-from)
			return nil
		}
	}
}

// among reports whether a place in b fits.
func among(b []byte, step int, fits func(b []byte) bool) bool {
	for at := 0; at < len(b); at += step {
		if fits(b[at:]) {
			return true
		}
	}
	return false
}

// Truncated reports whether the file was found to end within a packet.
func (r *Reader) Truncated() bool { return r.truncated }
