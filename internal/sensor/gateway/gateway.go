package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// Gateway ends the network of one sandbox.
type Gateway struct {
	cfg   Config
	maps  *maps
	names names
	end   *linkEnd
	stack *stack.Stack
	tcp   *grants
	flows *table
	busy  busy
	known processes
	// queries holds one item for each DNS query and ping under way.
	queries chan struct{}
	// quics holds one item for each QUIC connection that is opened.
	quics chan struct{}

	serial atomic.Int64
	// began is when, and last how long after it the last packet came.
	began time.Time
	last  atomic.Int64
	// wire guards the order of packets on the link and in cfg.Packets.
	wire sync.Mutex

	ctx    context.Context
	cancel context.CancelFunc
	// reading is closed when the link has ended, gone a little later, when
	// the stack has taken what came last; jobs are what else runs.
	reading, gone chan struct{}
	jobs          sync.WaitGroup
	close         sync.Once

	mu sync.Mutex
	// failure is the first error of the sink or of the link.
	failure error
	closed  bool
}

// New makes a gateway; Start begins to answer.
func New(cfg Config) (*Gateway, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	m, err := newMaps(cfg.Maps, cfg.Addr4, cfg.Addr6)
	if err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, maps: m, reading: make(chan struct{}), gone: make(chan struct{}), queries: make(chan struct{}, cfg.Limits.Queries), quics: make(chan struct{}, cfg.Limits.QUIC)}
	g.end = &linkEnd{mtu: uint32(cfg.MTU), send: g.send}
	if g.stack, err = newStack(g.end); err != nil {
		return nil, err
	}
	g.flows = newTable(g)
	g.tcp = newGrants(g)
	g.handlers()
	return g, nil
}

// Start begins to answer the packets of the link, until ctx ends, Close is
// called or the link ends.
func (g *Gateway) Start(ctx context.Context) error {
	if g.ctx != nil {
		return errors.New("gateway: started twice")
	}
	g.ctx, g.cancel = context.WithCancel(ctx)
	g.began = time.Now()
	go g.read()
	return nil
}

// Run starts the gateway, waits for the link or ctx to end, and closes it. It
// returns what Close does.
func (g *Gateway) Run(ctx context.Context) error {
	if err := g.Start(ctx); err != nil {
		return err
	}
	select {
	case <-g.ctx.Done():
	case <-g.reading:
	}
	return g.Close()
}

// Close ends what is still open, completes every tape and returns the first
// error of the sink or the link. After it nothing is carried.
func (g *Gateway) Close() error {
	g.close.Do(func() {
		g.mu.Lock()
		g.closed = true
		g.mu.Unlock()
		if g.cancel == nil {
			g.ctx, g.cancel = context.WithCancel(context.Background())
			close(g.reading)
		}
		g.cancel()
		if c, ok := g.cfg.Link.(io.Closer); ok {
			_ = c.Close() // Read ends; its error is the one that is told
			<-g.reading
		}
		g.stack.Close()
		g.jobs.Wait()
		g.stack.Destroy()
	})
	return g.err()
}

// job runs f beside the others; Close waits for it. It reports false, and f
// does not run, when the gateway is closed.
func (g *Gateway) job(f func()) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.jobs.Go(f)
	return true
}

// fail keeps the first error. A sink that fails can keep nothing more, so
// nothing more is carried.
func (g *Gateway) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failure == nil {
		g.failure = err
	}
}

func (g *Gateway) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failure
}

// read takes packets off the link until it ends.
func (g *Gateway) read() {
	defer close(g.reading)
	b := make([]byte, g.cfg.MTU+64)
	for {
		n, err := g.cfg.Link.Read(b)
		if err != nil {
			g.linkEnded(err)
			return
		}
		if g.arrive(b[:n]); g.ctx.Err() != nil {
			return
		}
	}
}

// settle is how long the stack may take over the last segments.
const settle = 250 * time.Millisecond

// linkEnded lets the connections see the end of what they have received.
func (g *Gateway) linkEnded(err error) {
	time.AfterFunc(settle, func() { close(g.gone) })
	if g.ctx.Err() == nil && !isOver(err) {
		g.fail(fmt.Errorf("gateway: reading the link: %w", err))
	}
}

// send puts a packet on the link that the app will receive.
func (g *Gateway) send(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	g.wire.Lock()
	defer g.wire.Unlock()
	at := g.cfg.Clock()
	if _, err := g.cfg.Link.Write(b); err != nil {
		return err
	}
	g.show(at, b, true)
	return nil
}
