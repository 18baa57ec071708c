package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"example.org/telltale/internal/driver/wire"
)

// imapBox reads all folders of a mailbox. A connection that was lost is made
// anew: servers end those that are idle, and that is no observation.
type imapBox struct {
	end *End
	c   *imapclient.Client
	// next are the marks of the folders known, from the first open on.
	next map[string]mark
	was  bool
}

// mark is how far a folder was read.
type mark struct {
	uid      imap.UID
	validity uint32
}

const mostFolders = 100

func (b *imapBox) open(ctx context.Context) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	// What lies there before the first open is not news; what came between
	// two sessions is.
	if b.was {
		return nil
	}
	folders, err := b.folders(ctx)
	if err != nil {
		return fmt.Errorf("listing the folders of %s: %w", b.end.cfg.Account.Name, err)
	}
	for _, f := range folders {
		b.next[f.Mailbox] = mark{f.Status.UIDNext, f.Status.UIDValidity}
	}
	b.was = true
	return nil
}

func (b *imapBox) close() error {
	if b.c == nil {
		return nil
	}
	c := b.c
	b.c = nil
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		b.end.cfg.Log.Debug("leaving the mailbox", "error", err)
	}
	return nil
}

func (b *imapBox) connect(ctx context.Context) error {
	if err := b.close(); err != nil {
		return err
	}
	o := b.end.cfg.Options.IMAP
	plan, err := o.Plan("", mailbox())
	if err != nil {
		return err
	}
	conn, err := plan.Connect(ctx, b.end.cfg.Dial)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if plan.TLS == wire.StartTLS || plan.TLS == offered {
		clear := conn
		if conn, err = imapTLS(ctx, conn, plan); err != nil {
			clear.Close()
			return err
		}
	}
	if !plan.Secret(bare(conn)) {
		conn.Close()
		return errors.New("the password would go over the network in the clear: set imap.tls, or imap.plain if that is meant")
	}
	b.c = imapclient.New(conn, nil)
	if err := b.login(); err != nil {
		_ = b.close() // the login's error is the one to tell
		return err
	}
	return nil
}

func (b *imapBox) login() error {
	if err := b.c.WaitGreeting(); err != nil {
		return fmt.Errorf("the mailbox does not greet: %w", err)
	}
	if err := b.c.Login(b.end.user(), b.end.cfg.Account.Password).Wait(); err != nil {
		return fmt.Errorf("the mailbox does not let %s in: %w; check user and password", b.end.user(), err)
	}
	return nil
}

// mailbox are the ports of IMAP (RFC 8314).
func mailbox() wire.Ports {
	return wire.Ports{Default: "993", Direct: []string{"993"}, Else: offered}
}

// watched runs commands; the connection is closed if ctx ends meanwhile.
func (b *imapBox) watched(ctx context.Context, commands func() error) error {
	c := b.c
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := commands(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	return nil
}

// folders lists what can hold mails for the account, the inbox first.
func (b *imapBox) folders(ctx context.Context) (out []*imap.ListData, err error) {
	err = b.watched(ctx, func() error {
		ask := &imap.StatusOptions{UIDNext: true, UIDValidity: true}
		o := &imap.ListOptions{}
		if b.c.Caps().Has(imap.CapListStatus) {
			o.ReturnStatus = ask
		}
		all, err := b.c.List("", "*", o).Collect()
		if err != nil {
			return err
		}
		slices.SortStableFunc(all, func(x, y *imap.ListData) int { return rank(x) - rank(y) })
		for _, f := range all {
			if b.skips(f) || len(out) == mostFolders {
				continue
			}
			if f.Status == nil {
				if f.Status, err = b.c.Status(f.Mailbox, ask).Wait(); err != nil {
					return err
				}
			}
			out = append(out, f)
		}
		return nil
	})
	return out, err
}

func rank(f *imap.ListData) int {
	if inboxName(f.Mailbox) {
		return 0
	}
	return 1
}

func inboxName(folder string) bool { return strings.EqualFold(folder, "INBOX") }

// skips reports whether a folder holds no mails that arrive.
func (b *imapBox) skips(f *imap.ListData) bool {
	for _, a := range []imap.MailboxAttr{imap.MailboxAttrNoSelect, imap.MailboxAttrNonExistent, imap.MailboxAttrSent, imap.MailboxAttrDrafts, imap.MailboxAttrAll, imap.MailboxAttrFlagged} {
		if slices.Contains(f.Attrs, a) {
			return true
		}
	}
	return slices.Contains(b.end.cfg.Options.IMAP.Skip, f.Mailbox)
}
