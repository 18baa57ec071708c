package paired

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// party is an account with its end, and what it has heard.
type party struct {
	Party
	wake  chan struct{}
	clock telltale.Clock

	mu     sync.Mutex
	events []ends.Event
	// session counts the sessions begun; ended is set when the service has
	// ended the present one.
	session int
	open    bool
	ended   bool
}

// hear takes an event of the session that it was made for. It never blocks.
func (p *party) hear(session int) func(ends.Event) {
	return func(ev ends.Event) {
		p.mu.Lock()
		if session != p.session {
			p.mu.Unlock()
			return
		}
		if ev.At.IsZero() {
			ev.At = p.clock()
		}
		if ev.Kind == ends.Ended {
			p.ended = true
		}
		p.events = append(p.events, ev)
		p.mu.Unlock()
		select {
		case p.wake <- struct{}{}:
		default: // it is awake already
		}
	}
}

// take hands over what was heard since.
func (p *party) take() []ends.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.events
	p.events = nil
	return out
}

// ready logs in unless a session stands.
func (p *party) ready(ctx context.Context, patience time.Duration) error {
	p.mu.Lock()
	stands := p.open && !p.ended
	p.mu.Unlock()
	if stands {
		return nil
	}
	if err := p.shut(); err != nil {
		return fmt.Errorf("ending the session of %s: %w", p.Account.Name, err)
	}
	p.mu.Lock()
	p.session++
	p.open, p.ended = true, false
	session := p.session
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.End.Open(ctx, p.hear(session)); err != nil {
		_ = p.shut() // the session that failed to begin is the error to tell
		return fmt.Errorf("logging %s in: %w", p.Account.Name, err)
	}
	return nil
}

// shut ends the session, if there is one. What was heard stays.
func (p *party) shut() error {
	p.mu.Lock()
	open := p.open
	p.open = false
	p.mu.Unlock()
	if !open {
		return nil
	}
	return p.End.Close()
}

func (p *party) pull(ctx context.Context) error {
	if puller, ok := p.End.(ends.Puller); ok {
		return puller.Pull(ctx)
	}
	return nil
}

// settle returns when whatever the service had sent so far has been heard,
// with an error if the session does not stand any more.
func (p *party) settle(ctx context.Context) error {
	p.mu.Lock()
	ended := p.ended || !p.open
	p.mu.Unlock()
	if ended {
		return fmt.Errorf("the session of %s has ended", p.Account.Name)
	}
	prober, ok := p.End.(ends.Prober)
	if !ok {
		return nil
	}
	err := prober.Probe(ctx)
	if err != nil {
		// Whoever does not answer is logged in again before the next message.
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
	}
	return err
}

func (p *party) about() ends.About {
	if d, ok := p.End.(ends.Describer); ok {
		return d.About()
	}
	return ends.About{}
}

func (p *party) address() string {
	if p.Account.Address != "" {
		return p.Account.Address
	}
	return p.Account.Name
}

// is reports whether an address that this end's protocol gave is the other
// party's. An end that gives none cannot tell, and is believed.
func (p *party) is(address string, other *party) bool {
	if address == "" {
		return true
	}
	if same := p.about().Same; same != nil {
		return same(address, other.Account)
	}
	return strings.EqualFold(address, other.address())
}
