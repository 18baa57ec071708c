package web

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Put sends a text. Whether it was delivered, the other end decides by
// reading, unless the place has an answer of its own.
func (e *End) Put(ctx context.Context, post ends.Post) (ends.Sent, error) {
	p := e.place(post.Place)
	if p == nil {
		return e.void(post, fmt.Sprintf("there is no place %q here", post.Place)), nil
	}
	if most := e.cfg.Options.Limit; most > 0 && len(post.Text) > most {
		return e.void(post, fmt.Sprintf("the text is longer than options.limit, %d bytes", most)), nil
	}
	e.doubt = ""
	if p.answer == nil && len(p.thread) == 0 && e.rules.read.stream == "" {
		// What the other side wrote before is heard before, so that what is
		// new afterwards is the account's own.
		if err := e.Pull(ctx); err != nil {
			return ends.Sent{}, err
		}
	}
	values, err := e.message(p, post)
	if err != nil {
		return ends.Sent{}, err
	}
	s, err := e.try(ctx, p, values)
	if errors.Is(err, errText) {
		return e.void(post, err.Error()), nil
	}
	if err != nil || s.After > 0 {
		return s, err
	}
	e.slow = 0
	s.Typed, s.At = post.Text, e.cfg.Clock()
	if s.Outcome == "" {
		return s, e.after(ctx, p, values)
	}
	return s, nil
}

func (e *End) place(name string) *place {
	for _, p := range e.rules.places {
		if p.name == name || name == "" {
			return p
		}
	}
	return nil
}

func (e *End) void(post ends.Post, why string) ends.Sent {
	return ends.Sent{Typed: post.Text, At: e.cfg.Clock(), Outcome: telltale.Void, Reason: why}
}

// try sends a text, once more after a new login if the session was over.
func (e *End) try(ctx context.Context, p *place, values map[string]string) (ends.Sent, error) {
	s, over, err := e.attempt(ctx, p, values)
	if err != nil || !over {
		return s, err
	}
	if len(e.rules.login) == 0 {
		return s, fmt.Errorf("the service wants a login: %s; write one under options.login", s.Reason)
	}
	if err := e.login(ctx); err != nil {
		return s, err
	}
	values = merge(values, e.saved)
	s, over, err = e.attempt(ctx, p, values)
	if err == nil && over {
		// Logged in a moment ago, and out again over this text.
		s.Outcome, s.Ended = telltale.Refused, true
	}
	return s, err
}

func merge(values, more map[string]string) map[string]string {
	for k, v := range more {
		values[k] = v
	}
	return values
}

// attempt goes through the steps before a message, and sends it.
func (e *End) attempt(ctx context.Context, p *place, values map[string]string) (s ends.Sent, over bool, err error) {
	for i, st := range p.before {
		m, reason, after, err := e.step(ctx, st, values)
		switch {
		case err != nil:
			return s, false, fmt.Errorf("step %d before a message: %w", i+1, err)
		case m.later():
			return ends.Sent{Reason: reason, After: e.pause(after)}, false, nil
		case m == loggedOut:
			return ends.Sent{Reason: reason}, true, nil
		case m != accepted:
			return s, false, fmt.Errorf("step %d before a message is refused: %s", i+1, reason)
		}
	}
	if p.send.socket {
		return s, false, e.say(ctx, p.send, values)
	}
	r, err := e.deliver(ctx, p, values)
	if err != nil {
		return s, false, err
	}
	return e.judge(p, r, values)
}

// deliver makes the request with the text. One that is only answered to the
// sender can be made again when its connection is cut.
func (e *End) deliver(ctx context.Context, p *place, values map[string]string) (r *response, err error) {
	tries := 1
	if p.answer != nil {
		tries = e.tries()
	}
	for range tries {
		if r, err = e.ask(ctx, p.send, values); err != nil || r.cut == nil {
			return r, err
		}
	}
	return r, err
}

func (e *End) tries() int {
	if n := e.cfg.Options.Tries; n > 0 {
		return n
	}
	return 2
}

// judge says what an answer tells of a text.
func (e *End) judge(p *place, r *response, values map[string]string) (s ends.Sent, over bool, err error) {
	if r.cut != nil {
		s.Ended, s.Reason = true, "the connection was cut after the text: "+clip(r.cut.Error())
		if p.answer != nil {
			s.Outcome = telltale.Refused
		}
		return s, false, nil
	}
	m, reason, after := p.expect.judge(r, e.rules.loggedOut, e.cfg.Clock())
	switch m {
	case busy, overloaded:
		if m == overloaded && e.meant(values["text"]) {
			return ends.Sent{Outcome: telltale.Refused, Reason: reason}, false, nil
		}
		return ends.Sent{Reason: reason, After: e.pause(after)}, false, nil
	case loggedOut:
		return ends.Sent{Reason: reason}, true, nil
	case tooLong:
		return ends.Sent{Outcome: telltale.Void, Reason: reason}, false, nil
	case refused, missing:
		return ends.Sent{Outcome: telltale.Refused, Reason: reason}, false, nil
	case accepted:
		e.taken = true
	}
	if p.answer != nil {
		s, err = p.answer.judge(r, values)
		return s, false, err
	}
	e.notice(p, r)
	s.Ref = values["thread"]
	if p.ref != nil {
		if s.Ref, _, err = p.ref.first(found{raw: r.body}, r.header); err != nil {
			return s, false, fmt.Errorf("looking for the name of the message: %w", err)
		}
	}
	return s, false, nil
}

// mostHolds is how often a text is sent again that makes the service say it
// is overloaded.
const mostHolds = 3

// meant counts how often the service was overloaded by one text, and reports
// whether that is because of it: always, where other texts were taken.
func (e *End) meant(text string) bool {
	if e.held != text {
		e.held, e.holds = text, 0
	}
	e.holds++
	return e.taken && e.holds > mostHolds
}

// notice keeps in mind an answer that is not what it usually is.
func (e *End) notice(p *place, r *response) {
	h := e.stored[p.name]
	if h == nil {
		h = &habit{}
		e.stored[p.name] = h
	}
	if p.expect.match == nil && h.odd(r.wording()) {
		e.doubt = "not the usual answer: " + r.words()
		return
	}
	h.learn(r.wording())
}

// judge says what the sender's own answer tells.
func (a *answer) judge(r *response, values map[string]string) (ends.Sent, error) {
	if len(a.normal) > 0 {
		re, err := regexp.Compile(a.normal.fill(values, "regexp"))
		if err != nil {
			return ends.Sent{}, fmt.Errorf("answer.normal: %w", err)
		}
		if !re.MatchString(r.body) {
			return ends.Sent{Outcome: telltale.Dropped, Reason: "the usual answer did not come: " + r.words()}, nil
		}
	}
	if a.text == nil {
		return ends.Sent{Outcome: telltale.Delivered, Got: values["text"]}, nil
	}
	got, ok, err := a.text.first(found{raw: r.body}, r.header)
	switch {
	case err != nil:
		return ends.Sent{}, fmt.Errorf("looking for the text in the answer: %w", err)
	case !ok:
		return ends.Sent{Outcome: telltale.Dropped, Reason: "the answer does not show the text: " + r.words()}, nil
	case got == values["text"]:
		return ends.Sent{Outcome: telltale.Delivered, Got: got}, nil
	}
	return ends.Sent{Outcome: telltale.Altered, Got: got}, nil
}
