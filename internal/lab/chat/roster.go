package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// askWait bounds a question to the directory.
const askWait = 3 * time.Second

// ask puts one question to the directory.
func (c *Client) ask(ctx context.Context, r request) (answer, error) {
	if c.dir == nil {
		return answer{}, errors.New("the client is not started")
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	a, err := c.dir.call(ctx, r)
	if err != nil {
		return answer{}, fmt.Errorf("directory: %w", err)
	}
	return a, nil
}

// lookup asks the directory for an account and holds its key against the one
// known so far. When the directory cannot be asked, what it said last counts.
func (c *Client) lookup(ctx context.Context, name string) (entry, error) {
	a, err := c.ask(ctx, request{Op: "lookup", Name: name})
	if err != nil {
		if e, ok := c.pins.get(name); ok {
			return e, nil
		}
		return entry{}, err
	}
	if a.Account == nil {
		return entry{}, noAccount(name)
	}
	if a.Account.Name != name {
		return entry{}, fmt.Errorf("directory: asked for %s, told of %s", name, a.Account.Name)
	}
	if err := c.pins.put(*a.Account); err != nil {
		return entry{}, fmt.Errorf("account %s: %w", name, err)
	}
	return *a.Account, nil
}

// known returns what is remembered of an account, or looks it up.
func (c *Client) known(ctx context.Context, name string) (entry, error) {
	if e, ok := c.pins.get(name); ok {
		return e, nil
	}
	return c.lookup(ctx, name)
}

// pins remembers the first key seen of every peer, over restarts, and what
// the directory last said of it.
type pins struct {
	path string
	mu   sync.Mutex
	book book
	last map[string]entry
}

func loadPins(path string) (*pins, error) {
	b, err := loadBook(path)
	if err != nil {
		return nil, err
	}
	return &pins{path: path, book: b, last: map[string]entry{}}, nil
}

// get returns the last entry of this run.
func (p *pins) get(name string) (entry, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.last[name]
	return e, ok
}

// put keeps an entry; one with another key than before is refused.
func (p *pins) put(e entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	isNew, err := p.book.bind(e.Name, e.Key)
	if err == nil && isNew {
		err = p.book.save(p.path)
	}
	if err != nil {
		return err
	}
	e.Key = slices.Clone(e.Key)
	p.last[e.Name] = e
	return nil
}
