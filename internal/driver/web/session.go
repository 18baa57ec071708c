package web

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// values are what templates are filled with, besides a message.
func (e *End) values() map[string]string {
	a, o := e.cfg.Account, e.cfg.Options
	out := maps.Clone(o.Vars)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range a.More {
		out["more."+k] = v
	}
	maps.Copy(out, e.saved)
	out["name"], out["address"], out["password"], out["base"] = a.Name, a.Address, a.Password, o.Base
	if out["address"] == "" {
		out["address"] = a.Name
	}
	out["user"] = a.User
	if a.User == "" {
		out["user"] = out["address"]
	}
	out["n"] = strconv.Itoa(e.sent)
	return out
}

// message adds the values of a message, and begins its thread.
func (e *End) message(p *place, post ends.Post) (map[string]string, error) {
	e.sent++
	v := e.values()
	v["text"], v["to"], v["to_name"] = post.Text, post.To.Address, post.To.Name
	if v["to"] == "" {
		v["to"] = post.To.Name
	}
	var nonce [8]byte
	if _, err := io.ReadFull(e.cfg.Random, nonce[:]); err != nil {
		return nil, fmt.Errorf("making a nonce: %w", err)
	}
	v["nonce"] = hex.EncodeToString(nonce[:])
	v["thread"] = p.thread.fill(v, "raw")
	return v, nil
}

// login goes through the steps that log in.
func (e *End) login(ctx context.Context) error {
	for i, s := range e.rules.login {
		m, reason, _, err := e.step(ctx, s, e.values())
		switch {
		case err != nil:
			return fmt.Errorf("step %d of the login: %w", i+1, err)
		case m.later():
			e.cfg.Log.Info("the service is busy", "reason", reason)
			return fmt.Errorf("step %d of the login: the service wants to be left alone: %s", i+1, reason)
		case m != accepted:
			return fmt.Errorf("step %d of the login is refused: %s; check user and password, and what options.login expects", i+1, reason)
		}
	}
	return nil
}

// step makes a request by the way and saves what its answer has.
func (e *End) step(ctx context.Context, s *step, values map[string]string) (meaning, string, time.Duration, error) {
	r, err := e.ask(ctx, s.request, values)
	if err != nil {
		return 0, "", 0, err
	}
	if r.cut != nil {
		return 0, "", 0, fmt.Errorf("the connection was cut: %w", r.cut)
	}
	m, reason, after := s.expect.judge(r, nil, e.cfg.Clock())
	if m != accepted {
		return m, reason, after, nil
	}
	for name, x := range s.save {
		v, ok, err := x.first(found{raw: r.body}, r.header)
		if err == nil && !ok {
			err = errors.New("it is not in the answer, which begins with " + r.words())
		}
		if err != nil {
			return 0, "", 0, fmt.Errorf("looking for %s: %w", name, err)
		}
		e.saved[name], values[name] = v, v
	}
	return m, "", 0, nil
}

// pause is how long to wait when the service is busy: as long as it says, or
// twice as long as the last time.
func (e *End) pause(said time.Duration) time.Duration {
	if said > 0 {
		return said
	}
	e.slow = min(max(2*e.slow, time.Second), 30*time.Second)
	return e.slow
}
