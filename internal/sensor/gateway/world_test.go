package gateway_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// giveUp is how long a test waits for what must come.
const giveUp = 4 * time.Minute

// The addresses of the world: the gateway's and the app's.
const (
	own4, app4 = "10.64.0.1", "10.64.0.2"
	own6, app6 = "fd00:64::1", "fd00:64::2"
)

// world is an app, as a TCP/IP stack, behind a gateway.
type world struct {
	t       *testing.T
	gateway *gateway.Gateway
	sink    *sink
	app     *stack.Stack
	end     *channel.Endpoint
	out     chan []byte
	ctx     context.Context
	// failed says that the gateway has told an error that the test wanted.
	failed bool
}

// start makes a world; change may alter the gateway's configuration.
func start(t *testing.T, change func(*gateway.Config)) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), giveUp)
	w := &world{t: t, sink: newSink(), out: make(chan []byte, 64), ctx: ctx, end: channel.New(1<<14, 1500, "")}
	w.app = appStack(t, w.end)
	link := &link{w: w, closed: make(chan struct{})}
	cfg := gateway.Config{
		Link: link, Addr4: netip.MustParseAddr(own4), Addr6: netip.MustParseAddr(own6), Sink: w.sink,
		Resolver: noNames{}, Limits: gateway.Limits{Idle: time.Hour},
		Exchange: func(context.Context, []byte, bool) ([]byte, error) { return nil, io.ErrUnexpectedEOF },
		Ping:     func(context.Context, netip.Addr, []byte) ([]byte, error) { return nil, io.ErrUnexpectedEOF },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if w.gateway, err = gateway.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := w.gateway.Start(ctx); err != nil {
		t.Fatal(err)
	}
	pumped := make(chan struct{})
	go func() { defer close(pumped); w.pump() }()
	t.Cleanup(func() {
		w.close()
		cancel()
		<-pumped
		w.app.Destroy()
	})
	return w
}

// close ends the gateway, so that all tapes are complete.
func (w *world) close() {
	w.t.Helper()
	if err := w.gateway.Close(); err != nil && !w.failed {
		w.t.Errorf("closing the gateway: %v", err)
	}
}

// pump carries what the app's stack sends.
func (w *world) pump() {
	for {
		p := w.end.ReadContext(w.ctx)
		if p == nil {
			return
		}
		v := p.ToView()
		w.inject(v.AsSlice())
		v.Release()
		p.DecRef()
	}
}

// inject sends a packet as the app.
func (w *world) inject(b []byte) {
	select {
	case w.out <- append([]byte(nil), b...):
	case <-w.ctx.Done():
	}
}

// link is the gateway's side.
type link struct {
	w      *world
	once   sync.Once
	closed chan struct{}
}

func (l *link) Read(b []byte) (int, error) {
	select {
	case p := <-l.w.out:
		return copy(b, p), nil
	case <-l.closed:
		return 0, io.EOF
	}
}

func (l *link) Write(b []byte) (int, error) {
	proto := header.IPv4ProtocolNumber
	if b[0]>>4 == 6 {
		proto = header.IPv6ProtocolNumber
	}
	p := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(b)})
	defer p.DecRef()
	l.w.end.InjectInbound(proto, p)
	return len(b), nil
}

func (l *link) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// appStack is the network inside, as a kernel would have it.
func appStack(t *testing.T, end stack.LinkEndpoint) *stack.Stack {
	t.Helper()
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	if err := s.CreateNIC(1, end); err != nil {
		t.Fatal(err)
	}
	for text, proto := range map[string]tcpip.NetworkProtocolNumber{app4: ipv4.ProtocolNumber, app6: ipv6.ProtocolNumber} {
		a := tcpip.ProtocolAddress{Protocol: proto, AddressWithPrefix: tcpip.AddrFromSlice(netip.MustParseAddr(text).AsSlice()).WithPrefix()}
		if err := s.AddProtocolAddress(1, a, stack.AddressProperties{}); err != nil {
			t.Fatal(err)
		}
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}, {Destination: header.IPv6EmptySubnet, NIC: 1}})
	return s
}

func full(a netip.AddrPort) (tcpip.FullAddress, tcpip.NetworkProtocolNumber) {
	proto := ipv4.ProtocolNumber
	if a.Addr().Is6() {
		proto = ipv6.ProtocolNumber
	}
	return tcpip.FullAddress{NIC: 1, Addr: tcpip.AddrFromSlice(a.Addr().AsSlice()), Port: a.Port()}, proto
}

// dial connects as the app does.
func (w *world) dial(to string) (*gonet.TCPConn, error) {
	a, proto := full(netip.MustParseAddrPort(to))
	c, err := gonet.DialContextTCP(w.ctx, w.app, a, proto)
	if err == nil {
		_ = c.SetDeadline(time.Now().Add(giveUp))
	}
	return c, err
}

// mustDial connects, or fails the test.
func (w *world) mustDial(to string) *gonet.TCPConn {
	w.t.Helper()
	c, err := w.dial(to)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// datagrams is a UDP socket of the app, connected.
func (w *world) datagrams(to string) *gonet.UDPConn {
	w.t.Helper()
	a, proto := full(netip.MustParseAddrPort(to))
	c, err := gonet.DialUDP(w.app, nil, &a, proto)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(giveUp))
	w.t.Cleanup(func() { c.Close() })
	return c
}

// noNames is a resolver that knows no name.
type noNames struct{}

func (noNames) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// sink keeps tapes in memory.
type sink struct {
	mu     sync.Mutex
	change chan struct{}
	all    []*record
}

type record struct {
	s      *sink
	opened tape.Conn
	// What follows is complete when done.
	done    bool
	conn    tape.Conn
	out, in []byte
	outs    int
}

func newSink() *sink { return &sink{change: make(chan struct{})} }

func (s *sink) Open(c tape.Conn) (tape.Tape, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &record{s: s, opened: c}
	s.all = append(s.all, r)
	return r, nil
}

func (r *record) Octets(out bool, _ time.Time, b []byte) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if out {
		r.out = append(r.out, b...)
		r.outs++
	} else {
		r.in = append(r.in, b...)
	}
	r.s.changed()
	return nil
}

func (r *record) Close(c tape.Conn) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.conn, r.done = c, true
	r.s.changed()
	return nil
}

// changed wakes who waits; mu is held.
func (s *sink) changed() {
	close(s.change)
	s.change = make(chan struct{})
}

// find waits for a tape that want accepts, and returns a copy of it.
func (w *world) find(what string, want func(r *record) bool) record {
	w.t.Helper()
	for {
		w.sink.mu.Lock()
		for _, r := range w.sink.all {
			if want(r) {
				defer w.sink.mu.Unlock()
				return *r
			}
		}
		change := w.sink.change
		w.sink.mu.Unlock()
		select {
		case <-change:
		case <-w.ctx.Done():
			w.t.Fatalf("no tape of %s", what)
		}
	}
}

// to waits for the complete tape of what was sent to dst.
func (w *world) to(dst string) record {
	w.t.Helper()
	return w.find(dst, func(r *record) bool { return r.done && r.conn.Dst.String() == dst })
}

// serve accepts TCP connections on the host's loopback.
func serve(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); handle(c) })
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

// mapped makes a change that maps names and addresses.
func mapped(pairs ...gateway.Map) func(*gateway.Config) {
	return func(c *gateway.Config) { c.Maps = pairs }
}

// dialing connects as the app does, until ctx ends.
func (w *world) dialing(ctx context.Context, to string) (*gonet.TCPConn, error) {
	a, proto := full(netip.MustParseAddrPort(to))
	return gonet.DialContextTCP(ctx, w.app, a, proto)
}
