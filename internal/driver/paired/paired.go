// Package paired makes a driver of the ends of a conversation: it types at
// one end, listens at all of them, and decides what became of each message.
// Protocols know nothing of outcomes; this package knows nothing of protocols.
package paired

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Party is one account with its end.
type Party struct {
	Account ends.Account
	Side    telltale.Side
	End     ends.End
}

// Config is a driver with its parties. At least one of side app and one of
// side peer.
type Config struct {
	Parties []Party
	// App is named if the ends do not know better.
	App telltale.App
	// Timeout bounds logging in, and putting one text.
	Timeout time.Duration
	Clock   telltale.Clock
	Log     *slog.Logger
}

// Driver drives two ends. It implements telltale.Driver, Resetter, LateReader
// and Witness.
type Driver struct {
	cfg     Config
	parties []*party
	// wake is signalled when any end heard something.
	wake chan struct{}
	// open are messages whose fate may still change: they may arrive late.
	open []message
	// past are the latest messages, whatever became of them: one of them may
	// be shown a second time.
	past   []message
	late   []telltale.Receipt
	seen   []telltale.Sighting
	closed bool
}

// message is one that was put and has not surely arrived.
type message struct {
	receipt  telltale.Receipt
	ref      string
	from, to *party
	place    string
}

const (
	// patience is Timeout's default.
	patience = 30 * time.Second
	// remembered is how many unsettled messages are looked out for.
	remembered = 64
	// slowdowns is how often a message is put again after "too fast".
	slowdowns = 5
	// longestPause is the longest pause that a service may ask for. What
	// asks for more makes the trial void, and the stop rule decides.
	longestPause = 2 * time.Minute
)

// New makes a driver. Nothing is started before Describe or Send.
func New(cfg Config) (*Driver, error) {
	d := &Driver{cfg: cfg, wake: make(chan struct{}, 1)}
	if d.cfg.Timeout <= 0 {
		d.cfg.Timeout = patience
	}
	if d.cfg.Log == nil {
		d.cfg.Log = slog.New(slog.DiscardHandler)
	}
	sides := map[telltale.Side]bool{}
	for _, p := range cfg.Parties {
		sides[p.Side] = true
		d.parties = append(d.parties, &party{Party: p, wake: d.wake, clock: cfg.Clock})
	}
	if !sides[telltale.SideApp] || !sides[telltale.SidePeer] {
		return nil, errors.New("a conversation needs an account of side app and one of side peer: add them under accounts")
	}
	return d, nil
}

// Describe logs every end in, so that what does not work shows at once.
func (d *Driver) Describe(ctx context.Context) (telltale.Description, error) {
	if d.closed {
		return telltale.Description{}, errClosed
	}
	out := telltale.Description{App: d.cfg.App, ReadBack: true}
	for _, p := range d.parties {
		if err := p.ready(ctx, d.cfg.Timeout); err != nil {
			return telltale.Description{}, err
		}
		out.Accounts = append(out.Accounts, telltale.Account{Name: p.Account.Name, Side: p.Side})
		if p.Side != telltale.SideApp {
			continue
		}
		about := p.about()
		out.ReadBack = out.ReadBack && about.ReadBack
		if out.Places == nil {
			out.Places = about.Places
		}
		if about.Limit > 0 && (out.Limit == 0 || about.Limit < out.Limit) {
			out.Limit = about.Limit
		}
		fillApp(&out.App, about.App)
	}
	return out, nil
}

func fillApp(app *telltale.App, known telltale.App) {
	if app.Name == "" {
		app.Name = known.Name
	}
	if app.Version == "" {
		app.Version = known.Version
	}
	if app.Platform == "" {
		app.Platform = known.Platform
	}
	if app.Files == nil {
		app.Files = known.Files
	}
}

var errClosed = errors.New("the driver is closed")

// Reset ends every session and begins new ones. What was under way stays
// known: it may still arrive.
func (d *Driver) Reset(ctx context.Context) error {
	if d.closed {
		return errClosed
	}
	for _, p := range d.parties {
		if err := p.shut(); err != nil {
			d.cfg.Log.Warn("ending a session", "account", p.Account.Name, "error", err)
		}
	}
	for _, p := range d.parties {
		if err := p.ready(ctx, d.cfg.Timeout); err != nil {
			return err
		}
	}
	return nil
}

// Close ends every session.
func (d *Driver) Close() error {
	d.closed = true
	var errs []error
	for _, p := range d.parties {
		if err := p.shut(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Account.Name, err))
		}
	}
	return errors.Join(errs...)
}

// Late returns receipts of messages that arrived after all.
func (d *Driver) Late(context.Context) ([]telltale.Receipt, error) {
	d.sweep()
	out := d.late
	d.late = nil
	return out, nil
}

// Sightings returns what witness accounts got.
func (d *Driver) Sightings(ctx context.Context) ([]telltale.Sighting, error) {
	var errs []error
	for _, p := range d.parties {
		if p.Side == telltale.SideWitness {
			errs = append(errs, p.pull(ctx), p.settle(ctx))
		}
	}
	d.sweep()
	out := d.seen
	d.seen = nil
	return out, errors.Join(errs...)
}

// sweep sorts what was heard while no message was under way.
func (d *Driver) sweep() {
	for _, p := range d.parties {
		for _, ev := range p.take() {
			d.stray(p, ev)
		}
	}
}

// stray takes in what does not belong to the message under way: a sighting, a
// late arrival, or something that nobody here typed.
func (d *Driver) stray(p *party, ev ends.Event) {
	switch {
	case p.Side == telltale.SideWitness && ev.Kind == ends.Arrived:
		d.seen = append(d.seen, telltale.Sighting{
			Account: p.Account.Name, Address: p.address(), From: ev.From, At: ev.At, Body: []byte(ev.Text),
		})
	case ev.Kind == ends.Arrived:
		for i, m := range d.open {
			if m.to == p && m.names(ev) {
				d.late = append(d.late, m.arrived(ev, true))
				d.open = append(d.open[:i], d.open[i+1:]...)
				return
			}
		}
	}
}

// remember looks out for the late arrival of a message.
func (d *Driver) remember(m message) {
	d.open = append(d.open, m)
	d.open = d.open[max(0, len(d.open)-remembered):]
}

// done notes a message, so that an echo of it is not taken for a later one.
func (d *Driver) done(m message) {
	d.past = append(d.past, m)
	d.past = d.past[max(0, len(d.past)-remembered):]
}

// find gives the party of an account name.
func (d *Driver) find(name string) (*party, error) {
	for _, p := range d.parties {
		if p.Account.Name == name && p.Side != telltale.SideWitness {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no account %q to write from or to", clip(name))
}

func clip(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// Login is how logging one account in went.
type Login struct {
	Account string
	Side    telltale.Side
	// App is what the end says of itself.
	App telltale.App
	Err error
}

// LogIn logs every account in and tells how each of them went. Nothing is
// sent.
func (d *Driver) LogIn(ctx context.Context) []Login {
	out := make([]Login, 0, len(d.parties))
	for _, p := range d.parties {
		err := p.ready(ctx, d.cfg.Timeout)
		login := Login{Account: p.Account.Name, Side: p.Side, Err: err}
		if err == nil {
			login.App = p.about().App
		}
		out = append(out, login)
	}
	return out
}
