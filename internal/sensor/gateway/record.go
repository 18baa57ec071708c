package gateway

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

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
	if g.cfg.Packets != nil {
		g.known.set(flowKey{protocol(transport, dst.Addr()), src, dst}, c.Process)
	}
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

// processes are the owners of the latest exchanges, for the packets: the last
// ones come when an exchange is over.
type processes struct {
	mu    sync.RWMutex
	byKey map[flowKey]tape.Process
	// order of arrival, from next on: the oldest is forgotten first.
	order []flowKey
	next  int
}

// maxOwners bounds how many exchanges' owners are remembered.
const maxOwners = 1 << 16

// set notes who owns an exchange; nobody, if that is not known.
func (p *processes) set(key flowKey, owner tape.Process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byKey == nil {
		p.byKey = map[flowKey]tape.Process{}
	}
	if _, again := p.byKey[key]; !again {
		p.enter(key)
	}
	p.byKey[key] = owner
}

func (p *processes) enter(key flowKey) {
	if len(p.order) < maxOwners {
		p.order = append(p.order, key)
		return
	}
	delete(p.byKey, p.order[p.next])
	p.order[p.next] = key
	p.next = (p.next + 1) % maxOwners
}

func (p *processes) get(key flowKey) tape.Process {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.byKey[key]
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
// pings are under way, and datagrams not yet passed on. Whether a datagram
// will be answered nobody can know, so waiting for that does not count.
func (g *Gateway) InProgress() int {
	g.busy.mu.Lock()
	defer g.busy.mu.Unlock()
	return g.busy.n
}

// silence is how long no packet may have come for the link to be empty.
const silence = 50 * time.Millisecond

// Quiet waits until nothing is in progress and no packet is on its way, or
// for the end of ctx. After the last process inside has ended, Quiet and then
// Close lose nothing that it sent.
func (g *Gateway) Quiet(ctx context.Context) error {
	for {
		wait := silence - (time.Since(g.began) - time.Duration(g.last.Load()))
		if wait <= 0 && g.InProgress() == 0 {
			return nil
		}
		var come <-chan time.Time
		if wait > 0 {
			come = time.After(wait)
		}
		select {
		case <-come:
		case <-g.busy.rest(come != nil):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Settle waits until nothing is in the making and no packet is on its way:
// all that was sent has come to whom it concerns. Connections that stay open
// do not count. It ends with ctx as well.
func (g *Gateway) Settle(ctx context.Context) error {
	for {
		wait := silence - (time.Since(g.began) - time.Duration(g.last.Load()))
		if wait <= 0 && int64(g.InProgress()) <= g.carried.Load() {
			return nil
		}
		select {
		case <-time.After(max(wait, silence/5)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest is closed when nothing is in progress; it is nil if later is to be
// waited for anyway.
func (b *busy) rest(later bool) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if later {
		return nil
	}
	idle := b.idle
	if idle == nil {
		idle = make(chan struct{})
	}
	if b.n == 0 {
		close(idle)
		b.idle = nil
	} else {
		b.idle = idle
	}
	return idle
}
