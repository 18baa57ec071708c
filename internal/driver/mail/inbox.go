package mail

import (
	"context"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// inbox is a way of reading. pull reports through the End.
type inbox interface {
	open(ctx context.Context) error
	pull(ctx context.Context) error
	close() error
}

// reader makes the inbox that the options name, nil for none.
func (e *End) reader() inbox {
	o := e.cfg.Options
	switch {
	case o.IMAP != nil:
		return &imapBox{end: e, next: map[string]mark{}}
	case o.LMTP != nil:
		return &lmtpBox{end: e}
	case o.Maildir != "":
		return &maildir{end: e, root: directory(o.Maildir, e.cfg.Account, e.user()), seen: map[string]bool{}}
	}
	return nil
}

// found reports a mail. place is empty for the folder where mails arrive.
func (e *End) found(raw []byte, place string, at time.Time) {
	r, err := e.cfg.Options.parse(raw)
	if err != nil {
		e.cfg.Log.Warn("a mail that cannot be read", "account", e.cfg.Account.Name, "place", place, "error", err)
		r = read{text: strings.ToValidUTF8(string(raw[:min(len(raw), mostBytes)]), "\uFFFD")}
	}
	ev := ends.Event{Kind: ends.Arrived, At: at, From: r.from, Text: r.text, Ref: r.id, Place: place, Reason: r.notes}
	if r.bounce != nil {
		if !r.bounce.failed {
			return
		}
		ev = ends.Event{Kind: ends.Bounced, At: at, From: r.from, Ref: r.bounce.ref, Place: place, Reason: r.bounce.reason}
	} else if e.again(r.id, place) {
		return
	}
	e.event(ev)
}

// again reports whether a mail was found before: a copy in another folder, or
// one that was delivered twice. One that has come into the inbox since counts.
func (e *End) again(id, place string) bool {
	if markOf(id) == 0 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	was, known := e.met[id]
	e.met[id] = place
	if known && was == "" {
		e.met[id] = ""
		return true
	}
	return known && place != ""
}
