// Package sip is an end that sends and reads page-mode SIP messages: MESSAGE
// of RFC 3428, through a registrar and proxy.
package sip

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Config is an account with its surroundings.
type Config struct {
	Account ends.Account
	Options Options
	Clock   telltale.Clock
	Log     *slog.Logger
}

// End is a SIP user agent. It implements ends.End, Prober and Describer.
type End struct {
	cfg  Config
	user string

	mu      sync.Mutex
	hear    func(ends.Event)
	session *session
}

// session is a user agent that is registered.
type session struct {
	agent  *sipgo.UserAgent
	client *sipgo.Client
	server *sipgo.Server
	own    string // "host:port"
	socket io.Closer
	ctx    context.Context // ends with the session
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// longest texts. Over UDP a request must stay well below the path's MTU.
const (
	longestUDP = 800
	longestTCP = 8000
)

// New makes an end. Nothing is connected before Open.
func New(cfg Config) (*End, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &End{cfg: cfg, user: userOf(cfg.Account)}, nil
}

// Open listens and registers.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	s, err := e.listen(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.hear, e.session = hear, s
	e.mu.Unlock()
	if err := e.register(ctx, s, time.Duration(e.cfg.Options.Expires)); err != nil {
		return errors.Join(err, e.Close())
	}
	s.done.Go(func() { e.stay(s) })
	return nil
}

// listen starts a user agent of its own.
func (e *End) listen(ctx context.Context) (*session, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &session{ctx: ctx, stop: stop}
	var err error
	if s.agent, err = sipgo.NewUA(sipgo.WithUserAgent("telltale"), sipgo.WithUserAgentHostname(e.cfg.Options.Domain),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(e.cfg.Log)), sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(e.cfg.Log))); err != nil {
		stop()
		return nil, err
	}
	if s.server, err = sipgo.NewServer(s.agent, sipgo.WithServerLogger(e.cfg.Log)); err == nil {
		s.server.OnMessage(e.take)
		s.server.OnOptions(func(r *sip.Request, tx sip.ServerTransaction) {
			_ = tx.Respond(sip.NewResponseFromRequest(r, sip.StatusOK, "OK", nil))
		})
		err = s.serve(ctx, e.cfg.Options)
	}
	if err == nil {
		s.client, err = sipgo.NewClient(s.agent, sipgo.WithClientHostname(s.host()), sipgo.WithClientLogger(e.cfg.Log))
	}
	if err != nil {
		stop()
		return nil, errors.Join(err, s.agent.Close())
	}
	return s, nil
}

// serve takes requests at the own address.
func (s *session) serve(ctx context.Context, o Options) error {
	if o.Transport == "tcp" {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
		if err != nil {
			return err
		}
		s.own, s.socket = l.Addr().String(), l
		s.done.Go(func() { _ = s.server.ServeTCP(l) }) // it ends with the agent
		return nil
	}
	l, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", o.Listen)
	if err != nil {
		return err
	}
	s.own, s.socket = l.LocalAddr().String(), l
	s.done.Go(func() { _ = s.server.ServeUDP(l) })
	return nil
}

// host is the own address without its port.
func (s *session) host() string {
	host, _, err := net.SplitHostPort(s.own)
	if err != nil {
		return s.own // it came from a socket, so it has a port
	}
	return host
}

// stay renews the registration before it lapses.
func (e *End) stay(s *session) {
	every := time.Duration(e.cfg.Options.Expires) / 2
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			if err := e.register(s.ctx, s, 2*every); err != nil && s.ctx.Err() == nil {
				e.hear(ends.Event{Kind: ends.Ended, Reason: err.Error()})
				return
			}
		}
	}
}
