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
	mu sync.Mutex
	// n are all, carried those of them that are connections which stand.
	n, carried int
	// changed is closed at the next change, if anybody waits for it.
	changed chan struct{}
}

// one counts one more until the function it returns is called.
func (b *busy) one() func() {
	b.add(1, 0)
	return func() { b.add(-1, 0) }
}

// stands counts one of those under way as a connection, until the function it
// returns is called.
func (b *busy) stands() func() {
	b.add(0, 1)
	return func() { b.add(0, -1) }
}

func (b *busy) add(n, carried int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n, b.carried = b.n+n, b.carried+carried
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// look returns what is under way, and what is closed when that changes.
func (b *busy) look() (n, carried int, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.n, b.carried, b.changed
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
	return g.rest(ctx, func(n, _ int) bool { return n == 0 })
}

// Settle waits until nothing is in the making and no packet is on its way:
// all that was sent has come to whom it concerns. Connections that stay open
// do not count. It ends with ctx as well.
func (g *Gateway) Settle(ctx context.Context) error {
	return g.rest(ctx, func(n, carried int) bool { return n <= carried })
}

// rest waits until what is under way is as wanted, and the link was silent.
func (g *Gateway) rest(ctx context.Context, wanted func(n, carried int) bool) error {
	for {
		n, carried, changed := g.busy.look()
		wait := silence - (time.Since(g.began) - time.Duration(g.last.Load()))
		if wait <= 0 && wanted(n, carried) {
			return nil
		}
		var silent <-chan time.Time
		if wait > 0 {
			silent, changed = time.After(wait), nil
		}
		select {
		case <-silent:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
