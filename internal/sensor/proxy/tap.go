package proxy

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"

	"example.org/telltale"
)

// tap is a connection of the app that copies what it reads and writes to the
// capture, as the packets that could have carried it.
type tap struct {
	net.Conn
	clock telltale.Clock
	out   *capture

	mu       sync.Mutex
	app, own side
	closed   bool
}

// side is one end of the connection, with the next sequence number it uses.
type side struct {
	addr netip.AddrPort
	seq  uint32
	fin  bool
}

// newTap writes the handshake. A connection whose ends are not IP addresses
// is left as it is.
func newTap(c net.Conn, out *capture, clock telltale.Clock) net.Conn {
	app, ok1 := c.RemoteAddr().(*net.TCPAddr)
	own, ok2 := c.LocalAddr().(*net.TCPAddr)
	if out == nil || !ok1 || !ok2 {
		return c
	}
	t := &tap{Conn: c, clock: clock, out: out, app: side{addr: plain(app)}, own: side{addr: plain(own)}}
	t.mu.Lock()
	defer t.mu.Unlock()
	syn := t.segment(&t.app, &t.own, tcpSYN, nil)
	syn.ack = 0
	synAck := t.segment(&t.own, &t.app, tcpSYN|tcpACK, nil)
	out.packets(clock(), syn, synAck, t.segment(&t.app, &t.own, tcpACK, nil))
	return t
}

// plain takes IPv4 out of its IPv6 disguise.
func plain(a *net.TCPAddr) netip.AddrPort {
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}

// segment builds the next segment from one side and moves its sequence on.
func (t *tap) segment(from, to *side, flags byte, payload []byte) segment {
	s := segment{from: from.addr, to: to.addr, seq: from.seq, ack: to.seq, flags: flags, payload: payload}
	from.seq += uint32(len(payload))
	if flags&(tcpSYN|tcpFIN) != 0 {
		from.seq++
	}
	return s
}

func (t *tap) data(from, to *side, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || from.fin {
		return
	}
	var all []segment
	for len(b) > 0 {
		n := min(len(b), maxSegment)
		all = append(all, t.segment(from, to, tcpPSH|tcpACK, b[:n]))
		b = b[n:]
	}
	t.out.packets(t.clock(), all...)
}

// fin writes the end of one direction, once.
func (t *tap) fin(from, to *side) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || from.fin {
		return
	}
	from.fin = true
	fin := t.segment(from, to, tcpFIN|tcpACK, nil)
	t.out.packets(t.clock(), fin, t.segment(to, from, tcpACK, nil))
}

// Read reads and notes what came, or that nothing more comes.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 {
		t.data(&t.app, &t.own, b[:n])
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.fin(&t.app, &t.own)
	}
	return n, err
}

// Write notes what goes before it goes, so that an answer never stands
// before its question.
func (t *tap) Write(b []byte) (int, error) {
	t.data(&t.own, &t.app, b)
	return t.Conn.Write(b)
}

// CloseWrite ends the direction to the app.
func (t *tap) CloseWrite() error {
	t.fin(&t.own, &t.app)
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close ends both directions.
func (t *tap) Close() error {
	t.fin(&t.own, &t.app)
	t.fin(&t.app, &t.own)
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	return t.Conn.Close()
}
