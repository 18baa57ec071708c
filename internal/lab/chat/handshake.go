package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/flynn/noise"
)

// greeting is the payload of the first handshake packet: who calls whom.
type greeting struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// parseGreeting reads and checks a greeting meant for account to.
func parseGreeting(b []byte, to string) (greeting, error) {
	var g greeting
	if err := json.Unmarshal(b, &g); err != nil {
		return g, fmt.Errorf("not a greeting: %w", err)
	}
	if g.To != to {
		return g, fmt.Errorf("greeting is for %.40q, this is %s", g.To, to)
	}
	return g, CheckAccount(g.From)
}

func (c *Client) handshakeConfig(rs []byte) noise.Config {
	return noise.Config{
		CipherSuite: suite(), Random: c.cfg.Rand, Pattern: noise.HandshakeIK,
		Initiator: rs != nil, Prologue: []byte(sessionPrologue),
		StaticKeypair: c.id.noise(), PeerStatic: rs,
	}
}

// initiate runs the caller's side of Noise IK. Whoever does not hold the
// private half of e.Key cannot answer it.
func (c *Client) initiate(conn net.Conn, e entry) (*session, error) {
	hs, err := noise.NewHandshakeState(c.handshakeConfig(e.Key))
	if err != nil {
		return nil, err
	}
	hello, err := json.Marshal(greeting{From: c.cfg.Account, To: e.Name})
	if err != nil {
		return nil, err
	}
	first, _, _, err := hs.WriteMessage(nil, hello)
	if err != nil {
		return nil, err
	}
	if err := writePacket(conn, first); err != nil {
		return nil, err
	}
	second, err := readPacket(conn)
	if err != nil {
		return nil, err
	}
	_, enc, dec, err := hs.ReadMessage(nil, second)
	if err != nil {
		return nil, fmt.Errorf("%s does not hold its key: %w", e.Name, err)
	}
	return newSession(e.Name, conn, enc, dec), nil
}

// respond runs the other side. The caller's key must be the one that the
// directory has for the name it gives.
func (c *Client) respond(ctx context.Context, conn net.Conn) (*session, error) {
	hs, err := noise.NewHandshakeState(c.handshakeConfig(nil))
	if err != nil {
		return nil, err
	}
	first, err := readPacket(conn)
	if err != nil {
		return nil, err
	}
	hello, _, _, err := hs.ReadMessage(nil, first)
	if err != nil {
		return nil, fmt.Errorf("first packet does not open: %w", err)
	}
	g, err := parseGreeting(hello, c.cfg.Account)
	if err != nil {
		return nil, err
	}
	e, err := c.known(ctx, g.From)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(e.Key, hs.PeerStatic()) {
		return nil, fmt.Errorf("caller %s: %w", g.From, errOtherKey)
	}
	second, dec, enc, err := hs.WriteMessage(nil, nil)
	if err != nil {
		return nil, err
	}
	if err := writePacket(conn, second); err != nil {
		return nil, err
	}
	return newSession(g.From, conn, enc, dec), nil
}

// connect opens a session to a peer that is online.
func (c *Client) connect(ctx context.Context, to string) (*session, error) {
	e, err := c.lookup(ctx, to)
	if err != nil {
		return nil, err
	}
	if !e.Online || e.Peer == "" {
		return nil, fmt.Errorf("%s is offline", to)
	}
	host, port, err := hostPort(e.Peer)
	if err != nil {
		return nil, err
	}
	if host != PeerHost(to) {
		return nil, fmt.Errorf("directory: %s is not where %s lives", host, to)
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	conn, err := c.cfg.Dialer.DialName(ctx, host, port)
	if err != nil {
		return nil, err
	}
	s, err := hurried(ctx, conn, func() (*session, error) { return c.initiate(conn, e) })
	if err != nil {
		return nil, err
	}
	c.wg.Go(func() { c.keep(s) })
	return s, nil
}

// hurried runs a handshake that ends when ctx does; on failure conn is closed.
func hurried(ctx context.Context, conn net.Conn, run func() (*session, error)) (*session, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	s, err := run()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// accept handles a connection that a peer opened, to its end.
func (c *Client) accept(ctx context.Context, conn net.Conn) {
	hctx, cancel := context.WithTimeout(ctx, handshakeWait)
	defer cancel()
	s, err := hurried(hctx, conn, func() (*session, error) { return c.respond(hctx, conn) })
	if err != nil {
		if !errors.Is(err, io.EOF) {
			c.log.Warn("caller refused", "err", err)
		}
		return
	}
	c.keep(s)
}
