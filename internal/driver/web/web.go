// Package web is an end of a conversation on a web service that is spoken to
// by HTTP: a forum, a board, a chat's API, a search box, a translator. What
// to ask, and what of the answer is what, stands in the options as templates
// and extraction rules.
//
// A page with status 200 proves nothing: it may be a block page. A message
// counts as delivered when the other end has read it back, or when the
// service answers the sender himself and a rule says what its usual answer
// looks like. A reader who is refused where he could read before is an
// observation of its own.
//
// Every request has a connection of its own, so that a connection which was
// cut over one message is not charged to the next.
package web

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Config is one account with its service.
type Config struct {
	Account ends.Account
	Options Options
	// Threads is shared by all ends of a conversation. It is needed where
	// places have threads.
	Threads *Threads
	// Dial connects. Nil: the net package does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Clock stamps messages. Nil: time.Now.
	Clock telltale.Clock
	// Random makes nonces. Nil: crypto/rand.
	Random io.Reader
	// Log may be nil.
	Log *slog.Logger
}

// End is an account's browser, without a screen.
type End struct {
	cfg   Config
	rules *rules

	client *http.Client
	// saved are values of earlier answers, by name.
	saved map[string]string
	// sent counts messages; slow is the pause asked for last.
	sent int
	slow time.Duration

	// taken says that a text was accepted; held is the one that was put off
	// last, and how often in a row.
	taken bool
	held  string
	holds int
	// stored and shown are what answers to texts, and pages with messages,
	// usually look like. doubt is set after an answer to a text that is not
	// so: if nothing arrives, that was a refusal.
	stored map[string]*habit
	shown  habit
	doubt  string

	// pages are what was read of each thread; "" is the one without.
	pages map[string]*page
	// resting is until when nothing is read, because that was too often.
	resting time.Time

	mu     sync.Mutex
	hear   func(ends.Event)
	own    map[string]int
	stream *stream
}

var (
	_ ends.End       = (*End)(nil)
	_ ends.Puller    = (*End)(nil)
	_ ends.Prober    = (*End)(nil)
	_ ends.Describer = (*End)(nil)
)

// New prepares an end. Nothing is asked before Open.
func New(cfg Config) (*End, error) {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: patience}).DialContext
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
	r, err := compile(cfg.Options)
	if err != nil {
		return nil, err
	}
	if r.threaded && cfg.Threads == nil {
		return nil, &ends.OptionError{Path: "places", What: "a thread for each message needs ends that know of each other's", Fix: "leave thread away"}
	}
	return &End{cfg: cfg, rules: r, saved: map[string]string{}, pages: map[string]*page{}, own: map[string]int{}, stored: map[string]*habit{}}, nil
}

// patience bounds one answer of a service.
const patience = 30 * time.Second

// Open logs in, and notes what stands on the page that is read already.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	if err := e.shut(); err != nil {
		return err
	}
	e.mu.Lock()
	e.hear = hear
	e.mu.Unlock()
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return err
	}
	if e.client, err = e.newClient(jar); err != nil {
		return err
	}
	if err := e.login(ctx); err != nil {
		return err
	}
	return e.begin(ctx)
}

// Close ends what listens. The service is not told.
func (e *End) Close() error {
	e.mu.Lock()
	e.hear = nil
	e.mu.Unlock()
	return e.shut()
}

func (e *End) shut() error {
	e.mu.Lock()
	s := e.stream
	e.stream = nil
	e.mu.Unlock()
	if s != nil {
		s.close()
	}
	return nil
}

// About says what places there are.
func (e *End) About() ends.About {
	about := ends.About{App: telltale.App{Name: "web service " + e.cfg.Options.Base}, Limit: e.cfg.Options.Limit}
	for _, p := range e.rules.places {
		about.Places = append(about.Places, p.name)
	}
	return about
}

// event passes on what was heard, if anybody listens.
func (e *End) event(ev ends.Event) {
	ev.At = e.cfg.Clock()
	e.mu.Lock()
	hear := e.hear
	e.mu.Unlock()
	if hear != nil {
		hear(ev)
	}
}

// myself reports whether a name that the service gives is the account's own.
func (e *End) myself(name string) bool {
	a := e.cfg.Account
	return name != "" && (strings.EqualFold(name, a.Address) || strings.EqualFold(name, a.Name) || strings.EqualFold(name, a.User))
}
