package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"example.org/telltale/internal/lab/guard"
)

// flushWait bounds how long Close waits for messages on their way.
const flushWait = time.Second

// Client is one account's chat client. Start it once, read its Events, Close
// it once. All methods may be called from any goroutine.
type Client struct {
	cfg    Config
	log    *slog.Logger
	id     identity
	events *eventQueue
	hist   *history
	pins   *pins
	seen   *seen
	await  *awaited

	ctx    context.Context // ends with the client
	cancel context.CancelFunc
	wg     sync.WaitGroup
	close  sync.Once
	ln     net.Listener
	peer   string        // "host:port" told to the directory
	ready  chan struct{} // closed when the ready event has been queued
	dir    *uplink

	popped   chan struct{} // a link has delivered something
	mu       sync.Mutex
	closed   bool
	links    map[string]*link
	relays   map[string]*uplink
	sessions map[*session]bool
	current  map[string]*session // newest session of each peer
	closeErr error
}

// NewClient loads or makes the account's files. Nothing is sent before Start.
func NewClient(cfg Config) (*Client, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg, log: cfg.Log, events: newEventQueue(), ready: make(chan struct{}), await: newAwaited(),
		popped: make(chan struct{}, 1), links: map[string]*link{}, relays: map[string]*uplink{},
		sessions: map[*session]bool{}, current: map[string]*session{},
	}
	if c.id, err = loadIdentity(cfg.file(".key"), cfg.Rand); err != nil {
		return nil, err
	}
	if c.pins, err = loadPins(cfg.file(".pins.json")); err != nil {
		return nil, err
	}
	if c.hist, err = openHistory(cfg.file(".history.jsonl")); err != nil {
		return nil, err
	}
	c.seen = newSeen(c.hist.received(cfg.Account))
	return c, nil
}

// Account is the client's own name.
func (c *Client) Account() string { return c.cfg.Account }

// Monitored reports whether this is a monitored build. Unless its monitor
// says that it judges nothing, a client that has one is.
func (c *Client) Monitored() bool {
	if m, ok := c.cfg.Monitor.(Harmless); ok && m.Harmless() {
		return false
	}
	return c.cfg.Monitor != nil
}

// Events tells what happens, in order; the channel is closed after Close. A
// message counts as shown when it has been taken from the channel, so an
// application that does not read gets no messages and confirms none.
func (c *Client) Events() <-chan Event { return c.events.out }

// Start listens for peers and logs in, again and again if need be, until ctx
// ends or Close is called. It returns at once; the ready event says that
// login is done. Until then nothing is sent and nothing shown, so that no
// message passes a monitor that is not prepared.
func (c *Client) Start(ctx context.Context) error {
	ln, err := guard.Listen(ctx, "tcp", c.cfg.Listen)
	if err != nil {
		return fmt.Errorf("account %s: %w", c.cfg.Account, err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		ln.Close()
		return err
	}
	c.ln, c.peer = ln, net.JoinHostPort(PeerHost(c.cfg.Account), port)
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.dir = newUplink(c, "directory", c.cfg.Directory)
	c.wg.Go(func() { c.events.run(c.ctx) })
	c.wg.Go(func() {
		if err := serve(c.ctx, ln, c.accept); err != nil {
			c.fail("peers can no longer reach this client: "+err.Error(), "")
		}
	})
	c.wg.Go(func() { c.dir.run(c.ctx) })
	c.wg.Go(c.becomeReady)
	return nil
}

// becomeReady waits for the first login, for the relay and for the monitor.
func (c *Client) becomeReady() {
	home, err := c.dir.first(c.ctx)
	if err != nil {
		return
	}
	if home.Account != nil && home.Account.Relay != "" {
		c.waitForRelay(home.Account.Relay)
	}
	if s, ok := c.cfg.Monitor.(Starter); ok {
		c.waitForMonitor(s)
	}
	ev := Event{Kind: KindReady, Account: c.cfg.Account, At: c.cfg.Clock()}
	if c.Monitored() {
		ev.Notice = Notice
	}
	c.events.push(ev)
	close(c.ready)
}

func (c *Client) waitForRelay(addr string) {
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	relay, err := c.relay(addr)
	if err == nil {
		_, err = relay.first(ctx)
	}
	if err != nil && c.ctx.Err() == nil {
		c.fail("the relay does not answer; offline messages have to wait", "")
	}
}

func (c *Client) waitForMonitor(s Starter) {
	done := make(chan struct{})
	c.wg.Go(func() {
		defer close(done)
		s.Started(c.ctx, c.cfg.Account)
	})
	timer := time.NewTimer(c.cfg.MonitorWait)
	defer timer.Stop()
	select {
	case <-done:
	case <-c.ctx.Done():
	case <-timer.C:
		c.events.push(Event{Kind: KindNotice, Text: "the monitor is not prepared yet", At: c.cfg.Clock()})
	}
}

// relay returns the uplink to the relay at addr, made when first asked for.
func (c *Client) relay(addr string) (*uplink, error) {
	if _, _, err := hostPort(addr); err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if u := c.relays[addr]; u != nil {
		return u, nil
	}
	if c.closed {
		return nil, errClosed
	}
	if len(c.relays) >= 8 {
		return nil, errors.New("the directory names more than 8 relays")
	}
	u := newUplink(c, "relay", addr)
	c.relays[addr] = u
	c.wg.Go(func() { u.run(c.ctx) })
	return u, nil
}

var errClosed = errors.New("the client is closed")

// fail tells the user of an error; id is that of the message concerned.
func (c *Client) fail(text, id string) {
	c.events.push(Event{Kind: KindError, Text: text, ID: id, At: c.cfg.Clock()})
}

// Close gives messages on their way a moment, then ends every connection and
// closes the monitor, which may drain for a while.
func (c *Client) Close() error {
	c.close.Do(func() {
		if c.cancel != nil {
			c.flush()
		}
		c.mu.Lock()
		c.closed = true
		c.mu.Unlock()
		if c.cancel != nil {
			c.cancel()
		}
		c.closeSessions()
		c.wg.Wait()
		var err error
		if c.cfg.Monitor != nil {
			err = c.cfg.Monitor.Close()
		}
		c.closeErr = errors.Join(err, c.hist.close())
	})
	return c.closeErr
}

// Contacts returns the account's list from the directory.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	a, err := c.ask(ctx, request{Op: "contacts"})
	if err != nil {
		return nil, err
	}
	for _, x := range a.Contacts {
		if err := CheckAccount(x.Name); err != nil {
			return nil, fmt.Errorf("directory: %w", err)
		}
	}
	return a.Contacts, nil
}

// AddContact puts an account on the list; presence events tell of it.
func (c *Client) AddContact(ctx context.Context, name string) error {
	_, err := c.ask(ctx, request{Op: "add", Name: name})
	return err
}

// RemoveContact takes an account off the list.
func (c *Client) RemoveContact(ctx context.Context, name string) error {
	_, err := c.ask(ctx, request{Op: "remove", Name: name})
	return err
}

// History returns the newest messages that were sent or shown, oldest first,
// at most 1000.
func (c *Client) History() []Message { return c.hist.all() }
