package xmpp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Open logs in, says that it is there, and joins the rooms.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	if err := e.Close(); err != nil {
		return err
	}
	conn, err := e.plan.Connect(ctx, e.cfg.Dial)
	if err != nil {
		return err
	}
	s := newSession(e, conn, hear)
	if err := s.begin(ctx); err != nil {
		_ = s.conn.Close() // why it failed is known
		return err
	}
	e.mu.Lock()
	e.session, e.about = s, s.about
	e.mu.Unlock()
	go s.run()
	return nil
}

// enter does what comes after the login. The priority makes messages come to
// this session also when another client of the account is logged in.
func (s *session) enter() error {
	if err := s.send("<presence><priority>64</priority></presence>"); err != nil {
		return err
	}
	if s.e.cfg.Witness {
		return nil
	}
	for _, r := range s.e.cfg.Options.Rooms {
		if err := s.join(r); err != nil {
			return err
		}
	}
	for _, r := range s.rooms {
		for !r.joined && r.refused == "" {
			if err := s.step(); err != nil {
				return err
			}
		}
		if !r.joined {
			return fmt.Errorf("cannot join %s as %s: %s", r.address, r.nick, r.refused)
		}
	}
	return nil
}

// describe asks the server what it is; that it has answered shows besides
// that everything before was heard.
func (s *session) describe() error {
	answer, err := s.solve("get", s.e.domain, "<query xmlns='"+nsVersion+"'/>")
	if err != nil {
		return err
	}
	version := ""
	if q := answer.kid(nsVersion, "query"); q != nil {
		version = strings.TrimSpace(q.kid(nsVersion, "name").words() + " " + q.kid(nsVersion, "version").words())
	}
	s.about = ends.About{
		App: telltale.App{Name: "XMPP at " + s.e.domain, Version: clip(version)},
		// What was sent is known to the byte.
		ReadBack: true, Places: s.e.places, Same: s.e.same,
	}
	return nil
}

// Put sends one message and waits for the answer to the ping behind it, so
// that errors about it have been heard.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	kind, to, err := e.target(p)
	if r, is := uncarried(p.Text); err == nil && is {
		err = fmt.Errorf("XML cannot carry the character %U", r)
	}
	if err != nil {
		return ends.Sent{Typed: p.Text, At: e.cfg.Clock(), Outcome: telltale.Void, Reason: err.Error()}, nil
	}
	s := e.current()
	if s == nil {
		return ends.Sent{}, errEnded
	}
	if s.over() {
		return ends.Sent{}, s.failure()
	}
	if err := e.gait.Keep(ctx, e.cfg.Clock(), time.Duration(e.cfg.Options.Pace)); err != nil {
		return ends.Sent{}, err
	}
	return s.put(ctx, kind, to, p.Text)
}

// target is where a post goes, and as what.
func (e *End) target(p ends.Post) (kind, to string, err error) {
	place := p.Place
	if place == "" {
		place = e.places[0]
	}
	if !slices.Contains(e.places, place) {
		return "", "", fmt.Errorf("there is no place %q here", clip(place))
	}
	if place != Private {
		return "groupchat", bare(place), nil
	}
	to = bare(e.cfg.Options.addressOf(p.To))
	_, _, err = split(to)
	return "chat", to, err
}

func (s *session) put(ctx context.Context, kind, to, text string) (ends.Sent, error) {
	id, err := s.id()
	if err != nil {
		return ends.Sent{}, err
	}
	post := &posted{id: id}
	answer, err := s.pinged(post, "<message to='"+escape(to)+"' type='"+kind+"' id='"+id+"'><body>"+escape(text)+
		"</body><origin-id xmlns='"+nsIDs+"' id='"+id+"'/></message>")
	sent := ends.Sent{Typed: text, At: s.e.cfg.Clock(), Ref: id}
	if err != nil {
		s.drain() // why it cannot be written may be there to be read
	} else {
		err = s.await(ctx, answer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	post.waiting = false
	if s.over() && !s.gone {
		err, sent.Ended, sent.Reason = nil, true, s.last
	}
	if post.slow != "" {
		sent.After, sent.Reason = s.e.gait.Slower(post.slow), post.slow
	} else if err == nil && !sent.Ended {
		s.e.gait.Taken()
	}
	return sent, err
}

// Probe asks the server for an answer.
func (e *End) Probe(ctx context.Context) error {
	s := e.current()
	if s == nil {
		return errEnded
	}
	answer, err := s.ping()
	if err == nil {
		err = s.await(ctx, answer)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slow != "" {
		defer func() { s.slow = "" }()
		return errors.New("the server wants it slower: " + s.slow)
	}
	return nil
}

// current is the session, ended or not; nil before Open and after Close.
func (e *End) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
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
