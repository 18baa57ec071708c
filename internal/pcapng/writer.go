package pcapng

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Options of a capture that is written.
type Options struct {
	// Application that writes, as in "telltale 1.0".
	Application string
	Comments    []string
	Interfaces  []Interface
	// Limit is how many octets of packets are written, 0 for no limit. What
	// comes later is counted only; see LeftOut.
	Limit int64
	// Delay is the longest time that a packet stays in memory. 0 means that
	// every call of Packets ends with a flush.
	Delay time.Duration
}

// Writer writes one section. It may be used from many goroutines. The first
// error ends it and is returned from then on.
type Writer struct {
	mu      sync.Mutex
	out     *bufio.Writer
	opts    Options
	keys    []byte // secrets that are due before the next packet
	names   []name
	named   map[name]bool
	scratch []byte
	written int64
	left    int64
	armed   bool
	timer   *time.Timer
	err     error
}

// errClosed is what a Writer says after Close.
var errClosed = errors.New("pcapng: the capture is closed")

// NewWriter begins a section. Appended to an older file it gives a valid
// file of several sections.
func NewWriter(w io.Writer, o Options) (*Writer, error) {
	p := &Writer{out: bufio.NewWriterSize(w, 256<<10), opts: o, named: map[name]bool{}}
	p.write(section(o.Application, o.Comments))
	for _, i := range o.Interfaces {
		p.write(describe(i))
	}
	p.timer = time.AfterFunc(time.Hour, func() { _ = p.Flush() }) // an error stays in p.err
	p.timer.Stop()
	return p, p.Flush()
}

func (p *Writer) write(b []byte) {
	if p.err == nil {
		if _, err := p.out.Write(b); err != nil {
			p.err = fmt.Errorf("pcapng: write the capture: %w", err)
		}
	}
}

// Write takes lines of a TLS key log; it serves as tls.Config.KeyLogWriter.
// They stand in the file before the next packet.
func (p *Writer) Write(lines []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, lines...)
	if n := len(lines); n > 0 && lines[n-1] != '\n' {
		p.keys = append(p.keys, '\n')
	}
	p.arm()
	return len(lines), p.err
}

// Name says what an address is called. It is written before the next packet.
func (p *Writer) Name(addr netip.Addr, text string) {
	n := name{addr.Unmap().WithZone(""), text}
	p.mu.Lock()
	defer p.mu.Unlock()
	if text == "" || !addr.IsValid() || p.named[n] {
		return
	}
	p.named[n] = true
	p.names = append(p.names, n)
	p.arm()
}

// Packet writes one packet.
func (p *Writer) Packet(one Packet) error { return p.Packets(one) }

// Packets writes packets of the same moment.
func (p *Writer) Packets(all ...Packet) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due()
	for _, one := range all {
		if p.opts.Limit > 0 && p.written+int64(len(one.Data)) > p.opts.Limit {
			p.left++
			continue
		}
		p.written += int64(len(one.Data))
		p.scratch = appendPacket(p.scratch, one)
		p.write(p.scratch)
	}
	p.arm()
	return p.err
}

// due writes the secrets and names that are waiting.
func (p *Writer) due() {
	if len(p.keys) > 0 {
		p.write(secrets(SecretsTLS, p.keys))
		p.keys = p.keys[:0]
	}
	for chunk := range slices.Chunk(p.names, 256) {
		p.write(names(chunk))
	}
	p.names = p.names[:0]
}

// arm sees to it that what is in memory is flushed in time.
func (p *Writer) arm() {
	switch {
	case p.err != nil || p.armed:
	case p.opts.Delay == 0:
		p.flush()
	default:
		p.armed = true
		p.timer.Reset(p.opts.Delay)
	}
}

func (p *Writer) flush() {
	if p.err == nil {
		if err := p.out.Flush(); err != nil {
			p.err = fmt.Errorf("pcapng: write the capture: %w", err)
		}
	}
}

// Flush hands over everything that is in memory.
func (p *Writer) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	p.due()
	p.flush()
	return p.err
}

// LeftOut is the number of packets that did not fit under the limit.
func (p *Writer) LeftOut() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left
}

// Err is the error that ended the capture, nil while it goes on.
func (p *Writer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Close flushes. It does not close what is written to. It may be called
// twice; packets that come later are refused.
func (p *Writer) Close() error {
	p.timer.Stop()
	err := p.Flush()
	p.mu.Lock()
	defer p.mu.Unlock()
	if errors.Is(err, errClosed) {
		return nil
	}
	p.err = errClosed
	return err
}
