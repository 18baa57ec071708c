package mail

import (
	"context"
	"fmt"

	"github.com/emersion/go-smtp"
)

// submit hands a mail to the server, on a connection of its own: errors that
// one mail makes must not slow down or cut off the next. typed is the text as
// it stands in the bytes that were sent.
func (e *End) submit(ctx context.Context, l letter) (r reply, typed string, err error) {
	c, refused, err := e.connect(ctx)
	if err != nil {
		return reply{}, l.Text, err
	}
	if refused != nil {
		return *refused, l.Text, nil
	}
	defer hang(c)
	stop := context.AfterFunc(ctx, func() { hang(c) })
	defer stop()
	l.EightBit, _ = c.Extension("8BITMIME")
	raw := e.cfg.Options.compose(l)
	seen, err := e.cfg.Options.parse(raw)
	if err != nil {
		return reply{}, l.Text, fmt.Errorf("reading back what is to be sent: %w", err)
	}
	r = carry(c, l, raw)
	if ctx.Err() != nil {
		return r, seen.text, context.Cause(ctx)
	}
	if r.taken() {
		if err := c.Quit(); err != nil {
			e.cfg.Log.Debug("taking leave of the mail server", "error", err)
		}
	}
	return r, seen.text, nil
}

// carry goes through the stages of one mail (RFC 5321, 3.3).
func carry(c *smtp.Client, l letter, raw []byte) reply {
	if err := c.Mail(l.From, &smtp.MailOptions{UTF8: !ascii(l.From) || !ascii(l.To), Size: int64(len(raw))}); err != nil {
		return replyOf(atSender, err)
	}
	if err := c.Rcpt(l.To, nil); err != nil {
		return replyOf(atRecipient, err)
	}
	w, err := c.Data()
	if err != nil {
		return replyOf(atData, err)
	}
	if _, err := w.Write(raw); err != nil {
		return replyOf(atText, err)
	}
	said, err := w.CloseWithResponse()
	if err != nil {
		return replyOf(atText, err)
	}
	return reply{stage: atText, code: 250, text: said.StatusText}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] > '~' {
			return false
		}
	}
	return true
}
