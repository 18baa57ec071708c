package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// flowKey names an exchange: the IP protocol, the app's end and what it
// addressed.
type flowKey struct {
	proto    uint8
	src, dst netip.AddrPort
}

// first is what is known when an exchange begins. It looks the owner up, and
// so must be called while the app waits.
func (g *Gateway) first(transport string, src, dst netip.AddrPort) tape.Conn {
	c := tape.Conn{
		ID: g.nextID(), Start: g.cfg.Clock(), Proto: transport, Transport: transport,
		Src: src, Dst: dst, Host: g.hostOf(dst.Addr()), Visibility: telltale.Clear,
	}
	if g.cfg.Owners != nil {
		c.Process = g.cfg.Owners.Owner(transport, src, dst)
	}
	if transport == "icmp" {
		c.Src, c.Dst = netip.AddrPortFrom(src.Addr(), 0), netip.AddrPortFrom(dst.Addr(), 0)
	}
	g.known.add(flowKey{protocol(transport, dst.Addr()), src, dst}, c.Process)
	return c
}

func protocol(transport string, dst netip.Addr) uint8 {
	switch {
	case transport == "tcp":
		return protoTCP
	case transport == "udp":
		return protoUDP
	case dst.Is4():
		return protoICMP
	}
	return protoICMPv6
}

// hostOf is the name that a was looked up by.
func (g *Gateway) hostOf(a netip.Addr) string {
	if name, ok := g.maps.names[a]; ok {
		return name
	}
	return g.names.name(a)
}

func (g *Gateway) nextID() string {
	if g.cfg.NextID != nil {
		return g.cfg.NextID()
	}
	return fmt.Sprintf("c%06d", g.serial.Add(1))
}

// open begins a tape. When the sink fails, the gateway does and carries
// nothing.
func (g *Gateway) open(c tape.Conn) (tape.Tape, bool) {
	t, err := g.cfg.Sink.Open(c)
	if err != nil {
		g.fail(fmt.Errorf("gateway: recording %s: %w", c.ID, err))
		return nil, false
	}
	return t, true
}

// failed records an attempt that carried nothing.
func (g *Gateway) failed(c tape.Conn, why string) {
	if t, ok := g.open(c); ok {
		c.Error = why
		g.finish(t, c)
	}
}

// finish completes a tape.
func (g *Gateway) finish(t tape.Tape, c tape.Conn) {
	c.End = g.cfg.Clock()
	if err := t.Close(c); err != nil {
		g.fail(fmt.Errorf("gateway: recording %s: %w", c.ID, err))
	}
}

// write adds octets to a tape and reports whether they were kept.
func (g *Gateway) write(t tape.Tape, id string, out bool, b []byte) bool {
	if err := t.Octets(out, g.cfg.Clock(), b); err != nil {
		g.fail(fmt.Errorf("gateway: recording %s: %w", id, err))
		return false
	}
	return true
}

// processes are the owners of the exchanges under way, for the packets.
type processes struct {
	mu    sync.RWMutex
	byKey map[flowKey]tape.Process
}

func (p *processes) add(key flowKey, owner tape.Process) {
	if owner.PID == 0 && owner.Name == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byKey == nil {
		p.byKey = map[flowKey]tape.Process{}
	}
	p.byKey[key] = owner
}

func (p *processes) get(key flowKey) tape.Process {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.byKey[key]
}

func (p *processes) drop(key flowKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byKey, key)
}

// busy counts what is under way.
type busy struct {
	mu   sync.Mutex
	n    int
	idle chan struct{}
}

// one counts one more until the function it returns is called.
func (b *busy) one() func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.n--; b.n == 0 && b.idle != nil {
			close(b.idle)
			b.idle = nil
		}
	}
}

// InProgress is how many TCP connections, attempts at one, DNS queries and
// pings are under way. Other datagram exchanges have no end that could be
// waited for and do not count.
func (g *Gateway) InProgress() int {
	g.busy.mu.Lock()
	defer g.busy.mu.Unlock()
	return g.busy.n
}

// Quiet waits until nothing is in progress, or for the end of ctx.
func (g *Gateway) Quiet(ctx context.Context) error {
	g.busy.mu.Lock()
	idle := make(chan struct{})
	if g.busy.n == 0 {
		close(idle)
	} else if g.busy.idle == nil {
		g.busy.idle = idle
	} else {
		idle = g.busy.idle
	}
	g.busy.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
