package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/telltale/internal/driver/ends"
)

const (
	// watched are how many threads are read at a time.
	watched = 4
	// mostFaults in a row are borne before reading counts as failed.
	mostFaults = 5
)

// begin notes what stands there already, or opens the stream.
func (e *End) begin(ctx context.Context) error {
	switch {
	case e.rules.read == nil:
		return nil
	case e.rules.read.stream != "":
		return e.listen(ctx)
	case e.rules.read.threaded || e.pages[""] != nil:
		return nil
	}
	e.pages[""] = &page{ids: map[string]bool{}}
	items, m, reason, err := e.load(ctx, "")
	switch {
	case err != nil:
		return fmt.Errorf("reading for the first time: %w", err)
	case m != accepted && m != missing:
		return fmt.Errorf("reading for the first time is refused: %s; check options.read", reason)
	}
	e.pages[""].news(items)
	return nil
}

// Pull reads what is new on the page, or in the threads of others.
func (e *End) Pull(ctx context.Context) error {
	r := e.rules.read
	if r == nil || r.stream != "" || e.rest() > 0 {
		return nil
	}
	if !r.threaded {
		return e.turn(ctx, "")
	}
	done := func(name string) bool { return e.pages[name] != nil && e.pages[name].done }
	for _, name := range e.cfg.Threads.others(e.cfg.Account.Name, watched, done) {
		if e.pages[name] == nil {
			e.pages[name] = &page{ids: map[string]bool{}}
		}
		if err := e.turn(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// rest is how long nothing may be read because that was too often.
func (e *End) rest() time.Duration { return e.resting.Sub(e.cfg.Clock()) }

// Probe reads once more, after the rest that the service wants; on a
// WebSocket it waits for an answer. What could not be asked is an error.
func (e *End) Probe(ctx context.Context) error {
	if e.doubt != "" {
		e.event(ends.Event{Kind: ends.Bounced, Reason: e.doubt})
		e.doubt = ""
	}
	e.mu.Lock()
	s := e.stream
	e.mu.Unlock()
	if s != nil {
		return s.probe(ctx)
	}
	for e.rest() > 0 {
		if e.rest() > patience {
			return fmt.Errorf("the service lets nothing be read for %v", e.rest().Round(time.Second))
		}
		timer := time.NewTimer(e.rest())
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
	if err := e.Pull(ctx); err != nil {
		return err
	}
	if e.rest() > 0 {
		return errors.New("the service does not let the page be read")
	}
	return nil
}

// turn reads one page and reports what is new.
func (e *End) turn(ctx context.Context, name string) error {
	p := e.pages[name]
	items, m, reason, err := e.load(ctx, name)
	switch {
	case err != nil:
		return err
	case m.later():
		return e.fault(p, reason)
	case m == missing:
		return nil
	case m != accepted:
		return e.bar(p, name, reason)
	}
	p.barred, p.faults = false, 0
	for _, it := range p.news(items) {
		e.report(p, name, it)
	}
	return nil
}

// bar says once that the account may not read. A page that stays closed to it
// tells nothing of later messages.
func (e *End) bar(p *page, name, reason string) error {
	if p.barred {
		return fmt.Errorf("the page is still refused: %s; give each message a thread of its own, see places.thread", reason)
	}
	p.barred, p.done = true, name != ""
	e.event(ends.Event{Kind: ends.Barred, Ref: name, Reason: reason})
	return nil
}

// fault bears some answers that came to nothing.
func (e *End) fault(p *page, reason string) error {
	if p.faults++; p.faults >= mostFaults {
		p.faults = 0
		return fmt.Errorf("nothing can be read: %s", reason)
	}
	return nil
}

// load asks for a page, and for another try if the connection is cut.
func (e *End) load(ctx context.Context, name string) (items []item, m meaning, reason string, err error) {
	values := e.values()
	values["thread"] = name
	for try := 0; ; try++ {
		r, err := e.ask(ctx, e.rules.read.request, values)
		if err != nil {
			return nil, 0, "", err
		}
		if r.cut != nil {
			if try+1 < e.tries() {
				continue
			}
			return nil, refused, "the connection was cut: " + clip(r.cut.Error()), nil
		}
		m, reason, after := e.rules.read.expect.judge(r, e.rules.loggedOut, e.cfg.Clock())
		if m == loggedOut && try == 0 && len(e.rules.login) > 0 {
			if err := e.login(ctx); err != nil {
				return nil, 0, "", err
			}
			continue
		}
		if m.later() {
			e.resting = e.cfg.Clock().Add(max(after, 100*time.Millisecond))
		}
		if m != accepted {
			return nil, m, reason, nil
		}
		if items, err = e.rules.read.extract(found{raw: r.body}, r); err != nil {
			return nil, 0, "", err
		}
		return e.usual(items, r)
	}
}

// usual tells a page without messages from another page in its place.
func (e *End) usual(items []item, r *response) ([]item, meaning, string, error) {
	if len(items) > 0 {
		e.shown.learn(r.shape())
		return items, accepted, "", nil
	}
	if e.rules.read.expect.match == nil && e.shown.odd(r.shape()) {
		return nil, refused, "not the usual page: " + r.words(), nil
	}
	return nil, accepted, "", nil
}
