// Package terminal drives programs that people use in a terminal: it types
// into their input field, reads back what stands there, and reads messages
// from the screen, from lines, or from a log that the program keeps. The
// program runs in a terminal of telltale's own, which nobody else sees, and
// in the sandbox of the audit if there is one.
//
// What a screen does not show is not known: blanks at the end of a message, or
// the difference between a tab and blanks. Wide screens are used so that lines
// need not be wrapped.
package terminal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Config says who uses which program.
type Config struct {
	Account ends.Account
	Options Options
	// Env is the program's environment. With TELLTALE_BOX in it the program
	// is started in that sandbox.
	Env []string
	// Dir is the working directory unless the options name one.
	Dir   string
	Clock telltale.Clock
}

// End is one account's program. It implements ends.End, Describer, Prober and
// Puller.
type End struct {
	cfg  Config
	opts Options

	mu      sync.Mutex
	session *session
}

var (
	_ ends.End       = (*End)(nil)
	_ ends.Describer = (*End)(nil)
	_ ends.Prober    = (*End)(nil)
	_ ends.Puller    = (*End)(nil)
)

// New makes an end; nothing runs before Open.
func New(cfg Config) (*End, error) {
	if cfg.Clock == nil {
		return nil, errors.New("terminal: no clock was given")
	}
	if err := cfg.Options.validate(); err != nil {
		return nil, err
	}
	return &End{cfg: cfg, opts: cfg.Options}, nil
}

// Open starts the program, and logs in.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	if err := e.Close(); err != nil {
		return err
	}
	s, err := e.begin(hear)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.session = s
	e.mu.Unlock()
	if err := s.login(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

// Close ends the program.
func (e *End) Close() error {
	e.mu.Lock()
	s := e.session
	e.session = nil
	e.mu.Unlock()
	if s != nil {
		s.close()
	}
	return nil
}

func (e *End) current() (*session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == nil {
		return nil, errors.New("the program does not run: open it first")
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
	case strings.ContainsFunc(p.Text, isControl):
		return "the text has a line break or another control character, which is a command to the program"
	case e.opts.Limit > 0 && len(p.Text) > e.opts.Limit:
		return fmt.Sprintf("the text is longer than the %d bytes that go into one message", e.opts.Limit)
	case p.Place != "" && len(e.opts.Places) > 0 && !slices.Contains(e.opts.Places, p.Place):
		return fmt.Sprintf("there is no place %q", p.Place)
	}
	return ends.WhyNot(e.opts.Cannot, p.Text)
}

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// Pull reads what has come to the log since, and turns to the window in which
// something new is. A program that has ended has said so already.
func (e *End) Pull(ctx context.Context) error {
	s, err := e.current()
	if err != nil {
		return err
	}
	if s.prog != nil && s.prog.ending() != nil {
		return nil
	}
	if err := s.look(ctx); err != nil && s.prog.ending() == nil {
		return err
	}
	return s.pull()
}

// Probe finds out whether the program still runs, and asks the service if the
// options say how.
func (e *End) Probe(ctx context.Context) error {
	s, err := e.current()
	if err != nil {
		return err
	}
	if err := s.probe(ctx); err != nil {
		return s.explain(err)
	}
	return nil
}

// About describes the program.
func (e *End) About() ends.About {
	return ends.About{
		App: e.app(), ReadBack: e.opts.Fifo == "" && e.opts.Mode == ModeScreen,
		Places: e.opts.Places, Limit: e.opts.Limit, Same: same,
	}
}

func (e *End) app() telltale.App {
	if e.opts.Preset != "" {
		return telltale.App{Name: e.opts.Preset}
	}
	if len(e.opts.Command) == 0 {
		return telltale.App{Name: "terminal"}
	}
	return telltale.App{Name: filepath.Base(e.opts.Command[0])}
}

// same compares a name on the screen with an account: programs show a nick, an
// address, or an address with a resource.
func same(shown string, a ends.Account) bool {
	shown, _, _ = strings.Cut(shown, "/")
	return slices.ContainsFunc(namesOf(a), func(name string) bool { return strings.EqualFold(name, shown) })
}

// namesOf are the names that an account may be shown under.
func namesOf(a ends.Account) []string {
	names := []string{a.Name}
	for _, address := range []string{a.Address, a.User} {
		if address != "" {
			local, _, _ := strings.Cut(address, "@")
			names = append(names, address, local)
		}
	}
	return names
}

// fill puts the account, and for a post its recipient and place, into a text.
func (e *End) fill(text string, p *ends.Post) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	a := e.cfg.Account
	pairs := []string{"{{name}}", a.Name, "{{address}}", or(a.Address, a.Name), "{{user}}", or(a.User, a.Address, a.Name), "{{password}}", a.Password}
	for k, v := range a.More {
		pairs = append(pairs, "{{more."+k+"}}", v)
	}
	if p != nil {
		pairs = append(pairs, "{{to}}", or(p.To.Address, p.To.Name), "{{place}}", p.Place)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func or(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
