package mail

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// pull reads what is new in every folder; once more on a new connection if
// the present one was lost.
func (b *imapBox) pull(ctx context.Context) error {
	if b.c != nil {
		err := b.news(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		b.end.cfg.Log.Info("the mailbox was lost; opening it anew", "account", b.end.cfg.Account.Name, "error", err)
	}
	if err := b.connect(ctx); err != nil {
		return err
	}
	return b.news(ctx)
}

func (b *imapBox) news(ctx context.Context) error {
	folders, err := b.folders(ctx)
	if err != nil {
		return fmt.Errorf("asking for new mails: %w", err)
	}
	for _, f := range folders {
		if f.Status == nil {
			continue
		}
		known, ok := b.next[f.Mailbox]
		if !ok || known.validity != f.Status.UIDValidity {
			// A folder made since, or made anew: all in it has just come.
			known = mark{1, f.Status.UIDValidity}
		}
		if f.Status.UIDNext <= known.uid {
			b.next[f.Mailbox] = known
			continue
		}
		if err := b.watched(ctx, func() error { return b.fetch(f.Mailbox, &known) }); err != nil {
			return fmt.Errorf("reading %s: %w", f.Mailbox, err)
		}
		known.uid = max(known.uid, f.Status.UIDNext)
		b.next[f.Mailbox] = known
	}
	return nil
}

// fetch reads a folder from a mark on, and moves the mark.
func (b *imapBox) fetch(folder string, from *mark) error {
	if _, err := b.c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return err
	}
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: mostBytes}}
	cmd := b.c.Fetch(imap.UIDSet{imap.UIDRange{Start: from.uid}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{body}})
	all, err := cmd.Collect()
	if err != nil {
		return err
	}
	place := folder
	if inboxName(folder) {
		place = ""
	}
	for _, m := range all {
		// "5:*" means the last message too, even if that is number 4.
		if m.UID >= from.uid {
			b.end.found(section(m), place, b.end.cfg.Clock())
		}
	}
	for _, m := range all {
		from.uid = max(from.uid, m.UID+1)
	}
	return b.leave()
}

func section(m *imapclient.FetchMessageBuffer) []byte {
	if len(m.BodySection) == 0 {
		return nil
	}
	return m.BodySection[0].Bytes
}

// leave closes the folder, so that its state is asked for afresh.
func (b *imapBox) leave() error {
	if b.c.Caps().Has(imap.CapUnselect) || b.c.Caps().Has(imap.CapIMAP4rev2) {
		return b.c.Unselect().Wait()
	}
	// The folder is open for reading only, so nothing is expunged.
	return b.c.UnselectAndExpunge().Wait()
}
