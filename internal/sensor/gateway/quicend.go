package gateway

import (
	"net"
	"os"
	"sync"
	"time"
)

// maxEarly is how many datagrams of a connection are kept until it is known
// what becomes of it.
const maxEarly = 32

// quicEnd is the app's end of one QUIC connection, as who opens it has it. It
// is a net.PacketConn.
type quicEnd struct {
	x      *exchange
	in     chan []byte
	readBy deadline

	once   sync.Once
	closed chan struct{}

	mu sync.Mutex
	// early is what came until something was sent to the app.
	early []datagram
	// settled is called when it is known what becomes of the connection.
	settled func()
	spoken  bool
}

var _ net.PacketConn = (*quicEnd)(nil)

func newQUICEnd(x *exchange) *quicEnd {
	return &quicEnd{x: x, in: make(chan []byte, waiting), closed: make(chan struct{}), settled: x.g.busy.one()}
}

// hand gives a datagram to the connection, if it is there.
func (e *quicEnd) hand(d datagram) {
	e.mu.Lock()
	if !e.spoken && len(e.early) < maxEarly {
		early := d
		early.done = func() {}
		e.early = append(e.early, early)
	}
	e.mu.Unlock()
	select {
	case e.in <- d.payload:
	case <-e.closed:
	case <-e.x.ctx.Done():
	}
}

// settle says that it is known what becomes of the connection, and returns
// what came before.
func (e *quicEnd) settle() []datagram {
	e.mu.Lock()
	defer e.mu.Unlock()
	early := e.early
	if !e.spoken {
		e.spoken, e.early = true, nil
		e.settled()
	}
	return early
}

// over reports whether nobody reads any more.
func (e *quicEnd) over() bool { return isClosedChan(e.closed) }

// ReadFrom returns the next datagram of the app.
func (e *quicEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		select {
		case <-e.closed:
			return 0, nil, e.wrap("read", net.ErrClosed)
		case <-e.readBy.wait():
			return 0, nil, e.wrap("read", os.ErrDeadlineExceeded)
		default:
		}
		select {
		case p := <-e.in:
			return copy(b, p), e.app(), nil
		case <-e.readBy.wait():
		case <-e.closed:
		}
	}
}

// WriteTo sends a datagram to the app, from where it had sent its own to.
func (e *quicEnd) WriteTo(b []byte, _ net.Addr) (int, error) {
	if e.over() {
		return 0, e.wrap("write", net.ErrClosed)
	}
	e.settle()
	e.x.touch()
	e.x.g.sendUDP(e.x.key.dst, e.x.key.src, b)
	return len(b), nil
}

func (e *quicEnd) wrap(op string, err error) error {
	return &net.OpError{Op: op, Net: "udp", Addr: e.app(), Err: err}
}

func (e *quicEnd) app() net.Addr { return net.UDPAddrFromAddrPort(e.x.key.src) }

// LocalAddr is what the app addressed.
func (e *quicEnd) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(e.x.key.dst) }

// Close ends reads and writes.
func (e *quicEnd) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

// SetDeadline is SetReadDeadline: writes do not wait.
func (e *quicEnd) SetDeadline(t time.Time) error { return e.SetReadDeadline(t) }

// SetReadDeadline ends reads under way and to come at t.
func (e *quicEnd) SetReadDeadline(t time.Time) error {
	e.readBy.set(t)
	return nil
}

// SetWriteDeadline does nothing.
func (*quicEnd) SetWriteDeadline(time.Time) error { return nil }
