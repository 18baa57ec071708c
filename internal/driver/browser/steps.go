package browser

import (
	"context"
	"errors"
	"fmt"

	"example.org/telltale/internal/driver/ends"
)

// login leads to the open chat, and begins to listen.
func (s *session) login(ctx context.Context) error {
	if err := s.navigate(ctx, s.e.fill(s.e.opts.URL, nil)); err != nil {
		return err
	}
	if err := s.steps(ctx, s.e.recording, nil); err != nil {
		return fmt.Errorf("the recording: %w", err)
	}
	if err := s.steps(ctx, s.e.opts.Login, nil); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	ready := s.e.opts.Ready
	if ready == "" && len(s.e.opts.Open) == 0 {
		ready = s.e.opts.Input
	}
	if ready != "" {
		if _, err := s.wait(ctx, []string{ready}, false); err != nil {
			return fmt.Errorf("the page is not ready: %w", err)
		}
	}
	// What stands on the page by now was said before.
	if err := s.quiet(ctx); err != nil {
		return err
	}
	if err := s.ask(ctx, nil, "listen"); err != nil {
		return err
	}
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
	return nil
}

// open turns to a recipient, unless his chat is open.
func (s *session) open(ctx context.Context, p ends.Post) error {
	who := p.To.Name + "\x00" + p.To.Address
	if len(s.e.opts.Open) == 0 || s.opened == who {
		return nil
	}
	s.opened = ""
	if err := s.steps(ctx, s.e.opts.Open, &p); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	s.opened = who
	return nil
}

func (s *session) steps(ctx context.Context, all []Step, p *ends.Post) error {
	for i, step := range all {
		if err := s.step(ctx, step, p); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *session) step(ctx context.Context, step Step, p *ends.Post) error {
	selectors := func(one string) []string {
		if len(step.selectors) > 0 {
			return step.selectors
		}
		return []string{s.e.fill(one, p)}
	}
	switch {
	case step.Go != "":
		return s.navigate(ctx, s.e.fill(step.Go, p))
	case step.Wait != "":
		_, err := s.wait(ctx, selectors(step.Wait), false)
		return err
	case step.Gone != "":
		_, err := s.wait(ctx, selectors(step.Gone), true)
		return err
	case step.Click != "":
		times := 1
		if step.double {
			times = 2
		}
		return s.click(ctx, selectors(step.Click), times)
	case step.Into != "":
		return s.enter(ctx, selectors(step.Into), s.e.fill(step.Type, p))
	case step.Key != "" && (step.up || step.down):
		k, label, mods, _ := chord(step.Key)
		return s.keyEvent(ctx, k, label, mods, step.down)
	}
	return s.press(ctx, step.Key)
}

// wait waits until one of the selectors matches something that can be seen,
// or nothing does, and returns it.
func (s *session) wait(ctx context.Context, selectors []string, gone bool) (string, error) {
	limit, cancel := context.WithTimeout(ctx, s.e.opts.patience())
	defer cancel()
	for {
		var out struct{ Found, Wrong string }
		err := s.ask(limit, &out, "there", selectors, s.e.opts.patience().Milliseconds(), gone)
		switch {
		case err == nil && out.Found != "":
			return out.Found, nil
		case err == nil && out.Wrong != "":
			return "", fmt.Errorf("the selector %q is none: %s", selectors[0], out.Wrong)
		case ctx.Err() != nil:
			return "", fmt.Errorf("waiting for %q: %w", selectors[0], context.Cause(ctx))
		case err == nil || limit.Err() != nil:
			return "", fmt.Errorf("%q is not seen on the page within %v; the developer tools of a browser show selectors", selectors[0], s.e.opts.patience())
		case !s.reloaded(limit, err):
			return "", err
		}
	}
}

// reloaded reports whether a question failed because the page gave way to
// another one, in which it can be asked again.
func (s *session) reloaded(ctx context.Context, err error) bool {
	if errors.Is(err, s.c.ended()) {
		return false
	}
	s.mu.Lock()
	fine := s.broken == nil && !s.ready
	s.mu.Unlock()
	if !fine {
		return false
	}
	_, err = s.agentWorld(ctx)
	return err == nil
}

// click presses the mouse on the middle of an element.
func (s *session) click(ctx context.Context, selectors []string, times int) error {
	selector, err := s.wait(ctx, selectors, false)
	if err != nil {
		return err
	}
	var at *struct{ X, Y float64 }
	if err := s.ask(ctx, &at, "place", selector); err != nil {
		return err
	}
	if at == nil {
		return fmt.Errorf("%q has gone before it could be clicked", selector)
	}
	for n := 1; n <= times; n++ {
		for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
			params := arguments{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": n}
			if kind == "mouseMoved" {
				params["button"] = "none"
			}
			if err := s.c.call(ctx, "Input.dispatchMouseEvent", params, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// focus puts the cursor into a field.
func (s *session) focus(ctx context.Context, selector string) error {
	if _, err := s.wait(ctx, []string{selector}, false); err != nil {
		return err
	}
	var has bool
	if err := s.ask(ctx, &has, "focus", selector); err != nil {
		return err
	}
	if !has {
		if err := s.click(ctx, []string{selector}, 1); err != nil {
			return err
		}
		if err := s.ask(ctx, &has, "focus", selector); err != nil {
			return err
		}
	}
	if !has {
		return fmt.Errorf("%q does not take the cursor", selector)
	}
	return nil
}

// enter types into a field of a login, over what stands there.
func (s *session) enter(ctx context.Context, selectors []string, text string) error {
	selector, err := s.wait(ctx, selectors, false)
	if err != nil {
		return err
	}
	if err := s.focus(ctx, selector); err != nil {
		return err
	}
	if err := s.ask(ctx, nil, "select", selector); err != nil {
		return err
	}
	return s.write(ctx, text)
}
