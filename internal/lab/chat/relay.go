package chat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
)

// Bounds of a relay.
const (
	// maxPending frames wait for one account.
	maxPending = 1000
	// maxInFlight frames are on their way to one client, not yet taken.
	maxInFlight = 16
)

// RelayConfig configures a Relay.
type RelayConfig struct {
	// Path of the journal that keeps undelivered frames and, with ".keys"
	// added, of the file that binds accounts to keys. Empty keeps both in
	// memory.
	Path string
	// Filter is asked by the relay's operator about every message it can
	// read, which is none unless clients run with PlainRelay. A dropped
	// message is acknowledged to its sender and goes nowhere.
	Filter func(from, to, text string) (drop bool)
	// Rand draws the challenges of logins.
	Rand io.Reader
	// Log may be nil.
	Log *slog.Logger
}

// Relay forwards frames between clients and keeps those for clients that are
// offline. What it has acknowledged survives its being killed.
type Relay struct {
	cfg  RelayConfig
	rand io.Reader
	log  *slog.Logger

	mu     sync.Mutex
	book   book
	store  *store
	online map[string]*relaySession
}

// relaySession is one logged-in client. wake tells that there may be frames
// to send.
type relaySession struct {
	name string
	l    *lineConn
	wake chan struct{}
	sent int64          // highest frame number sent
	open map[int64]bool // sent, not yet taken; guarded by Relay.mu
}

// NewRelay loads the journal, if there is one.
func NewRelay(cfg RelayConfig) (*Relay, error) {
	if cfg.Rand == nil {
		return nil, fmt.Errorf("relay: no random source; set Rand")
	}
	keys := ""
	if cfg.Path != "" {
		keys = cfg.Path + ".keys"
	}
	b, err := loadBook(keys)
	if err != nil {
		return nil, err
	}
	st, err := openStore(cfg.Path)
	if err != nil {
		return nil, err
	}
	return &Relay{
		cfg: cfg, rand: &lockedReader{r: cfg.Rand}, log: orDiscard(cfg.Log),
		book: b, store: st, online: map[string]*relaySession{},
	}, nil
}

// Serve carries frames until ctx is done, then closes the journal. It is
// called once.
func (r *Relay) Serve(ctx context.Context, ln net.Listener) error {
	err := serve(ctx, ln, r.handle)
	r.mu.Lock()
	defer r.mu.Unlock()
	if cerr := r.store.close(); err == nil {
		err = cerr
	}
	return err
}

func (r *Relay) handle(ctx context.Context, conn net.Conn) {
	l := newLineConn(conn)
	login, seq, err := gate{service: "relay", rand: r.rand, key: r.key}.admit(l)
	if err != nil {
		r.log.Debug("login failed", "account", login.Name, "err", err)
		return
	}
	s := &relaySession{name: login.Name, l: l, wake: make(chan struct{}, 1), open: map[int64]bool{}}
	if err := r.enter(s, login.Key); err != nil {
		l.refuse(seq, err)
		return
	}
	defer r.leave(s)
	if l.write(answer{Seq: seq}) != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go r.deliver(ctx, s)
	for {
		q, err := l.request()
		if err != nil {
			return
		}
		if a, ok := r.reply(s, q); ok && l.write(a) != nil {
			return
		}
	}
}

func (r *Relay) key(name string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.book[name]; a != nil {
		return a.Key
	}
	return nil
}

func (r *Relay) enter(s *relaySession, key []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	isNew, err := r.book.bind(s.name, key)
	if err == nil && isNew && r.cfg.Path != "" {
		err = r.book.save(r.cfg.Path + ".keys")
	}
	if err != nil {
		return err
	}
	if old := r.online[s.name]; old != nil {
		old.l.conn.Close()
	}
	r.online[s.name] = s
	return nil
}

func (r *Relay) leave(s *relaySession) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.online[s.name] == s {
		delete(r.online, s.name)
	}
}

// reply carries out one request; acks have no answer.
func (r *Relay) reply(s *relaySession, q request) (answer, bool) {
	switch {
	case q.Op == "ack":
		r.taken(s, q.N)
		return answer{}, false
	case q.Op == "push" && q.Frame != nil:
		if err := r.push(s.name, *q.Frame); err != nil {
			return answer{Seq: q.Seq, Error: err.Error()}, true
		}
		return answer{Seq: q.Seq}, true
	}
	return answer{Seq: q.Seq, Error: fmt.Sprintf("unknown operation %.40q; known: push (with a frame), ack", q.Op)}, true
}

// push keeps a frame and wakes its recipient's session.
func (r *Relay) push(from string, f frame) error {
	if f.Plain != nil && f.Plain.Kind == bodyMessage && r.cfg.Filter != nil &&
		r.cfg.Filter(from, f.To, f.Plain.Text) {
		return nil
	}
	f.From = from
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.store.put(f); err != nil {
		return err
	}
	if s := r.online[f.To]; s != nil {
		s.poke()
	}
	return nil
}

func (s *relaySession) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// taken forgets a frame that its recipient has dealt with.
func (r *Relay) taken(s *relaySession, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !s.open[n] {
		return
	}
	delete(s.open, n)
	if err := r.store.remove(s.name, n); err != nil {
		r.log.Error("journal", "err", err)
	}
	s.poke()
}

// deliver sends the frames that wait for a session, in order.
func (r *Relay) deliver(ctx context.Context, s *relaySession) {
	for {
		for f := r.next(s); f != nil; f = r.next(s) {
			if s.l.write(answer{Event: "frame", Frame: f}) != nil {
				s.l.conn.Close()
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// next returns the next frame to send, nil if there is none or enough are on
// their way.
func (r *Relay) next(s *relaySession) *frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(s.open) >= maxInFlight {
		return nil
	}
	f := r.store.after(s.name, s.sent)
	if f == nil {
		return nil
	}
	s.sent = f.N
	s.open[f.N] = true
	return f
}
