package browser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// held is what stands in a field.
type held struct {
	Text *string
	// Gone says that there is no such field any more.
	Gone bool
}

func (h held) is(text string) bool { return h.Text != nil && *h.Text == text }

func (h held) String() string {
	if h.Text == nil {
		return ""
	}
	return *h.Text
}

// put types a post into the field, reads it back, and sends it.
func (s *session) put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	if err := s.open(ctx, p); err != nil {
		return ends.Sent{}, err
	}
	if err := s.clear(ctx); err != nil {
		return ends.Sent{}, err
	}
	if err := s.write(ctx, p.Text); err != nil {
		return ends.Sent{}, err
	}
	h, err := s.holds(ctx, p.Text, settled)
	switch {
	case err != nil:
		return ends.Sent{}, err
	case h.is(p.Text):
		return s.send(ctx, p)
	case h.Gone:
		return ends.Sent{}, errors.New("the field for messages has gone while one was typed")
	}
	void := ends.Sent{Typed: h.String(), At: s.e.cfg.Clock(), Outcome: telltale.Void,
		Reason: fmt.Sprintf("the field held %.200q after %.200q was typed", h, p.Text)}
	return void, s.clear(ctx)
}

const (
	// altered bounds the wait for a field to hold what it should.
	altered = 20 * time.Second
	// settled is how many looks, 25 ms apart, must find the same in a field
	// to say that it stays so: pages that change what is typed do so at once.
	settled = 80
)

// holds waits until the field holds a text, or, if looks is above 0, for that
// many looks holds something else.
func (s *session) holds(ctx context.Context, text string, looks int) (h held, err error) {
	return h, s.ask(ctx, &h, "holds", s.e.opts.Input, text, min(altered, s.e.opts.patience()).Milliseconds(), looks)
}

// clear focuses the field, and empties it as people do, by selecting all that
// is in it.
func (s *session) clear(ctx context.Context) error {
	if err := s.focus(ctx, s.e.opts.Input); err != nil {
		return err
	}
	var h held
	if err := s.ask(ctx, &h.Text, "held", s.e.opts.Input); err != nil || h.is("") || h.is("\n") {
		return err
	}
	if err := s.ask(ctx, nil, "select", s.e.opts.Input); err != nil {
		return err
	}
	if err := s.press(ctx, "Backspace"); err != nil {
		return err
	}
	h, err := s.holds(ctx, "", settled)
	if err == nil && !h.is("") {
		err = fmt.Errorf("the field for messages cannot be emptied; it holds %.200q", h)
	}
	return err
}

// send does what sends the message, and waits until the field is empty.
func (s *session) send(ctx context.Context, p ends.Post) (ends.Sent, error) {
	sent := ends.Sent{Typed: p.Text, At: s.e.cfg.Clock()}
	var err error
	if s.e.opts.Send.Click != "" {
		err = s.click(ctx, []string{s.e.opts.Send.Click}, 1)
	} else {
		err = s.press(ctx, s.e.opts.Send.Key)
	}
	if err != nil {
		return sent, err
	}
	// Some pages empty it only when the service has answered.
	h, err := s.holds(ctx, "", 0)
	if err != nil || h.is("") || h.Gone {
		return sent, err
	}
	sent.Outcome, sent.Reason = telltale.Void, fmt.Sprintf("the field still held %.200q after it was sent", h)
	return sent, s.clear(ctx)
}
