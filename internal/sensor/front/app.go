package front

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// app is one connection of an app.
type app struct {
	net.Conn
	f    *Front
	info tape.Conn
	// read is what was read of the app and belongs to the server; more tells
	// what of it is still to come, if that is known.
	read []byte
	more *flow.Scanner
}

// place is where an app wants to go.
type place struct {
	host string
	port int
}

func (p place) String() string { return net.JoinHostPort(p.host, strconv.Itoa(p.port)) }

var errSelf = errors.New("that is the proxy itself")

// dial is how servers are dialled if the configuration says nothing.
func dial(ctx context.Context, host string, port int) (net.Conn, bool, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	return conn, false, err
}

// connect dials a place for the app. If that fails, the attempt is kept, and
// kept says if that failed too.
func (a *app) connect(ctx context.Context, to place) (up intercept.Upstream, failed, kept error) {
	a.info.Host = to.host
	if ip, err := netip.ParseAddr(to.host); err == nil {
		a.info.Host, a.info.Dst = "", netip.AddrPortFrom(ip.Unmap(), uint16(to.port))
	}
	conn, mapped, err := a.f.dial(ctx, to)
	if err != nil {
		if !a.info.Dst.IsValid() {
			a.info.Dst = netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(to.port))
		}
		return up, err, a.missed(describe(err))
	}
	a.info.Server = conn.RemoteAddr().String()
	if !a.info.Dst.IsValid() {
		a.info.Dst = netip.AddrPortFrom(addrPort(conn.RemoteAddr()).Addr(), uint16(to.port)) // the port that it asked for
	}
	again := func(ctx context.Context) (net.Conn, error) {
		conn, _, err := a.f.dial(ctx, to)
		return conn, err
	}
	return intercept.Upstream{Conn: conn, Info: a.info, Mapped: mapped, Redial: again}, nil, nil
}

func (f *Front) dial(ctx context.Context, to place) (net.Conn, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, dialing)
	defer cancel()
	conn, mapped, err := f.cfg.Dial(ctx, to.host, to.port)
	if err == nil && conn.RemoteAddr().String() == f.listener.Addr().String() {
		_ = conn.Close()
		return nil, false, errSelf
	}
	return conn, mapped, err
}

// missed keeps an attempt that came to nothing, with all that the app meant
// to send.
func (a *app) missed(why string) (kept error) {
	a.info.Error = why
	t, err := a.f.cfg.Sink.Open(a.info)
	if err != nil {
		return err
	}
	defer func() {
		a.info.End = a.f.cfg.Clock()
		kept = errors.Join(kept, t.Close(a.info))
	}()
	if len(a.read) == 0 {
		return nil
	}
	if err := t.Octets(true, a.f.cfg.Clock(), a.read); err != nil {
		return err
	}
	return a.rest(t)
}

// rest keeps what is still to come of a request that nobody will take.
func (a *app) rest(t tape.Tape) error {
	if a.more == nil {
		return nil
	}
	piece := make([]byte, 16<<10)
	for !a.more.Done() {
		n, err := a.Read(piece)
		if n = a.more.Scan(piece[:n]); n > 0 {
			if err := t.Octets(true, a.f.cfg.Clock(), piece[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return nil // it has gone, or taken too long
		}
	}
	return nil
}

// carry hands the connection on.
func (a *app) carry(ctx context.Context, up intercept.Upstream) error {
	_ = a.SetDeadline(time.Time{})
	if len(a.read) == 0 {
		return a.f.cfg.Carry(ctx, a.Conn, up)
	}
	return a.f.cfg.Carry(ctx, &begun{passing: passing{a.Conn}, read: a.read}, up)
}

// passing is a connection whose other abilities are kept under a wrapping.
type passing struct{ net.Conn }

// CloseWrite ends one direction, as far as the connection can.
func (p passing) CloseWrite() error {
	if half, ok := p.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return p.Close()
}

// SetLinger says how unsent data is treated by Close.
func (p passing) SetLinger(seconds int) error {
	if conn, ok := p.Conn.(interface{ SetLinger(int) error }); ok {
		return conn.SetLinger(seconds)
	}
	return errors.ErrUnsupported
}

// begun is an app's connection of which something was read already.
type begun struct {
	passing
	read []byte
}

// Read reads what was read already, then the connection.
func (b *begun) Read(p []byte) (int, error) {
	if len(b.read) > 0 {
		n := copy(p, b.read)
		b.read = b.read[n:]
		return n, nil
	}
	return b.passing.Read(p)
}

// describe says in a few words why a server could not be reached.
func describe(err error) string {
	var name *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return "no such name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	return err.Error()
}
