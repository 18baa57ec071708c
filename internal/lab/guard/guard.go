// Package guard is the one place through which the lab network binds and
// dials. The lab spies on its own synthetic people; guard is what keeps it
// from ever touching anybody else: every address that is not a literal
// loopback address, and every host name that is not under .test, is refused.
// There is no option that turns this off. In the sandbox of an audit, where
// nothing of loopback can be reached, names under .test have addresses of
// 198.18.0.0/15, which no network carries; those are dialled, by name only.
package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// ErrNotLoopback is wrapped by every refusal of an address.
var ErrNotLoopback = errors.New("the lab network stays on loopback")

// ErrNotTest is wrapped by every refusal of a host name.
var ErrNotTest = errors.New("the lab network knows names under .test only")

// dialTimeout bounds one connection attempt. Loopback answers at once or not
// at all.
const dialTimeout = 5 * time.Second

// Check refuses every address but "IP:port" with a literal loopback IP
// (127.0.0.0/8 or ::1). Names are refused too, "localhost" included, because
// what they resolve to is not ours to decide.
func Check(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %q is not IP:port (%w); use an address such as 127.0.0.1:8080", ErrNotLoopback, addr, err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%w: the port of %q is not a number up to 65535", ErrNotLoopback, addr)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return fmt.Errorf("%w: %q is a name, not an IP address; use an address such as 127.0.0.1:8080", ErrNotLoopback, addr)
	}
	if !loopback(ip) {
		return fmt.Errorf("%w: %q is not a loopback address; use 127.x.y.z or [::1]", ErrNotLoopback, addr)
	}
	return nil
}

func loopback(ip netip.Addr) bool {
	return ip.Zone() == "" && ip.Unmap().IsLoopback()
}

// checkNetwork admits TCP only: sockets of other kinds are not needed, and
// what is not needed cannot leak.
func checkNetwork(network string) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	return fmt.Errorf("%w: network %q is refused; use tcp, tcp4 or tcp6", ErrNotLoopback, network)
}

// Listen listens on a loopback address ("IP:port", port 0 for any). The
// listener closes connections whose other end is not loopback as well.
func Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	if err := checkNetwork(network); err != nil {
		return nil, err
	}
	if err := Check(addr); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return Guarded(ln), nil
}

// Guarded wraps a listener that was made elsewhere so that it accepts
// connections from loopback only.
func Guarded(ln net.Listener) net.Listener { return &listener{ln} }

type listener struct{ net.Listener }

// Accept returns the next connection from loopback and closes all others.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if addr := conn.RemoteAddr(); addr != nil && Check(addr.String()) == nil {
			return conn, nil
		}
		conn.Close()
	}
}

// Dial connects to a loopback address ("IP:port").
func Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := checkNetwork(network); err != nil {
		return nil, err
	}
	if err := Check(addr); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return conn, nil
}

// Pick returns "IP:port" with a port that is free now on the wished loopback
// address (without port, as in "127.87.0.3"). Where the system has only
// 127.0.0.1 (macOS), that one is used instead. The port is not reserved: bind
// soon.
func Pick(ctx context.Context, ip string) (string, error) {
	if err := Check(net.JoinHostPort(ip, "0")); err != nil {
		return "", err
	}
	addr, err := freePort(ctx, ip)
	if err != nil && ip != "127.0.0.1" {
		addr, err = freePort(ctx, "127.0.0.1")
	}
	return addr, err
}

func freePort(ctx context.Context, ip string) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", fmt.Errorf("no free port on %s: %w", ip, err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
