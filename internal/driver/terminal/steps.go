package terminal

import (
	"context"
	"fmt"
	"strings"

	"example.org/telltale/internal/driver/ends"
)

// login does the steps that lead to a program that can be used.
func (s *session) login(ctx context.Context) error {
	if err := s.steps(ctx, s.e.opts.Login, nil); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	if err := s.awaits(ctx, s.e.opts.Ready); err != nil {
		return fmt.Errorf("the program is not ready: %w", err)
	}
	// What the log has by now was said before.
	err := s.pull()
	s.mu.Lock()
	s.reader.listening = true
	s.mu.Unlock()
	return err
}

// steps waits, types and presses keys as the options say.
func (s *session) steps(ctx context.Context, all []Step, p *ends.Post) error {
	for i, step := range all {
		if p != nil && (p.Place == "" && strings.Contains(step.Type, "{{place}}") || p.Place != "" && strings.Contains(step.Type, "{{to}}")) {
			continue
		}
		if err := s.step(ctx, step, p); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *session) step(ctx context.Context, step Step, p *ends.Post) error {
	if err := s.awaits(ctx, step.Wait); err != nil {
		return err
	}
	switch {
	case step.Type == "":
		return s.press(step.Keys)
	case len(step.Keys) > 0 && s.commands(step):
		return s.command(ctx, s.e.fill(step.Type, p), step.Keys)
	}
	if err := s.write(s.e.fill(step.Type, p)); err != nil {
		return err
	}
	return s.press(step.Keys)
}

// commands reports whether a step types into the input field of messages,
// where what is typed can be seen.
func (s *session) commands(step Step) bool {
	if !s.e.opts.Input.given() || strings.Contains(step.Type, "{{password}}") || s.e.opts.Mode != ModeScreen {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.start().known
}

// command types a line and waits until it is seen and then gone: a program
// that reads two lines at once takes them for a paste.
func (s *session) command(ctx context.Context, line string, keys []string) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	seen, err := s.enter(ctx, line)
	if err != nil {
		return err
	}
	if seen != line {
		return fmt.Errorf("the input field held %.100q when %.100q was typed", s.e.scrubbed(seen), s.e.scrubbed(line))
	}
	if err := s.press(keys); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.opts.patience())
	defer cancel()
	if err := s.await(ctx, s.empty); err != nil && s.prog.ending() == nil {
		return err
	}
	return nil
}

// awaits waits for a pattern on the screen.
func (s *session) awaits(ctx context.Context, p ends.Pattern) error {
	if !p.Given() {
		return nil
	}
	look := s.await
	if s.log != nil {
		look = s.awaitLog
	}
	if err := look(ctx, func() bool { return s.sees(p) }); err != nil {
		return fmt.Errorf("waiting for %q on the screen: %w", p, err)
	}
	return nil
}

func (s *session) press(keys []string) error {
	for _, key := range keys {
		s.mu.Lock()
		application := s.screen.AppCursor()
		s.mu.Unlock()
		b, err := keyBytes(key, application)
		if err != nil {
			return err
		}
		if err := s.write(b); err != nil {
			return err
		}
	}
	return nil
}

// open turns to a recipient and a place, unless they are open.
func (s *session) open(ctx context.Context, p ends.Post) error {
	who := p.To.Name + "\x00" + p.To.Address + "\x00" + p.Place
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

// look turns to where something new is, if the screen says so. It does so once
// for each thing that the screen says: some programs turn back the next time.
func (s *session) look(ctx context.Context) error {
	o := s.e.opts.Look
	if !o.Wait.Given() || s.prog == nil {
		return nil
	}
	s.mu.Lock()
	news := s.news()
	done := news == s.looked
	s.looked = news
	s.mu.Unlock()
	if done || news == "" {
		return nil
	}
	s.opened = ""
	return s.step(ctx, Step{Type: o.Type, Keys: o.Keys}, nil)
}

// news is the row that says that something new is elsewhere; empty if none.
func (s *session) news() string {
	for _, row := range s.visible() {
		if at := s.e.opts.Look.Wait.Find(row); at != nil {
			return row[at[0]:at[1]]
		}
	}
	return ""
}

// probe asks for a sign of life.
func (s *session) probe(ctx context.Context) error {
	if s.prog == nil {
		return nil
	}
	if err := s.prog.ending(); err != nil {
		return err
	}
	if err := s.steps(ctx, s.e.opts.Probe, nil); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	return nil
}
