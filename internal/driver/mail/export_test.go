package mail

import (
	"context"
	"errors"
	"net"
	"time"

	"example.org/telltale/internal/driver/wire"
)

// Compose writes a mail as an end with default options does.
func Compose(place, text, id string, eightBit bool) []byte {
	var o Options
	o.defaults()
	return o.compose(letter{From: "alice@example.test", To: "bob@example.test", ID: id, Place: place, Text: text, Date: time.Unix(1700000000, 0).UTC(), EightBit: eightBit})
}

// Read is what was read of a mail.
type Read struct {
	ID, From, Text, Notes string
	Bounce, Failed        bool
	Ref, Reason           string
}

// ParseMail reads a mail as an end with default options does.
func ParseMail(raw []byte) (Read, error) {
	var o Options
	o.defaults()
	r, err := o.parse(raw)
	out := Read{ID: r.id, From: r.from, Text: r.text, Notes: r.notes}
	if r.bounce != nil {
		out.Bounce, out.Failed, out.Ref, out.Reason = true, r.bounce.failed, r.bounce.ref, r.bounce.reason
	}
	return out, err
}

// Wait is the pause that a reply asks for.
func Wait(text string) time.Duration { return reply{text: text}.wait() }

// Unfit says why a text cannot stand in a place.
func Unfit(place, text string) string { return unfit(place, text) }

// Listening is where an end takes mails by LMTP.
func (e *End) Listening() string { return e.inbox.(*lmtpBox).socket.Addr().String() }

// Greetings reads what servers say before their sessions begin.
func Greetings(ctx context.Context, conn net.Conn, starttls bool) error {
	plan := wire.Plan{TLS: offered}
	if starttls {
		plan.TLS = wire.StartTLS
	}
	_, _, smtp := smtpTLS(ctx, conn, plan, "localhost")
	_, imap := imapTLS(ctx, conn, plan)
	return errors.Join(smtp, imap)
}
