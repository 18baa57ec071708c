// Package front is an explicit proxy for apps on this and other devices: one
// listener that speaks HTTP CONNECT, HTTP with absolute targets and SOCKS5.
// Each connection is handed on with its server's end, to be carried and kept
// as those of a gateway are.
package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
)

// Config says how the proxy works. Carry and Sink are required.
type Config struct {
	// Carry carries a connection and closes both ends. After an error nothing
	// more can be kept, and the front ends.
	Carry func(ctx context.Context, app net.Conn, up intercept.Upstream) error
	// Sink keeps attempts that failed.
	Sink tape.Sink
	// Listen is "address:port"; 127.0.0.1:0 if empty. On any other address
	// than loopback whoever reaches it can use the proxy: set a password.
	Listen string
	// Dial connects to a host, a name or an address, in the app's place;
	// mapped says that the user has told who that is. nil means a dialler
	// that asks the system's resolver.
	Dial func(ctx context.Context, host string, port int) (conn net.Conn, mapped bool, err error)
	// User and Password are asked for if User is not empty.
	User, Password string
	// Certificate is the authority's certificate, PEM. Who asks the proxy
	// itself for /ca.pem gets it, without a password.
	Certificate []byte
	// Owner names the program at the app's end, if it can; nil names none.
	Owner func(app, own netip.AddrPort) tape.Process
	// NextID names connections; nil means "p000001" and so on.
	NextID func() string
	// Begun is told of each connection when its first octet is there; what
	// it returns is called when the connection has ended. It may be nil.
	Begun func(id string) (ended func())
	// Clock tells times; nil means time.Now.
	Clock telltale.Clock
	// Conns is how many connections are served at once: 2000 if 0.
	Conns int
	// Log gets what may interest whoever runs this; nil means nobody.
	Log *slog.Logger
}

// How long an app may take to say where it wants to go, and how long a server
// may take to be there.
const (
	saying  = time.Minute
	dialing = 15 * time.Second
)

// Front is the proxy. Make it with Listen.
type Front struct {
	cfg      Config
	listener net.Listener
	slots    chan struct{}
	ids      atomic.Int64
	all      sync.WaitGroup
	end      context.CancelCauseFunc
}

// Listen makes a proxy and listens. Nothing is accepted before Serve.
func Listen(ctx context.Context, c Config) (*Front, error) {
	if c.Carry == nil || c.Sink == nil {
		return nil, errors.New("front: nobody carries or keeps connections: set Config.Carry and Config.Sink")
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Dial == nil {
		c.Dial = dial
	}
	if c.Conns <= 0 {
		c.Conns = 2000
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("front: listen on %q: %w; is another run using the address?", c.Listen, err)
	}
	return &Front{cfg: c, listener: l, slots: make(chan struct{}, c.Conns)}, nil
}

// Addr is where apps find the proxy.
func (f *Front) Addr() net.Addr { return f.listener.Addr() }

// Serve serves apps until ctx is done or nothing more can be kept, and
// returns the reason if it is the latter. All connections have ended and are
// kept then.
func (f *Front) Serve(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	f.end = end
	stop := context.AfterFunc(ctx, func() { _ = f.listener.Close() })
	defer stop()
	err := f.accept(ctx)
	end(err)
	f.all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (f *Front) accept(ctx context.Context) error {
	for {
		select {
		case f.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := f.listener.Accept()
		if err != nil {
			<-f.slots
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("front: accept: %w", err)
		}
		f.all.Go(func() {
			defer func() { <-f.slots }()
			if err := f.serve(ctx, conn); err != nil {
				f.cfg.Log.Error("the proxy ends", "error", err)
				f.end(err)
			}
		})
	}
}

// serve serves one connection. An error means that nothing more can be kept.
func (f *Front) serve(ctx context.Context, conn net.Conn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(saying))
	a := &app{f: f, Conn: conn, info: f.about(conn)}
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn, first); err != nil {
		return nil // an app that says nothing sends nothing
	}
	if f.cfg.Begun != nil {
		defer f.cfg.Begun(a.info.ID)()
	}
	if first[0] == socksVersion {
		return a.socks(ctx)
	}
	return a.http(ctx, first)
}

// about is what is known of a connection from the start.
func (f *Front) about(conn net.Conn) tape.Conn {
	src, own := addrPort(conn.RemoteAddr()), addrPort(conn.LocalAddr())
	info := tape.Conn{Start: f.cfg.Clock(), Proto: "tcp", Transport: "tcp", Src: src, Visibility: telltale.Clear}
	if f.cfg.NextID != nil {
		info.ID = f.cfg.NextID()
	} else {
		info.ID = fmt.Sprintf("p%06d", f.ids.Add(1))
	}
	if f.cfg.Owner != nil {
		info.Process = f.cfg.Owner(src, own)
	}
	return info
}

// addrPort takes IPv4 out of its IPv6 disguise.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port())
}
