package mail

import (
	"context"
	"fmt"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// harmless is what the usual answer to a mail for nobody is learned from.
const harmless = "see you tomorrow"

// ask sends a text to a recipient who does not exist. Nobody reads it; the
// server's answer tells whether it minds the text, by being another one than
// it gives to a harmless mail.
func (e *End) ask(ctx context.Context, l letter) (ends.Sent, error) {
	l.To = e.nobodyAt(l)
	if e.normal == nil {
		if sent, err := e.learn(ctx, l); err != nil || sent != nil {
			return *sent, err
		}
	}
	r, typed, err := e.offer(ctx, l)
	if err != nil {
		return ends.Sent{}, err
	}
	s := e.judge(r, l, typed)
	switch {
	case s.After > 0:
	case r.stage == e.normal.stage && r.code == e.normal.code:
		s.Outcome, s.Got, s.Reason = telltale.Delivered, typed, "the answer that any mail for nobody gets: "+r.String()
	case s.Ended || r.taken():
		s.Outcome, s.Reason = telltale.Void, "neither the usual answer nor a refusal: "+r.String()
	}
	return s, nil
}

// learn finds the usual answer. A result other than nil is why it could not.
func (e *End) learn(ctx context.Context, l letter) (*ends.Sent, error) {
	text := l.Text
	l.Text = harmless
	r, _, err := e.offer(ctx, l)
	if err != nil {
		return &ends.Sent{}, err
	}
	s := e.judge(r, l, text)
	switch {
	case s.After > 0:
		return &s, nil
	case r.stage != atText:
		s.Outcome, s.Reason = telltale.Void, "this server refuses unknown recipients before it sees a text: "+r.String()
		return &s, nil
	}
	e.normal = &r
	return nil, nil
}

func (e *End) nobodyAt(l letter) string {
	if to := e.cfg.Options.Nobody; to != "" {
		return to
	}
	_, domain, _ := strings.Cut(l.To, "@")
	return fmt.Sprintf("nobody.%s@%s", strings.Trim(l.ID, "<>")[2:12], domain)
}
