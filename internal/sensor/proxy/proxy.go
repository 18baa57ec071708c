// Package proxy is the portable sensor: a proxy on loopback, which the app is
// asked to use by its environment. It speaks HTTP and SOCKS5, opens TLS with
// certificates of an authority that is made for the case, and makes requests
// and answers out of the octets that pass.
//
// It is made of the parts that the sandbox and the commands are made of: front
// meets the app, intercept carries, views records. What is its own is the
// knowledge of when nothing is in progress.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/front"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/tap"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

var (
	_ telltale.Sensor  = (*Proxy)(nil)
	_ telltale.Quieter = (*Proxy)(nil)
)

// Proxy is the sensor. Make it with New.
type Proxy struct {
	cfg     Config
	ca      *authority.Authority
	roots   *authority.Roots
	capture *pcapng.Writer // nil without Config.Capture
	begun   *begun

	// Set by Start, before anybody reads them.
	views       *views.Views
	interceptor *intercept.Interceptor
	end         context.CancelFunc
	done        chan struct{} // closed when nothing is served any more

	mu      sync.Mutex
	started bool
	stopped bool
	err     error // the first that made recording impossible
}

// New makes a proxy and its certificate authority, or loads the authority
// that Config.Dir already holds. Nothing listens yet.
func New(c Config) (*Proxy, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Proxy{cfg: c, begun: newBegun(), done: make(chan struct{})}
	if p.roots, err = authority.LoadRoots(c.UpstreamCAs); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if p.ca, err = authority.Load(authority.Config{Dir: c.Dir, Clock: c.Clock, Random: c.Random}); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := p.ca.WriteBundle(p.roots.PEM); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if c.Capture == nil {
		return p, nil
	}
	p.capture, err = pcapng.NewWriter(c.Capture, pcapng.Options{
		Application: "telltale " + telltale.Version,
		Comments:    []string{"Packets made of what passed through a proxy."},
		Interfaces:  []pcapng.Interface{{Name: "proxy", Link: pcapng.LinkRaw, Description: "between the app and the servers it asked for"}},
	})
	if err != nil {
		return nil, fmt.Errorf("proxy: begin the capture: %w", err)
	}
	return p, nil
}

// Start listens and returns the environment that makes an app use the proxy.
// The watch goes on until Stop, even if ctx ends.
func (p *Proxy) Start(ctx context.Context, r telltale.Recorder) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.stopped {
		return nil, errors.New("proxy: started twice, or after Stop; make a new one with New")
	}
	p.views = views.New(views.Config{Recorder: r, Sensor: Name, Clock: p.cfg.Clock, Limits: p.cfg.Views})
	f, err := p.listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p.started = true
	ctx, p.end = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(p.done)
		p.fail(f.Serve(ctx))
	}()
	return p.env(f.Addr().String()), nil
}

// listen joins the parts.
func (p *Proxy) listen(ctx context.Context) (*front.Front, error) {
	sink := noting{begun: p.begun, to: p.views, failed: p.uncaptured}
	c := intercept.Config{
		Authority: p.ca, Sink: sink, Clock: p.cfg.Clock, Roots: p.roots.Pool, Limits: p.cfg.Limits, Log: p.cfg.Log,
	}
	if p.capture != nil {
		c.Secrets = p.capture
	}
	var err error
	if p.interceptor, err = intercept.New(c); err != nil {
		return nil, err
	}
	return front.Listen(ctx, front.Config{
		Carry: tap.Carrier(p.interceptor.Carry).Tapped(p.capture, p.cfg.Clock), Sink: sink, Listen: p.cfg.Listen, Dial: p.dial,
		Owner: owner(), Begun: p.begun.begin, NextID: p.begun.nextID, Clock: p.cfg.Clock, Log: p.cfg.Log,
	})
}

// uncaptured is why packets can no longer be kept.
func (p *Proxy) uncaptured() error {
	if p.capture == nil {
		return nil
	}
	return p.capture.Err()
}

// dial connects to a host in the app's place.
func (p *Proxy) dial(ctx context.Context, host string, port int) (conn net.Conn, mapped bool, err error) {
	addr, err := p.cfg.Resolve(ctx, host, port)
	if err != nil {
		return nil, false, err
	}
	conn, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
	return conn, false, err
}

// owner finds the program at the app's end, where that can be known.
func owner() func(app, own netip.AddrPort) tape.Process {
	owners := gateway.NewHostOwners()
	if owners == nil {
		return nil
	}
	return func(app, own netip.AddrPort) tape.Process { return owners.Owner("tcp", app, own) }
}

// Stop ends the watch: open connections are closed and recorded. It returns
// the error that made recording impossible, if there was one, or that of ctx
// when not everything could be recorded in time.
func (p *Proxy) Stop(ctx context.Context) error {
	p.mu.Lock()
	started := p.started
	p.stopped = true
	p.mu.Unlock()
	if !started {
		return nil
	}
	p.end()
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("proxy: stop: connections are still being recorded: %w", ctx.Err())
	}
	p.fail(p.views.Finish())
	if p.capture != nil {
		p.fail(p.capture.Flush())
	}
	return p.Failed()
}

// Failed returns the error that ended the watch, nil while it goes on.
func (p *Proxy) Failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && p.started {
		p.err = p.interceptor.Failed()
	}
	if p.err == nil {
		p.err = p.uncaptured()
	}
	return p.err
}

// fail remembers the first error.
func (p *Proxy) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("proxy: %w", err)
	}
}

// Quiet waits until no exchange is in progress and all ended ones are
// recorded, or until ctx is done; then what may go on for ever is recorded as
// far as it has come.
func (p *Proxy) Quiet(ctx context.Context) {
	p.begun.wait(ctx)
	p.views.Quiet(ctx)
}
