package box

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/trust"
)

// trustInside is where programs inside find the authority.
const trustInside = "/run/telltale"

// Config says what boxes are made of. Self, Dir, Authority and Sink are
// required.
type Config struct {
	// Self is the command line by which this very program calls
	// sandbox.Init.
	Self []string
	// Dir is a directory of the run's own, on which nobody else relies.
	Dir string
	// Authority issues what programs are shown in servers' places.
	Authority *authority.Authority
	// Roots are whom servers are checked against.
	Roots *authority.Roots
	// Sink keeps connections.
	Sink tape.Sink
	// Packets keeps packets and the keys that open them; nil: nobody.
	Packets *Packets
	// KeyLog gets the TLS keys of both legs; nil means nobody.
	KeyLog io.Writer
	Maps   []gateway.Map
	QUIC   gateway.QUIC
	// Strict refuses programs that do not accept the authority for as long
	// as they do not.
	Strict bool
	// Hidden are directories of the host that programs do not see, such as
	// that of the authority.
	Hidden []string
	// Linger is how long connections whose program has ended may take to
	// bring the rest of what it sent to the server: 5 s if zero.
	Linger time.Duration
	// Clock is used from many goroutines. Random makes keys.
	Clock telltale.Clock
	// Log gets what may interest whoever runs this; nil means nobody.
	Log *slog.Logger
}

// Program is what is run in a box.
type Program struct {
	Args []string
	// Env is its environment as it would be without the box, NAME=value.
	Env            []string
	Dir            string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Writable are directories and files of the host that it may write.
	Writable []string
	Display  bool
}

// Box runs programs, each in a sandbox and behind a gateway of its own, and
// several at a time.
type Box struct {
	cfg         Config
	interceptor *intercept.Interceptor
	trust       *trust.Shelf
	open        gateways
}

// New makes a box.
func New(c Config) (*Box, error) {
	b := &Box{cfg: c, open: gateways{set: map[*gateway.Gateway]struct{}{}}}
	files, err := os.MkdirTemp(c.Dir, "trust-")
	if err != nil {
		return nil, fmt.Errorf("a directory for what programs are to trust: %w", err)
	}
	b.trust = trust.NewShelf(trust.Config{Dir: files, Inside: trustInside, Authority: c.Authority.Certificate().Raw})
	var secrets io.Writer
	if c.Packets != nil {
		secrets = c.Packets
	}
	b.interceptor, err = intercept.New(intercept.Config{
		Authority: c.Authority, Sink: c.Sink, Clock: c.Clock, Secrets: secrets, KeyLog: c.KeyLog,
		Roots: c.Roots.Pool, Strict: c.Strict, Log: c.Log,
	})
	return b, err
}

// Run runs a program until the last process inside has ended, or ctx does,
// and what was sent has been carried and recorded.
func (b *Box) Run(ctx context.Context, p Program) (exit sandbox.Exit, err error) {
	dir, err := os.MkdirTemp(b.cfg.Dir, "box-")
	if err != nil {
		return exit, fmt.Errorf("a directory for the sandbox: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys, err := listenKeys(filepath.Join(dir, "keys"), b.keyWriters()...)
	if err != nil {
		return exit, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	config, err := b.sandbox(p, dir, keys.path)
	if err != nil {
		return exit, err
	}
	s, err := sandbox.Start(ctx, config)
	if err != nil {
		return exit, err
	}
	g, err := b.gateway(s)
	if err == nil {
		// The end of ctx ends the sandbox; what it had sent is still recorded.
		err = g.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return exit, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	defer b.open.add(g)()
	exit, err = s.Wait()
	b.drain(ctx, g)
	return exit, errors.Join(err, g.Close())
}

// keyWriters get the keys that programs inside write down themselves.
func (b *Box) keyWriters() (all []io.Writer) {
	if b.cfg.Packets != nil {
		all = append(all, b.cfg.Packets)
	}
	if b.cfg.KeyLog != nil {
		all = append(all, b.cfg.KeyLog)
	}
	return all
}

// sandbox says what a program finds inside.
func (b *Box) sandbox(p Program, dir, pipe string) (sandbox.Config, error) {
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		return sandbox.Config{}, err
	}
	made, err := b.trust.For(p.Env, home)
	if err != nil {
		return sandbox.Config{}, err
	}
	c := sandbox.Config{
		Self: b.cfg.Self, Args: p.Args, Dir: p.Dir, Env: slices.Concat(p.Env, made.Env, []string{"SSLKEYLOGFILE=" + pipe}),
		Stdin: p.Stdin, Stdout: p.Stdout, Stderr: p.Stderr,
		Home: home, Display: p.Display, Hidden: b.cfg.Hidden, Writable: append([]string{filepath.Dir(pipe)}, p.Writable...),
	}
	for _, bind := range made.Binds {
		c.Binds = append(c.Binds, sandbox.Bind{Source: bind.Source, Path: bind.Path})
	}
	return c, nil
}

// gateway joins the sandbox's link and what opens TLS.
func (b *Box) gateway(s *sandbox.Sandbox) (*gateway.Gateway, error) {
	inside := sandbox.Inside()
	c := gateway.Config{
		Link: s.Link(), MTU: sandbox.MTU, Addr4: inside.Gateway4, Addr6: inside.Gateway6,
		Sink: b.cfg.Sink, Maps: b.cfg.Maps, QUIC: b.cfg.QUIC, Clock: b.cfg.Clock, Owners: owners(s),
		NextID: b.open.nextID,
		Carry: func(ctx context.Context, app net.Conn, up gateway.Upstream) {
			// An error is that of the sink, and stays in it.
			_ = b.interceptor.Carry(ctx, app, intercept.Upstream(up))
		},
	}
	if c.QUIC == gateway.InterceptQUIC {
		c.CarryQUIC = func(ctx context.Context, app net.PacketConn, up gateway.QUICUpstream) (tape.Conn, bool) {
			return b.interceptor.CarryQUIC(ctx, app, intercept.QUICUpstream(up))
		}
	}
	if b.cfg.Packets != nil {
		c.Packets = b.cfg.Packets.packet
	}
	return gateway.New(c)
}

// owners find the programs of a sandbox by the socket that it opened inside,
// or without one.
func owners(s *sandbox.Sandbox) gateway.Owners {
	if inside := s.Sockets(); inside != nil {
		if by, err := gateway.NewOwnersBy(s.PID(), inside); err == nil {
			return by
		}
	}
	return gateway.NewOwners(s.PID())
}

// Settle waits until nothing is on its way to any gateway, or for the end
// of ctx.
func (b *Box) Settle(ctx context.Context) {
	for _, g := range b.open.all() {
		_ = g.Settle(ctx) // the end of ctx is no failure
	}
}

// Failed returns the error that made recording impossible, nil if none did.
func (b *Box) Failed() error { return b.interceptor.Failed() }

// drain waits until what programs have sent has reached whom it was for.
func (b *Box) drain(ctx context.Context, g *gateway.Gateway) {
	patience, cancel := context.WithTimeout(ctx, cmp.Or(b.cfg.Linger, 5*time.Second))
	defer cancel()
	_ = g.Quiet(patience) // what is still open then is closed and recorded so
}
