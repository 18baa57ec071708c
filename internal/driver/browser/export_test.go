package browser

import (
	"context"
	"time"
)

// ParseRecording reads the steps of a recording.
func ParseRecording(b []byte) ([]Step, error) { return parseRecording(b) }

// Disturb does something to the page that no user does, and waits until the
// end has noticed.
func (e *End) Disturb(what string) error {
	s, err := e.current()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	switch what {
	case "crash":
		_, _, err = s.c.start("Page.crash", arguments{})
	case "end":
		kill(s.proc.cmd.Process)
		<-s.c.done
		return nil
	default:
		_, _, err = s.c.start("Runtime.evaluate", arguments{"expression": what})
	}
	for err == nil {
		s.mu.Lock()
		broken, changed := s.broken, s.changed
		s.mu.Unlock()
		if broken != nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}

// ProxyFlags are the flags for an environment.
func ProxyFlags(env []string) ([]string, error) { return proxyFlags(env) }

// Strokes says how a text is typed.
func Strokes(text string) (all []string) {
	for _, s := range strokes(text) {
		kind := map[[2]bool]string{{true, false}: "key", {false, true}: "method", {false, false}: "insert"}[[2]bool{s.key, s.composed}]
		all = append(all, kind+" "+s.text)
	}
	return all
}

// OverSocket has the end link to its browser as it does on Windows.
func (e *End) OverSocket() { e.socket = true }
