// Package browser drives web pages with a Chromium that runs for one account:
// it types by keys and input methods as people do, reads the field back before
// it sends, and watches the page for what arrives. It speaks the Chrome
// DevTools Protocol over a pipe, so that a browser in a sandbox can be driven
// from outside, and looks at the page from a world of its own, which the page
// cannot see.
//
// It sees one page: its frames of other documents, and further windows, it
// does not.
package browser

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Config says who uses which page.
type Config struct {
	Account ends.Account
	Options Options
	// Env is the browser's environment. With TELLTALE_BOX in it the browser is
	// started in that sandbox; otherwise its proxy and authority are used.
	Env []string
	// Dir is the working directory, from which Recording is named too.
	Dir   string
	Clock telltale.Clock
}

// End is one account's page. It implements ends.End, Describer and Prober.
type End struct {
	cfg       Config
	opts      Options
	recording []Step
	// socket links to the browser over a port and not by pipes.
	socket bool

	mu      sync.Mutex
	session *session
	version string
}

var (
	_ ends.End       = (*End)(nil)
	_ ends.Describer = (*End)(nil)
	_ ends.Prober    = (*End)(nil)
)

// New makes an end; no browser runs before Open.
func New(cfg Config) (*End, error) {
	if cfg.Clock == nil {
		return nil, errors.New("browser: no clock was given")
	}
	if err := cfg.Options.validate(); err != nil {
		return nil, err
	}
	e := &End{cfg: cfg, opts: cfg.Options, socket: runtime.GOOS == "windows"}
	if cfg.Options.Recording == "" {
		return e, nil
	}
	var err error
	e.recording, err = readRecording(cfg.Dir, cfg.Options.Recording)
	return e, err
}

// Open starts a browser with a profile of its own, and leads it to the chat.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	if err := e.Close(); err != nil {
		return err
	}
	s, err := e.begin(ctx, hear)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.session, e.version = s, s.version
	e.mu.Unlock()
	if err := s.login(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

// Close ends the browser.
func (e *End) Close() error {
	e.mu.Lock()
	s := e.session
	e.session = nil
	e.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.close()
}

func (e *End) current() (*session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == nil {
		return nil, errors.New("no browser runs: open it first")
	}
	return e.session, nil
}

// Put types a text and sends it.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	s, err := e.current()
	if err != nil {
		return ends.Sent{}, err
	}
	if why := e.refuses(p); why != "" {
		return ends.Sent{Outcome: telltale.Void, Reason: why, At: e.cfg.Clock()}, nil
	}
	sent, err := s.put(ctx, p)
	if err != nil {
		return sent, s.explain(err)
	}
	return sent, nil
}

// refuses says why a post cannot be put, if so.
func (e *End) refuses(p ends.Post) string {
	switch {
	case p.Text == "":
		return "there is nothing to type"
	case strings.ContainsFunc(p.Text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }):
		return "the text has a line break or another control character, which keys do not write"
	case e.opts.Limit > 0 && len(p.Text) > e.opts.Limit:
		return fmt.Sprintf("the text is longer than the %d bytes that go into one message", e.opts.Limit)
	}
	return ends.WhyNot(e.opts.Cannot, p.Text)
}

// Probe finds out whether the page still stands, and waits until it is quiet.
func (e *End) Probe(ctx context.Context) error {
	s, err := e.current()
	if err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

// About describes the browser.
func (e *End) About() ends.About {
	e.mu.Lock()
	defer e.mu.Unlock()
	return ends.About{App: telltale.App{Name: "browser", Version: e.version}, ReadBack: true, Limit: e.opts.Limit, Same: same}
}

// same compares a name on the page with an account: pages show names, nicks,
// or addresses with or without a resource.
func same(shown string, a ends.Account) bool {
	shown, _, _ = strings.Cut(strings.TrimSpace(shown), "/")
	names := []string{a.Name}
	for _, address := range []string{a.Address, a.User} {
		if address != "" {
			local, _, _ := strings.Cut(address, "@")
			names = append(names, address, local)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, shown) })
}

// fill puts the account, and for a post its recipient, into a text.
func (e *End) fill(text string, p *ends.Post) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	a := e.cfg.Account
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	pairs := []string{"{{name}}", a.Name, "{{address}}", or(a.Address, a.Name), "{{user}}", or(a.User, or(a.Address, a.Name)), "{{password}}", a.Password}
	for k, v := range a.More {
		pairs = append(pairs, "{{more."+k+"}}", v)
	}
	if p != nil {
		pairs = append(pairs, "{{to}}", or(p.To.Address, p.To.Name))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// scrubbed takes the account's password out of what is told to people.
func (e *End) scrubbed(text string) string {
	if e.cfg.Account.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, e.cfg.Account.Password, "***")
}
