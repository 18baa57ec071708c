package irc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

// Open logs in and joins the rooms. A server that wants us to come back later
// is waited for as long as ctx allows.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	if err := e.Close(); err != nil {
		return err
	}
	for try := 0; ; try++ {
		err := e.open(ctx, hear)
		var haste hasteError
		if !errors.As(err, &haste) {
			return err
		}
		wait := wire.Pause(haste.reason, try)
		e.cfg.Log.Info("the server wants us to log in later", "pause", wait, "reason", haste.reason)
		if wire.Sleep(ctx, wait) != nil {
			return err
		}
	}
}

func (e *End) open(ctx context.Context, hear func(ends.Event)) error {
	conn, err := e.plan.Connect(ctx, e.cfg.Dial)
	if err != nil {
		return err
	}
	s := newSession(e, conn, hear)
	if err := s.begin(ctx); err != nil {
		_ = s.conn.Close() // why it failed is known
		return err
	}
	about := s.describe()
	e.mu.Lock()
	e.session, e.hear, e.about = s, hear, about
	e.mu.Unlock()
	go s.run()
	return nil
}

// enter does what comes after the welcome: services, operator, rooms. The
// answer to the PING behind it all says that it is done.
func (s *session) enter() error {
	a := s.e.cfg.Account
	var words []string
	if s.e.cfg.Options.Auth == authNickServ && a.Password != "" {
		words = append(words, "PRIVMSG NickServ :IDENTIFY "+a.Password)
	}
	if oper := a.More["oper"]; oper != "" {
		words = append(words, "OPER "+oper, "MODE {nick} +s +*")
	}
	words = append(words, s.e.cfg.Options.Raw...)
	for raw := range strings.SplitSeq(a.More["raw"], "\n") {
		if raw = strings.TrimRight(raw, "\r"); raw != "" {
			words = append(words, raw)
		}
	}
	rooms := s.e.cfg.Options.Rooms
	if s.e.cfg.Witness {
		rooms = nil
	}
	for _, r := range rooms {
		words = append(words, strings.TrimSpace("JOIN "+r+" "+a.More["key "+r]))
	}
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "{nick}", s.ownNick())
	}
	if err := s.settle(words...); err != nil {
		return err
	}
	for _, r := range rooms {
		if !s.login.joined[s.fold(r)] {
			return fmt.Errorf("cannot join %s: %s", r, orSilence(s.login.refused[s.fold(r)]))
		}
	}
	return nil
}

func orSilence(reason string) string {
	if reason == "" {
		return "the server says nothing"
	}
	return reason
}

// settle sends lines and reads until the server has answered them all.
func (s *session) settle(lines ...string) error {
	answered, err := s.ping(nil, lines...)
	if err != nil {
		return err
	}
	return s.until(func() bool {
		select {
		case <-answered:
			return true
		default:
			return false
		}
	})
}

// describe says what server it is, and what fits wherever the account writes.
func (s *session) describe() ends.About {
	s.mu.Lock()
	f := s.f
	s.mu.Unlock()
	limit := s.room("PRIVMSG", strings.Repeat("n", f.nickLen))
	for _, r := range s.e.cfg.Options.Rooms {
		limit = min(limit, s.room("PRIVMSG", r))
	}
	name := f.network
	if name == "" {
		name = s.e.plan.Addr
	}
	return ends.About{
		App: telltale.App{Name: "IRC on " + name, Version: f.version},
		// What was sent is known to the byte.
		ReadBack: true, Places: s.e.places, Limit: limit,
		Same: func(address string, a ends.Account) bool {
			nick, _, _ := strings.Cut(address, "!")
			return f.fold(nick) == f.fold(nickOf(a))
		},
	}
}

// current is the session, ended or not; nil before Open and after Close.
func (e *End) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
}

// standing is the session. One that ended because of our haste is begun again
// after a pause.
func (e *End) standing(ctx context.Context) (*session, error) {
	s := e.current()
	switch {
	case s == nil:
		return nil, errEnded
	case !s.over():
		return s, nil
	}
	var haste hasteError
	if err := s.failure(); !errors.As(err, &haste) {
		return nil, err
	}
	if err := e.again(ctx, s); err != nil {
		return nil, err
	}
	return e.current(), nil
}

// again begins a session anew that ended because of our haste. If Put has
// asked for the pause already, it is over.
func (e *End) again(ctx context.Context, s *session) error {
	s.mu.Lock()
	asked := s.posted != nil && s.posted.slow != ""
	s.mu.Unlock()
	if !asked {
		if err := wire.Sleep(ctx, e.gait.Slower(s.last)); err != nil {
			return err
		}
	}
	e.mu.Lock()
	hear := e.hear
	e.mu.Unlock()
	return e.Open(ctx, hear)
}

// Close ends the session. It may be called twice, and before Open.
func (e *End) Close() error {
	e.mu.Lock()
	s := e.session
	e.session = nil
	e.mu.Unlock()
	if s != nil {
		s.quit()
	}
	return nil
}
