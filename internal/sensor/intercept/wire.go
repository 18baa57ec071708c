package intercept

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
)

// wire is a connection whose octets can be read ahead and put back.
type wire struct {
	net.Conn
	ahead []byte // put back, to be read first
	// app is the handshake's configuration, of a wire under TLS with the app.
	app *handshake
	// taken counts what was read; ended says that the other end closed.
	taken atomic.Int64
	ended atomic.Bool
}

// Read reads what was put back, then the connection.
func (w *wire) Read(b []byte) (int, error) {
	if len(w.ahead) > 0 {
		n := copy(b, w.ahead)
		if w.ahead = w.ahead[n:]; len(w.ahead) == 0 {
			w.ahead = nil
		}
		return n, nil
	}
	n, err := w.Conn.Read(b)
	w.taken.Add(int64(n))
	if errors.Is(err, io.EOF) {
		w.ended.Store(true)
	}
	return n, err
}

// unread puts octets back. They are copied.
func (w *wire) unread(b []byte) {
	w.ahead = append(append(make([]byte, 0, len(b)+len(w.ahead)), b...), w.ahead...)
}

// CloseWrite tells the other end that nothing more comes, as far as the
// connection can say that.
func (w *wire) CloseWrite() error {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return w.Close()
}

// abort ends the connection as a reset does, if it can.
func (w *wire) abort() {
	switch conn := w.Conn.(type) {
	case interface{ Abort() }:
		conn.Abort()
	case interface{ Abort() error }:
		_ = conn.Abort() // already closed is as good
	case interface{ SetLinger(sec int) error }:
		_ = conn.SetLinger(0) // if it fails, the end is an ordinary one
	}
	_ = w.Close()
}

// leg is what is between us and one end.
type leg struct {
	bottom *wire // the connection as it came
	top    *wire // what is read and written: the bottom, or TLS on it
}

func newLeg(c net.Conn) *leg {
	w := &wire{Conn: c}
	return &leg{bottom: w, top: w}
}

func (l *leg) secure() bool { return l.top != l.bottom }

// truncated reports that the other end closed without saying so in TLS.
func (l *leg) truncated() bool { return l.secure() && l.bottom.ended.Load() }
