// Package proxy is the portable sensor: an intercepting HTTP/1.1 and HTTPS
// proxy on loopback, which the app is asked to use by its environment.
//
// It keeps what passed, byte for byte, on both legs: between the app and the
// proxy, and between the proxy and the server. So it forwards what the app
// wrote, header order, case and flaws included, and changes only what a
// proxy must: the request target from absolute to origin form, and headers
// addressed to the proxy. The difference shows in the bytes of the two legs.
//
// TLS inside CONNECT is opened with certificates of an authority that is
// made for the case. An app that refuses them is left alone from then on:
// its connections to that host pass unopened and are recorded as opaque.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
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
	capture *capture // nil without Config.Capture
	pending *pending
	pinned  *pinned
	held    pool
	slots   chan struct{}

	recorder telltale.Recorder // set by Start, before anybody reads it
	listener net.Listener
	base     context.Context
	cancel   context.CancelFunc
	workers  sync.WaitGroup

	mu       sync.Mutex
	started  bool
	stopping bool
	err      error // the first that made recording impossible
	open     map[net.Conn]struct{}
	conns    int
}

// New makes a proxy and its certificate authority, or loads the authority
// that Config.Dir already holds. Nothing listens yet.
func New(c Config) (*Proxy, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	roots, err := authority.LoadRoots(c.UpstreamCAs)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	ca, err := authority.Load(authority.Config{Dir: c.Dir, Clock: c.Clock, Random: c.Random})
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := ca.WriteBundle(roots.PEM); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{
		cfg: c, ca: ca, roots: roots, pending: newPending(), pinned: newPinned(),
		slots: make(chan struct{}, c.Limits.Conns), open: map[net.Conn]struct{}{},
	}
	p.held.left.Store(c.Limits.Held)
	if c.Capture != nil {
		if p.capture, err = newCapture(c.Capture, c.Limits.Capture); err != nil {
			return nil, fmt.Errorf("proxy: begin the capture: %w", err)
		}
	}
	return p, nil
}

// View tells what a proxy sees and what goes past it.
func (p *Proxy) View() []telltale.Coverage {
	var all []telltale.Coverage
	for _, what := range []string{
		"HTTP requests and responses that go through the proxy, byte for byte on both legs",
		"HTTPS through the proxy, opened with a certificate authority of the case, if the app trusts it",
		"other tunnels through the proxy (CONNECT): where to, when, how much, and the bytes as they are",
		"requests that failed because the server refused, was not there or could not be verified",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, Sees: true, What: what})
	}
	for _, what := range []string{
		"connections of an app that does not use the proxy from its environment",
		"UDP of any sort: DNS, QUIC (HTTP/3), calls",
		"content of TLS connections whose certificates the app pins: passed unopened after the first refusal",
		"HTTP/2: apps are offered HTTP/1.1 only",
		"what leaves the machine by other programs on the app's behalf, or later than the watch",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, What: what})
	}
	return all
}

// Start listens and returns the environment that makes an app use the proxy.
// The watch goes on until Stop, even if ctx ends.
func (p *Proxy) Start(ctx context.Context, r telltale.Recorder) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.stopping {
		return nil, errors.New("proxy: started twice, or after Stop; make a new one with New")
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("proxy: listen: %w; is another run using the address?", err)
	}
	p.started, p.listener, p.recorder = true, l, r
	p.base, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.workers.Add(1)
	go p.accept(l)
	return p.env(l.Addr().String()), nil
}

// accept serves connections until the listener is closed.
func (p *Proxy) accept(l net.Listener) {
	defer p.workers.Done()
	for {
		select {
		case p.slots <- struct{}{}:
		case <-p.base.Done():
			return
		}
		conn, err := l.Accept()
		if err != nil {
			<-p.slots
			if p.base.Err() == nil && !errors.Is(err, net.ErrClosed) {
				p.fail(fmt.Errorf("proxy: accept: %w", err))
			}
			return
		}
		p.workers.Add(1)
		go func() {
			defer p.workers.Done()
			defer func() { <-p.slots }()
			p.serve(conn)
		}()
	}
}

// Stop ends the watch: open connections are closed and recorded. It returns
// the error that made recording impossible, if there was one, or that of ctx
// when not everything could be recorded in time.
func (p *Proxy) Stop(ctx context.Context) error {
	p.shut(nil)
	done := make(chan struct{})
	go func() {
		p.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return fmt.Errorf("proxy: stop: connections are still being recorded: %w", ctx.Err())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Failed returns the error that ended the watch, nil while it goes on.
func (p *Proxy) Failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// fail stops the watch for good: what cannot be recorded must not pass.
func (p *Proxy) fail(err error) {
	p.cfg.Log.Error("the watch ends", "error", err)
	p.shut(err)
}

// shut remembers the first error and closes everything that is open. The
// goroutines then end by themselves.
func (p *Proxy) shut(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
	if p.stopping || !p.started {
		p.stopping = true
		return
	}
	p.stopping = true
	p.cancel()
	_ = p.listener.Close() // nothing was promised to those who wait in it
	for conn := range p.open {
		_ = conn.Close()
	}
}

// track notes an open connection, so that shut can close it. It reports
// false, and closes the connection, if that has already happened.
func (p *Proxy) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping {
		_ = conn.Close()
		return false
	}
	p.open[conn] = struct{}{}
	return true
}

// drop closes a connection and forgets it.
func (p *Proxy) drop(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}

// ended reports whether the watch is over.
func (p *Proxy) ended() bool { return p.base.Err() != nil }

// connID names the next connection of the app.
func (p *Proxy) connID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns++
	return fmt.Sprintf("%s-%06d", Name, p.conns)
}

// Quiet waits until no exchange is open and all ended ones are recorded, or
// until ctx is done.
func (p *Proxy) Quiet(ctx context.Context) { p.pending.wait(ctx) }
