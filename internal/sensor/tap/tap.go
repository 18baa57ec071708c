// Package tap copies what passes through an app's connection into a capture,
// as the packets that could have carried it, for sensors that meet
// connections and not packets.
package tap

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
)

// Conn is a connection of an app that copies what it reads, which the app
// sent, and what it writes.
type Conn struct {
	net.Conn
	clock telltale.Clock
	out   *pcapng.Writer

	mu     sync.Mutex
	stream *packets.Stream
	closed bool
}

// New writes the handshake between the app and whom it means to speak to. An
// error of the capture stays in its writer.
func New(c net.Conn, app, server netip.AddrPort, out *pcapng.Writer, clock telltale.Clock) *Conn {
	t := &Conn{Conn: c, clock: clock, out: out, stream: packets.NewStream(app, server)}
	t.write(t.stream.Open())
	return t
}

// Plain takes IPv4 out of its IPv6 disguise.
func Plain(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// write puts segments seen now into the capture.
func (t *Conn) write(segments []packets.Segment) {
	if len(segments) == 0 {
		return
	}
	at, all := t.clock(), make([]pcapng.Packet, 0, len(segments))
	for _, s := range segments {
		all = append(all, pcapng.Packet{At: at, Data: s.Packet()})
	}
	_ = t.out.Packets(all...)
}

// data writes what one side said: out is from the app.
func (t *Conn) data(out bool, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.write(t.stream.Data(out, b))
	}
}

// fin writes the end of one direction, once.
func (t *Conn) fin(out bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.write(t.stream.End(out))
	}
}

// Read reads and notes what came, or that nothing more comes.
func (t *Conn) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.data(true, b[:n])
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.fin(true)
	}
	return n, err
}

// Write notes what goes before it goes, so that an answer never stands
// before its question.
func (t *Conn) Write(b []byte) (int, error) {
	t.data(false, b)
	return t.Conn.Write(b)
}

// CloseWrite ends the direction to the app.
func (t *Conn) CloseWrite() error {
	t.fin(false)
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SetLinger is that of TCP: with 0, Close resets the connection.
func (t *Conn) SetLinger(sec int) error {
	if l, ok := t.Conn.(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(sec)
	}
	return nil
}

// Close ends both directions.
func (t *Conn) Close() error {
	t.fin(false)
	t.fin(true)
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.Conn.Close()
}
