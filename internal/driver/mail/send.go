package mail

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Put sends one mail. A mail that is put off although its text was seen is
// offered again; what is put off every time is refused.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	l, why, err := e.letter(p)
	if err != nil || why != "" {
		return ends.Sent{Typed: p.Text, At: e.cfg.Clock(), Outcome: telltale.Void, Reason: why}, err
	}
	if l.Place == nobody {
		return e.ask(ctx, l)
	}
	r, typed, err := e.offer(ctx, l)
	if err != nil {
		return ends.Sent{}, err
	}
	return e.judge(r, l, typed), nil
}

// letter prepares a mail, or says why there cannot be one.
func (e *End) letter(p ends.Post) (letter, string, error) {
	l := letter{From: e.cfg.Account.Address, To: p.To.Address, Place: p.Place, Text: p.Text, Date: e.cfg.Clock()}
	if l.Place == "" {
		l.Place = e.cfg.Options.Places[0]
	}
	if l.To == "" {
		l.To = p.To.Name
	}
	k, ok := kindOf(l.Place)
	switch {
	case e.cfg.Options.SMTP.Server == "":
		return l, "this account only reads: set smtp.server", nil
	case !ok:
		return l, fmt.Sprintf("there is no place %q in a mail", l.Place), nil
	case !strings.Contains(l.To, "@") || strings.ContainsAny(l.To, "<>\r\n \t"):
		return l, fmt.Sprintf("%q is no mail address", clip(l.To)), nil
	}
	if why := unfit(l.Place, l.Text); why != "" {
		return l, why, nil
	}
	id, err := e.name(k.mark)
	l.ID = id
	return l, "", err
}

// name makes the Message-ID of a mail.
func (e *End) name(mark byte) (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(e.cfg.Random, b[:]); err != nil {
		return "", fmt.Errorf("naming a mail: %w", err)
	}
	_, domain, _ := strings.Cut(e.cfg.Account.Address, "@")
	return fmt.Sprintf("<%c.%s@%s>", mark, hex.EncodeToString(b[:]), domain), nil
}

// offer hands a mail to the server, again if it is put off after its text.
func (e *End) offer(ctx context.Context, l letter) (r reply, typed string, err error) {
	for try := 1; ; try++ {
		r, typed, err = e.submit(ctx, l)
		if err != nil || !r.later() || r.crowded() || try >= e.cfg.Options.SMTP.Tries || !e.taken[l.To] {
			return r, typed, err
		}
		e.cfg.Log.Debug("put off after the text", "try", try, "reply", r.String())
		if err := pause(ctx, time.Duration(e.cfg.Options.SMTP.Pause)); err != nil {
			return r, typed, err
		}
	}
}

// judge says what a reply tells of a mail's fate.
func (e *End) judge(r reply, l letter, typed string) ends.Sent {
	s := ends.Sent{Typed: typed, At: e.cfg.Clock(), Ref: l.ID}
	e.hold(r, l.Text)
	switch {
	case r.taken():
		e.taken[l.To], e.slow = true, 0
	case r.code == 0 && r.stage == atText:
		// Taken or not, nobody knows; the recipient's mailbox does.
		s.Ended, s.Reason = true, r.String()
	case r.code == 421 && e.meant(r, l):
		s.Outcome, s.Reason, s.Ended = telltale.Refused, r.String(), true
	case r.code == 0, r.later() && (r.crowded() || !e.taken[l.To]) && !e.meant(r, l):
		s.After, s.Reason = e.later(r), r.String()
	case r.code == 552 && (strings.HasPrefix(r.text, "5.3.4") || strings.HasPrefix(r.text, "5.2.3")):
		s.Outcome, s.Reason = telltale.Void, "the text is too long for this service: "+r.String()
	default:
		s.Outcome, s.Reason = telltale.Refused, r.String()
	}
	return s
}

// meant reports whether a mail is put off for its text although the reply
// sounds like load: always after the text, without a word of rates, and where
// other mails are taken.
func (e *End) meant(r reply, l letter) bool {
	return r.stage == atText && e.taken[l.To] && !crowds.MatchString(r.text) && e.held == l.Text && e.holds >= mostHolds
}

// mostHolds is how often a mail is offered again after such replies.
const mostHolds = 3

// hold counts the replies of that sort to one text.
func (e *End) hold(r reply, text string) {
	if e.held != text {
		e.held, e.holds = text, 0
	}
	if r.later() && r.stage == atText {
		e.holds++
	}
}

// later is how long to wait before the server is asked again: as long as it
// says, or twice as long as the last time.
func (e *End) later(r reply) time.Duration {
	if w := r.wait(); w > 0 {
		return w
	}
	e.slow = min(max(2*e.slow, time.Duration(e.cfg.Options.SMTP.Pause)), 30*time.Second)
	return e.slow
}

func pause(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
