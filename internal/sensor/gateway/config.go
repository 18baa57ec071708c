package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Link carries raw IP packets between the sandbox and the gateway, one a
// call. Read is called by one goroutine; after an error it is not called
// again. Writes are one at a time. If the Link is an io.Closer, Close of the
// gateway closes it to end the Read under way.
type Link interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
}

// Owners finds the program behind a socket inside the sandbox. It is called
// from many goroutines.
type Owners interface {
	// Owner of the socket at src that talks to dst. proto is "tcp", "udp" or
	// "icmp" (the port of src is then the identifier). What is not known is
	// the zero Process.
	Owner(proto string, src, dst netip.AddrPort) tape.Process
}

// Resolver looks names up as the host does; *net.Resolver is one.
type Resolver interface {
	// LookupNetIP returns the addresses of host; network is "ip4" or "ip6".
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Upstream is the host's end of a TCP connection, dialled in the app's place.
type Upstream struct {
	// Conn to the server. It is a HalfConn.
	Conn net.Conn
	// Info is what is known so far; no tape has been opened for it.
	Info tape.Conn
	// Mapped says that the destination is one of Config.Maps.
	Mapped bool
	// Redial makes another connection to the same server.
	Redial func(context.Context) (net.Conn, error)
}

// HalfConn is what both ends of a carried connection are: each direction can
// be ended alone, and both at once by a reset. A Read that met a reset returns
// an error for which errors.Is(err, syscall.ECONNRESET).
type HalfConn interface {
	net.Conn
	// CloseWrite tells the peer that no more octets follow.
	CloseWrite() error
	// Abort sends a reset and frees the connection.
	Abort() error
}

// QUIC says what becomes of QUIC.
type QUIC string

// The ways with QUIC.
const (
	// RefuseQUIC answers that the port is unreachable: browsers and HTTP/3
	// clients then use TCP, which can be read.
	RefuseQUIC QUIC = "refuse"
	// PassQUIC carries the datagrams as they are.
	PassQUIC QUIC = "pass"
	// InterceptQUIC hands connections to Config.CarryQUIC, which opens them.
	InterceptQUIC QUIC = "intercept"
)

// QUICUpstream is where a QUIC connection of an app is to go.
type QUICUpstream struct {
	// Info is what is known of it so far; no tape has been opened for it.
	Info tape.Conn
	// Mapped says that the destination is one of Config.Maps.
	Mapped bool
	// Dial opens a socket on the host that sends to the server.
	Dial func(context.Context) (net.Conn, error)
	// NextID names the tapes of the connection's streams.
	NextID func() string
	// Tag must be what all connection IDs begin with that the app is given,
	// and these must have eight octets: its datagrams are told apart by them.
	Tag [4]byte
	// Busy is called when octets have come that are to be passed on, and
	// what it returns when they have been.
	Busy func() func()
}

// Limits bound what a program inside can make the gateway hold.
type Limits struct {
	// Connections is how many TCP connections may be open or in the making
	// at once; beyond that they are refused. Default 16384.
	Connections int
	// Queries is how many DNS queries and pings may wait for an answer at
	// once. Default 1024.
	Queries int
	// Flows is how many datagram exchanges are remembered; beyond that the
	// one that was silent for longest ends. Default 4096.
	Flows int
	// Dial is how long a connection attempt may take. The default of 130 s is
	// longer than Linux tries.
	Dial time.Duration
	// Answer is how long a DNS query or a ping waits. Default 10 s.
	Answer time.Duration
	// QUIC is how many QUIC connections may be open at once that are opened;
	// beyond that they are refused. Default 256.
	QUIC int
	// Idle ends a datagram exchange after so long a silence. Default 60 s.
	Idle time.Duration
}

// Config of a Gateway. Link and Sink must be given.
type Config struct {
	Link Link
	// MTU of the link in octets; 1500 if zero.
	MTU int
	// Addr4 and Addr6 are the gateway's own addresses, where only DNS and
	// pings are answered; either may be missing.
	Addr4, Addr6 netip.Addr
	Sink         tape.Sink
	// Packets, if set, is called with every packet of the link, in order and
	// one at a time, before the gateway acts on it. inbound packets are those
	// that the app receives. owner is the zero Process until it is known. p
	// must not be kept.
	Packets func(at time.Time, p []byte, inbound bool, owner tape.Process)
	// Carry takes over a TCP connection and closes both ends when it is
	// over. It must end when ctx does. nil records the octets as they are.
	Carry func(ctx context.Context, app net.Conn, up Upstream)
	// CarryQUIC carries a QUIC connection of which the app's datagrams come
	// from app, and closes app. It must end when ctx does. If it returns true
	// the datagrams are to pass as they are, for the reason in Error of what
	// it returns: it has sent none to the app, and opened no tape. It is
	// needed for InterceptQUIC.
	CarryQUIC func(ctx context.Context, app net.PacketConn, up QUICUpstream) (info tape.Conn, unopened bool)
	// Dial reaches the servers; a net.Dialer's DialContext if nil. network is
	// "tcp" or "udp", address an IP address with port.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolver answers A and AAAA queries; the host's if nil.
	Resolver Resolver
	// Exchange sends any other query, raw, to a name server; overTCP if the
	// app asked so. nil asks the name servers of /etc/resolv.conf.
	Exchange func(ctx context.Context, query []byte, overTCP bool) ([]byte, error)
	// Ping sends an echo request and returns the payload of the answer; an
	// unprivileged ping socket if nil.
	Ping func(ctx context.Context, to netip.Addr, payload []byte) ([]byte, error)
	Maps []Map
	// Owners finds the processes; nil leaves them unknown.
	Owners Owners
	// QUIC is RefuseQUIC if empty.
	QUIC   QUIC
	Clock  telltale.Clock
	Limits Limits
	// NextID names connections; "c000001" and so on if nil. It is called from
	// many goroutines.
	NextID func() string
}

// defaults fills in what was left out.
func (c *Config) defaults() error {
	if c.Link == nil || c.Sink == nil {
		return errors.New("gateway: Link and Sink must be given")
	}
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.MTU < 1280 || c.MTU > 65535 {
		return fmt.Errorf("gateway: an MTU of %d octets; IPv6 needs 1280, IP allows 65535", c.MTU)
	}
	if c.QUIC == "" {
		c.QUIC = RefuseQUIC
	}
	if c.QUIC != RefuseQUIC && c.QUIC != PassQUIC && c.QUIC != InterceptQUIC {
		return fmt.Errorf("gateway: unknown way %q with QUIC; use refuse, pass or intercept", c.QUIC)
	}
	if c.QUIC == InterceptQUIC && c.CarryQUIC == nil {
		return errors.New("gateway: QUIC is to be opened, and nobody does: set Config.CarryQUIC")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Resolver == nil {
		c.Resolver = &net.Resolver{PreferGo: true}
	}
	if c.Exchange == nil {
		c.Exchange = nameservers{path: "/etc/resolv.conf"}.exchange
	}
	if c.Ping == nil {
		c.Ping = ping
	}
	c.Limits.defaults()
	return nil
}

func (l *Limits) defaults() {
	for _, n := range []struct {
		at   *int
		most int
	}{{&l.Connections, 16384}, {&l.Queries, 1024}, {&l.Flows, 4096}, {&l.QUIC, 256}} {
		if *n.at <= 0 {
			*n.at = n.most
		}
	}
	for _, d := range []struct {
		at   *time.Duration
		most time.Duration
	}{{&l.Dial, 130 * time.Second}, {&l.Answer, 10 * time.Second}, {&l.Idle, time.Minute}} {
		if *d.at <= 0 {
			*d.at = d.most
		}
	}
}
