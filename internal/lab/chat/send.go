package chat

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// maxQueued messages wait for one peer.
const maxQueued = 1000

// Send types and sends one message and returns its id. It waits until the
// client is ready, and returns when the message has left the input field; getting it to the peer, directly or by
// the relay, goes on until it succeeds or the client is closed. A message
// that the monitor drops is reported like any other.
func (c *Client) Send(ctx context.Context, to, text string) (id string, err error) {
	if err := errors.Join(CheckAccount(to), CheckText(text)); err != nil {
		return "", err
	}
	if to == c.cfg.Account {
		return "", errors.New("this is your own account; choose another recipient")
	}
	if err := c.untilReady(ctx); err != nil {
		return "", err
	}
	if _, err := c.known(ctx, to); err != nil {
		return "", err
	}
	raw := make([]byte, 16)
	if _, err := io.ReadFull(c.cfg.Rand, raw); err != nil {
		return "", fmt.Errorf("random source: %w", err)
	}
	m := Message{ID: hex.EncodeToString(raw), From: c.cfg.Account, To: to, Text: text, At: c.cfg.Clock()}
	sent := Event{Kind: KindSent, ID: m.ID, From: m.From, To: to, Text: text, At: m.At}
	if c.cfg.Monitor != nil && c.cfg.Monitor.Outgoing(ctx, m).Drop {
		c.events.push(sent)
		return m.ID, nil
	}
	// Told before it can be on its way, so that no receipt comes first.
	accepted := func() {
		c.await.add(to, m.ID)
		c.keepHistory(m)
		c.events.push(sent)
	}
	return m.ID, c.enqueue(to, body{Kind: bodyMessage, ID: m.ID, Text: text, At: m.At}, accepted)
}

// untilReady waits for the ready event.
func (c *Client) untilReady(ctx context.Context) error {
	if c.ctx == nil {
		return errors.New("the client is not started")
	}
	select {
	case <-c.ready:
		return nil
	case <-c.ctx.Done():
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("not logged in yet: %w", ctx.Err())
	}
}

// link carries bodies to one peer, one after another.
type link struct {
	c    *Client
	peer string
	wake chan struct{}

	mu    sync.Mutex
	queue []body // the first is on its way
}

// enqueue hands a body to the link of a peer. If there is room, accepted is
// called first.
func (c *Client) enqueue(to string, b body, accepted func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	k := c.links[to]
	if k == nil {
		k = &link{c: c, peer: to, wake: make(chan struct{}, 1)}
		c.links[to] = k
		c.wg.Go(func() { k.run(c.ctx) })
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) >= maxQueued {
		return fmt.Errorf("%d messages to %s are waiting already; try again later", maxQueued, to)
	}
	accepted()
	k.queue = append(k.queue, b)
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return nil
}

// confirm queues the receipt for a message, for want of a session.
func (c *Client) confirm(to, id string) {
	if err := c.enqueue(to, body{Kind: bodyReceipt, ID: id}, func() {}); err != nil {
		c.log.Debug("receipt lost", "to", to, "err", err)
	}
}

func (k *link) run(ctx context.Context) {
	for {
		b, ok := k.first()
		if !ok {
			select {
			case <-k.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		k.c.insist(ctx, k.peer, b)
		if ctx.Err() != nil {
			return
		}
		k.mu.Lock()
		k.queue = k.queue[1:]
		k.mu.Unlock()
		select {
		case k.c.popped <- struct{}{}:
		default:
		}
	}
}

func (k *link) first() (body, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		return body{}, false
	}
	return k.queue[0], true
}

// insist delivers b, trying again until it succeeds or ctx is done. The user
// is told once.
func (c *Client) insist(ctx context.Context, to string, b body) {
	wait, told := 100*time.Millisecond, false
	for {
		err := c.deliver(ctx, to, b)
		if err == nil || ctx.Err() != nil {
			return
		}
		c.log.Debug("not delivered", "to", to, "err", err)
		if !told && b.Kind == bodyMessage {
			c.events.push(Event{
				Kind: KindError, ID: b.ID, To: to, At: c.cfg.Clock(),
				Text: "not delivered yet, trying again: " + err.Error(),
			})
			told = true
		}
		pause(ctx, wait)
		wait = min(2*wait, 2*time.Second)
	}
}

// deliver tries the direct way, then the relay.
func (c *Client) deliver(ctx context.Context, to string, b body) error {
	if c.cfg.PlainRelay {
		return c.byRelay(ctx, to, frame{To: to, Plain: &b})
	}
	direct := c.direct(ctx, to, b)
	if direct == nil || ctx.Err() != nil {
		return direct
	}
	if errors.Is(direct, errOtherKey) {
		return direct
	}
	c.log.Debug("no direct way", "to", to, "err", direct)
	f, err := c.wrap(ctx, to, b)
	if err == nil {
		err = c.byRelay(ctx, to, f)
	}
	if err != nil {
		return fmt.Errorf("directly: %w; by the relay: %w", direct, err)
	}
	return nil
}

// direct uses the open session, or a new one if there is none or it fails.
func (c *Client) direct(ctx context.Context, to string, b body) error {
	if s := c.open(to); s != nil {
		err := s.send(ctx, b)
		if err == nil {
			return nil
		}
		s.close()
		c.release(s)
	}
	s, err := c.connect(ctx, to)
	if err != nil {
		return err
	}
	if err := s.send(ctx, b); err != nil {
		s.close()
		return err
	}
	return nil
}

// wrap seals a body for a peer.
func (c *Client) wrap(ctx context.Context, to string, b body) (frame, error) {
	e, err := c.known(ctx, to)
	if err != nil {
		return frame{}, err
	}
	text, err := json.Marshal(b)
	if err != nil {
		return frame{}, err
	}
	box, err := seal(c.cfg.Rand, c.id, e.Key, sealPrologue(c.cfg.Account, to), text)
	return frame{To: to, Box: box}, err
}

// byRelay hands a frame to the recipient's relay.
func (c *Client) byRelay(ctx context.Context, to string, f frame) error {
	e, err := c.known(ctx, to)
	if err != nil {
		return err
	}
	u, err := c.relay(e.Relay)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	_, err = u.call(ctx, request{Op: "push", Frame: &f})
	return err
}

// flush waits a moment for the links to run empty.
func (c *Client) flush() {
	ctx, cancel := context.WithTimeout(c.ctx, flushWait)
	defer cancel()
	for c.busy() && ctx.Err() == nil {
		select {
		case <-c.popped:
		case <-ctx.Done():
		}
	}
}

func (c *Client) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.links {
		if _, ok := k.first(); ok {
			return true
		}
	}
	return false
}
