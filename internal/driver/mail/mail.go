// Package mail is an end of a conversation by electronic mail: it sends by
// SMTP and reads by IMAP, by an LMTP server of its own, or from a Maildir.
//
// What a mail server answers is an observation, not the truth: 250 is said of
// mails that are thrown away, and 451 of mails that it will never take. What
// counts is what lies in the recipient's mailbox. Names of messages (the
// Message-ID) survive the way, so each arrival and each bounce is known for
// certain.
//
// Where in a mail a text stands, and in which transfer encoding, decides what
// filters see of it; those are the places of [Places].
package mail

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Config is one account with its servers.
type Config struct {
	Account ends.Account
	Options Options
	// Dial connects to servers. Nil: the net package does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Clock stamps messages. Nil: time.Now.
	Clock telltale.Clock
	// Random names messages. Nil: crypto/rand.
	Random io.Reader
	// Log may be nil.
	Log *slog.Logger
}

// End is an account's mail program.
type End struct {
	cfg   Config
	inbox inbox

	mu   sync.Mutex
	hear func(ends.Event)
	// met is where each mail of ours was found last.
	met map[string]string

	// taken are recipients for whom the server has taken a mail: only from
	// then on a 4xx after the text can be meant for the text.
	taken map[string]bool
	// slow is the pause asked for last; it doubles until a mail is taken.
	slow time.Duration
	// held is the text that was put off last, and how often in a row.
	held  string
	holds int
	// normal is the answer to a harmless mail for an unknown recipient.
	normal *reply
}

var (
	_ ends.End       = (*End)(nil)
	_ ends.Puller    = (*End)(nil)
	_ ends.Prober    = (*End)(nil)
	_ ends.Describer = (*End)(nil)
)

// New prepares an end. Nothing is connected before Open.
func New(cfg Config) (*End, error) {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Account.Address == "" {
		cfg.Account.Address = cfg.Account.Name
	}
	cfg.Options.defaults()
	if err := cfg.Options.check(); err != nil {
		return nil, err
	}
	if a := cfg.Account.Address; !strings.Contains(a, "@") || strings.ContainsAny(a, "<>\r\n \t") {
		return nil, fmt.Errorf("account %q has no mail address: set address, as in alice@example.test", cfg.Account.Name)
	}
	e := &End{cfg: cfg, taken: map[string]bool{}, met: map[string]string{}}
	e.inbox = e.reader()
	return e, nil
}

// Open looks whether the server that takes mails answers and lets the account
// in, and opens the mailbox. What lies in it already is not heard.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	e.mu.Lock()
	e.hear = hear
	e.mu.Unlock()
	if e.cfg.Options.SMTP.Server != "" {
		if err := e.knock(ctx); err != nil {
			return err
		}
	}
	if e.inbox == nil {
		return nil
	}
	return e.inbox.open(ctx)
}

// Pull reads what has arrived.
func (e *End) Pull(ctx context.Context) error {
	if e.inbox == nil {
		return nil
	}
	return e.inbox.pull(ctx)
}

// Probe asks the mailbox once more. There is no session for sending: each
// mail is carried by a connection of its own.
func (e *End) Probe(ctx context.Context) error { return e.Pull(ctx) }

// Close leaves the mailbox.
func (e *End) Close() error {
	if e.inbox == nil {
		return nil
	}
	return e.inbox.close()
}

// About says what places there are.
func (e *End) About() ends.About {
	return ends.About{
		App:    telltale.App{Name: "mail by SMTP"},
		Places: e.cfg.Options.Places,
		Same:   func(address string, a ends.Account) bool { return sameAddress(address, a) },
	}
}

func sameAddress(address string, a ends.Account) bool {
	known := a.Address
	if known == "" {
		known = a.Name
	}
	return strings.EqualFold(address, known)
}

// user is the name to log in with.
func (e *End) user() string {
	if e.cfg.Account.User != "" {
		return e.cfg.Account.User
	}
	return e.cfg.Account.Address
}

// event passes on what was heard, if anybody listens.
func (e *End) event(ev ends.Event) {
	e.mu.Lock()
	hear := e.hear
	e.mu.Unlock()
	if hear != nil {
		hear(ev)
	}
}
