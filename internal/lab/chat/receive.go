package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// maxSessions bounds the open sessions of one client.
const maxSessions = 256

// keep registers a session and works on what it brings until it ends.
func (c *Client) keep(s *session) {
	defer s.close()
	c.mu.Lock()
	if c.closed || len(c.sessions) >= maxSessions {
		c.mu.Unlock()
		return
	}
	c.sessions[s] = true
	c.current[s.peer] = s
	c.mu.Unlock()
	defer c.release(s)
	inbox := make(chan body, 64)
	defer close(inbox)
	c.wg.Go(func() {
		for b := range inbox {
			c.fromSession(s, b)
		}
	})
	for {
		b, err := s.read()
		if err != nil {
			c.log.Debug("session ended", "peer", s.peer, "err", err)
			return
		}
		switch b.Kind {
		case bodyAck:
			s.acked(b.ID)
		case bodyReceipt:
			c.receipt(s.peer, b.ID)
		case bodyMessage:
			inbox <- b
		}
	}
}

func (c *Client) release(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, s)
	if c.current[s.peer] == s {
		delete(c.current, s.peer)
	}
}

// open returns the newest session to a peer, nil if there is none.
func (c *Client) open(peer string) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current[peer]
}

func (c *Client) closeSessions() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.sessions {
		s.close()
	}
}

// fromSession takes a message over, confirms it if it was shown, and says
// that it was taken over.
func (c *Client) fromSession(s *session, b body) {
	shown, err := c.receive(c.ctx, s.peer, b)
	if err != nil {
		return
	}
	if shown && s.write(body{Kind: bodyReceipt, ID: b.ID}) != nil {
		c.confirm(s.peer, b.ID)
	}
	if err := s.write(body{Kind: bodyAck, ID: b.ID}); err != nil {
		c.log.Debug("acknowledgement lost", "peer", s.peer, "err", err)
	}
}

// receive lets the monitor judge a message and shows it. It reports whether
// it was shown, now or when it came before. An error means that the client
// ends, and the message was neither shown nor dropped.
func (c *Client) receive(ctx context.Context, from string, b body) (shown bool, err error) {
	if err := c.untilReady(ctx); err != nil {
		return false, err
	}
	if fresh, shown := c.seen.begin(from, b.ID); !fresh {
		return shown, nil
	}
	m := Message{ID: b.ID, From: from, To: c.cfg.Account, Text: b.Text, At: b.At}
	if c.cfg.Monitor != nil && c.cfg.Monitor.Incoming(ctx, m).Drop {
		return false, nil
	}
	ev := Event{Kind: KindMessage, ID: m.ID, From: m.From, To: m.To, Text: m.Text, At: m.At}
	if err := c.events.show(ctx, ev); err != nil {
		c.seen.forget(from, b.ID)
		return false, err
	}
	c.keepHistory(m)
	c.seen.shown(from, b.ID)
	return true, nil
}

func (c *Client) keepHistory(m Message) {
	if err := c.hist.add(m); err != nil {
		c.fail(err.Error(), m.ID)
	}
}

// receipt tells the user that a peer has shown a message, once, if it was
// sent to that peer.
func (c *Client) receipt(from, id string) {
	if c.await.take(from, id) {
		c.events.push(Event{Kind: KindReceipt, ID: id, From: from, At: c.cfg.Clock()})
	}
}

// event handles what the directory or a relay says unasked.
func (c *Client) event(ctx context.Context, l *lineConn, a answer) {
	switch {
	case a.Contact != nil:
		c.events.push(Event{Kind: KindPresence, Account: a.Contact.Name, Online: a.Contact.Online, At: c.cfg.Clock()})
	case a.Frame != nil:
		c.fromRelay(ctx, l, *a.Frame)
	}
}

// fromRelay opens a frame and tells the relay when it has been dealt with. A
// frame that does not open will not open later either: it is dealt with.
func (c *Client) fromRelay(ctx context.Context, l *lineConn, f frame) {
	b, err := c.unwrap(ctx, f)
	if errors.Is(err, errAgain) {
		return
	}
	if err != nil {
		c.log.Warn("frame refused", "from", f.From, "err", err)
	} else if b.Kind == bodyReceipt {
		c.receipt(f.From, b.ID)
	} else if b.Kind == bodyMessage {
		shown, err := c.receive(ctx, f.From, b)
		if err != nil {
			return
		}
		if shown {
			c.confirm(f.From, b.ID)
		}
	}
	if err := l.write(request{Op: "ack", N: f.N}); err != nil {
		c.log.Debug("acknowledgement lost", "err", err)
	}
}

// errAgain means that a frame could not be judged now; the relay keeps it.
var errAgain = errors.New("not now")

// unwrap returns the body of a frame, sender checked.
func (c *Client) unwrap(ctx context.Context, f frame) (body, error) {
	if err := CheckAccount(f.From); err != nil {
		return body{}, err
	}
	if f.Plain != nil {
		if !c.cfg.PlainRelay {
			return body{}, errors.New("unsealed message, and this client takes sealed ones only")
		}
		return *f.Plain, nil
	}
	text, key, err := unseal(c.id, sealPrologue(f.From, c.cfg.Account), f.Box)
	if err != nil {
		return body{}, err
	}
	e, err := c.known(ctx, f.From)
	if err != nil {
		return body{}, fmt.Errorf("%w: %w", errAgain, err)
	}
	if !bytes.Equal(e.Key, key) {
		return body{}, fmt.Errorf("sender %s: %w", f.From, errOtherKey)
	}
	return parseBody(text)
}
