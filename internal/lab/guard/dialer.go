package guard

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxConnectHead bounds a proxy's answer to CONNECT.
const maxConnectHead = 8 << 10

// Dialer connects lab programs to one another by name.
type Dialer struct {
	// Names resolves when no Proxy is set.
	Names Names
	// Proxy is the "IP:port" of an HTTP proxy on loopback; empty for none.
	// With it every connection goes through the proxy, and names are sent to
	// it unresolved.
	Proxy string
	// Sandboxed: the program runs where names are resolved for it, to
	// addresses that stand for lab hosts; and nowhere else. Names are not used.
	Sandboxed bool
	// CAFile holds the certificates (PEM, one or more) that HTTPS servers are
	// checked against. No other certificate is trusted.
	CAFile string
}

// DialName connects to a host under .test. Without a proxy the address is
// that of Names, and port says only what the client asked for; with a proxy
// it asks for CONNECT host:port.
func (d Dialer) DialName(ctx context.Context, host string, port int) (net.Conn, error) {
	if err := CheckName(host); err != nil {
		return nil, err
	}
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("port %d of %s is not between 1 and 65535", port, host)
	}
	if d.Proxy != "" {
		return d.tunnel(ctx, net.JoinHostPort(host, strconv.Itoa(port)))
	}
	if d.Sandboxed {
		return dialStand(ctx, host, port)
	}
	addr, err := d.Names.Resolve(host)
	if err != nil {
		return nil, err
	}
	return Dial(ctx, "tcp", addr)
}

// stands reports whether an address is one of 198.18.0.0/15 (RFC 2544), which
// no network carries: inside a sandbox such an address stands for a host under
// .test, and leads nowhere else.
func stands(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.Is4() && ip.As4()[0] == 198 && ip.As4()[1]&^1 == 18
}

// dialStand connects to the address that stands for a host.
func dialStand(ctx context.Context, host string, port int) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return nil, err
	}
	for _, ip := range all {
		if stands(ip) {
			return new(net.Dialer).DialContext(ctx, "tcp", netip.AddrPortFrom(ip, uint16(port)).String())
		}
	}
	return nil, fmt.Errorf("%w: %s is at %v here; this is no sandbox of an audit", ErrNotLoopback, host, all)
}

// tunnel opens a connection to target ("host:port") through the proxy.
func (d Dialer) tunnel(ctx context.Context, target string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := Dial(ctx, "tcp", d.Proxy)
	if err != nil {
		return nil, fmt.Errorf("proxy for %s: %w", target, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = connect(conn, target)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("tunnel to %s through proxy %s: %w", target, d.Proxy, err)
	}
	return conn, nil
}

// connect asks for a tunnel and reads the head of the answer, not a byte more.
func connect(conn io.ReadWriter, target string) error {
	_, err := io.WriteString(conn, "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n\r\n")
	if err != nil {
		return err
	}
	head, err := readHead(conn)
	if err != nil {
		return err
	}
	return connected(head)
}

// readHead reads byte by byte up to the blank line, so that what follows
// stays in the connection. Heads are short and this happens once a tunnel.
func readHead(r io.Reader) (string, error) {
	var head []byte
	one := make([]byte, 1)
	for len(head) < maxConnectHead {
		if _, err := io.ReadFull(r, one); err != nil {
			return "", fmt.Errorf("answer ended after %d bytes: %w", len(head), err)
		}
		head = append(head, one[0])
		if strings.HasSuffix(string(head[max(0, len(head)-4):]), "\r\n\r\n") {
			return string(head), nil
		}
	}
	return "", fmt.Errorf("answer has no end after %d bytes", maxConnectHead)
}

// connected reports whether head grants the tunnel.
func connected(head string) error {
	line, _, _ := strings.Cut(head, "\r\n")
	proto, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(proto, "HTTP/1.") || len(code) != 3 || code[0] != '2' {
		return fmt.Errorf("refused: %.100q", line)
	}
	return nil
}
