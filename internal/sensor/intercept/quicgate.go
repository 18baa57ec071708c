package intercept

import (
	"crypto/rand"
	"net"
	"sync/atomic"

	"github.com/quic-go/quic-go"
)

// gate is the way to the app. Nothing passes before it is known that the
// connection is opened: another might answer the app after all.
type gate struct {
	net.PacketConn
	open atomic.Bool
}

// WriteTo drops what comes too early, as networks do.
func (g *gate) WriteTo(b []byte, to net.Addr) (int, error) {
	if !g.open.Load() {
		return len(b), nil
	}
	return g.PacketConn.WriteTo(b, to)
}

// SetReadBuffer does nothing. That there is such a method keeps quic-go from
// complaining on the standard error stream.
func (*gate) SetReadBuffer(int) error { return nil }

// SetWriteBuffer does nothing.
func (*gate) SetWriteBuffer(int) error { return nil }

// socket is a connected socket as quic-go wants it.
type socket struct{ net.Conn }

// ReadFrom returns what the server sent.
func (s socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := s.Read(b)
	return n, s.RemoteAddr(), err
}

// WriteTo sends to the server, whatever the address.
func (s socket) WriteTo(b []byte, _ net.Addr) (int, error) { return s.Write(b) }

// SetReadBuffer asks the system for room and takes what it gives.
func (s socket) SetReadBuffer(n int) error {
	if c, ok := s.Conn.(interface{ SetReadBuffer(int) error }); ok {
		_ = c.SetReadBuffer(n) // less is slower, and works
	}
	return nil
}

// SetWriteBuffer is as SetReadBuffer.
func (s socket) SetWriteBuffer(n int) error {
	if c, ok := s.Conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = c.SetWriteBuffer(n)
	}
	return nil
}

// tagged makes connection IDs that begin with a tag.
type tagged [4]byte

// idSize is how long they are.
const idSize = 8

// GenerateConnectionID makes another one.
func (t tagged) GenerateConnectionID() (quic.ConnectionID, error) {
	var b [idSize]byte
	copy(b[:], t[:])
	if _, err := rand.Read(b[len(t):]); err != nil {
		return quic.ConnectionID{}, err
	}
	return quic.ConnectionIDFromBytes(b[:]), nil
}

// ConnectionIDLen is idSize.
func (tagged) ConnectionIDLen() int { return idSize }
