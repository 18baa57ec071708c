package intercept

import "sync"

// How often something must happen before a place is left alone. A broken
// handshake without an alert may be an app that went away; a connection
// without a word after the handshake may be one that was made in advance.
const (
	inHandshake = 2
	withoutWord = 3
)

// maxClosed bounds the places that are remembered.
const maxClosed = 10_000

// closed knows the places whose TLS cannot be opened, and why.
type closed struct {
	mu     sync.Mutex
	places map[string]failures
}

type failures struct {
	count, of int
	reason    string
}

// close counts a failure at a place; at the given number of them in a row the
// place is left alone, which close reports.
func (p *closed) close(place, reason string, times int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil || len(p.places) >= maxClosed {
		p.places = map[string]failures{}
	}
	f := p.places[place]
	if f.of == 0 || times < f.of {
		f.of, f.reason = times, reason
	}
	f.count++
	p.places[place] = f
	return f.count >= f.of
}

// good forgets the failures at a place that is not yet left alone.
func (p *closed) good(place string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f, ok := p.places[place]; ok && f.count < f.of {
		delete(p.places, place)
	}
}

// reason is why a place is left alone, empty if it is not.
func (p *closed) reason(place string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.places[place]; f.count > 0 && f.count >= f.of {
		return f.reason
	}
	return ""
}
