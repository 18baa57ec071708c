package proxy

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/flow/packets"
)

// tap is a connection of the app that copies what it reads and writes to the
// capture, as the packets that could have carried it.
type tap struct {
	net.Conn
	clock telltale.Clock
	out   *capture

	mu     sync.Mutex
	stream *packets.Stream // from the app's end to our own
	closed bool
}

// newTap writes the handshake. A connection whose ends are not IP addresses
// is left as it is.
func newTap(c net.Conn, out *capture, clock telltale.Clock) net.Conn {
	app, ok1 := c.RemoteAddr().(*net.TCPAddr)
	own, ok2 := c.LocalAddr().(*net.TCPAddr)
	if out == nil || !ok1 || !ok2 {
		return c
	}
	t := &tap{Conn: c, clock: clock, out: out, stream: packets.NewStream(plain(app), plain(own))}
	t.mu.Lock()
	defer t.mu.Unlock()
	out.packets(clock(), t.stream.Open()...)
	return t
}

// plain takes IPv4 out of its IPv6 disguise.
func plain(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// data writes what one side said: out is from the app.
func (t *tap) data(out bool, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if all := t.stream.Data(out, b); len(all) > 0 {
		t.out.packets(t.clock(), all...)
	}
}

// fin writes the end of one direction, once.
func (t *tap) fin(out bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if all := t.stream.End(out); len(all) > 0 {
		t.out.packets(t.clock(), all...)
	}
}

// Read reads and notes what came, or that nothing more comes.
func (t *tap) Read(b []byte) (int, error) {
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
func (t *tap) Write(b []byte) (int, error) {
	t.data(false, b)
	return t.Conn.Write(b)
}

// CloseWrite ends the direction to the app.
func (t *tap) CloseWrite() error {
	t.fin(false)
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close ends both directions.
func (t *tap) Close() error {
	t.fin(false)
	t.fin(true)
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.Conn.Close()
}
