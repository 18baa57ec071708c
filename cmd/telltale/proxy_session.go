package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/front"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/proxy"
	"example.org/telltale/internal/sensor/tap"
	"example.org/telltale/internal/sensor/tape"
)

// packetDelay is how long packets stay in memory at most.
const packetDelay = 200 * time.Millisecond

// proxyRun is one life of a proxy, and what keeps what passes.
type proxyRun struct {
	recording
	options     proxyOptions
	maps        map[string]netip.AddrPort
	interceptor *intercept.Interceptor
	capture     *pcapng.Writer
}

// run serves until ctx ends or nothing more can be kept.
func (r *proxyRun) run(ctx context.Context) (err error) {
	defer func() {
		if err = errors.Join(err, r.close()); err == nil && !r.keep.quiet {
			r.tally.print(r.app.stderr)
		}
	}()
	if err := r.prepare(); err != nil {
		return err
	}
	dir, err := r.authorityDir()
	if err != nil {
		return err
	}
	ca, err := authority.Load(authority.Config{Dir: dir, Clock: r.app.clock, Random: r.app.random})
	if err != nil {
		return err
	}
	if err := r.intercept(ca); err != nil {
		return err
	}
	user, password, _ := strings.Cut(r.options.auth, ":")
	f, err := front.Listen(ctx, front.Config{
		Carry: tap.Carrier(r.interceptor.Carry).Tapped(r.capture, r.app.clock), Sink: r.sink(),
		Listen: r.options.listen, Dial: r.dial, User: user, Password: password,
		Certificate: ca.PEM(), Owner: owner(), Clock: r.app.clock,
	})
	if err != nil {
		return err
	}
	if err := r.record.begin([]string{"proxy"}, proxy.Name, proxy.View()); err != nil {
		return err
	}
	if err := r.introduce(f.Addr(), ca.CertPath()); err != nil {
		return err
	}
	return until(ctx, f.Serve(ctx))
}

// prepare opens everything that keeps what passes.
func (r *proxyRun) prepare() error {
	maps, err := r.options.names()
	if err != nil {
		return err
	}
	r.maps = map[string]netip.AddrPort{}
	for _, m := range maps {
		r.maps[strings.ToLower(m.Name)] = m.To
	}
	if err := r.open(proxy.Name); err != nil {
		return err
	}
	if r.packets == nil {
		return nil
	}
	r.capture, err = pcapng.NewWriter(r.packets, pcapng.Options{
		Application: "telltale " + telltale.Version, Limit: r.keep.pcapLimit, Delay: packetDelay,
		Comments:   []string{"Packets made of what passed through a proxy."},
		Interfaces: []pcapng.Interface{{Name: "proxy", Link: pcapng.LinkRaw, Description: "between apps and the servers they asked for"}},
	})
	if err == nil {
		r.later(r.capture.Close)
		r.tally.capture = r.capture
	}
	return err
}

// intercept makes what opens TLS.
func (r *proxyRun) intercept(ca *authority.Authority) error {
	roots, err := authority.LoadRoots(r.options.authorities)
	if err != nil {
		return err
	}
	c := intercept.Config{
		Authority: ca, Sink: r.sink(), Clock: r.app.clock, KeyLog: r.keyLog, Roots: roots.Pool, Strict: r.options.strict,
	}
	if r.capture != nil {
		c.Secrets = r.capture
	}
	r.interceptor, err = intercept.New(c)
	return err
}

// dial connects to a host in the app's place.
func (r *proxyRun) dial(ctx context.Context, host string, port int) (net.Conn, bool, error) {
	target := net.JoinHostPort(host, strconv.Itoa(port))
	to, mapped := r.maps[strings.ToLower(host)]
	if mapped {
		if to.Port() == 0 {
			to = netip.AddrPortFrom(to.Addr(), uint16(port))
		}
		target = to.String()
	}
	var d net.Dialer
	if !mapped && !r.options.local() {
		d.Control = notHere
	}
	conn, err := d.DialContext(ctx, "tcp", target)
	return conn, mapped || r.options.anyAuthority, err
}

// notHere keeps other devices from what listens on this machine's loopback.
func notHere(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := ap.Addr().Unmap(); ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() {
		return fmt.Errorf("%s is this machine's own: name it with --map if other devices may reach it", ip)
	}
	return nil
}

// owner finds the program at the app's end, if it runs here.
func owner() func(app, own netip.AddrPort) tape.Process {
	owners := gateway.NewHostOwners()
	if owners == nil {
		return nil
	}
	return func(app, own netip.AddrPort) tape.Process { return owners.Owner("tcp", app, own) }
}
