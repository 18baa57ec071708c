package chat

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
)

// DirectoryConfig configures a Directory.
type DirectoryConfig struct {
	// Path of the file that keeps the accounts; empty keeps them in memory.
	Path string
	// Relays are the "host:port" of the relays; accounts are spread over them.
	Relays []string
	// Rand draws the challenges of logins.
	Rand io.Reader
	// Log may be nil.
	Log *slog.Logger
}

// Directory is where accounts log in and are looked up. It knows who is
// online and who is on whose list, but never sees a message.
type Directory struct {
	cfg    DirectoryConfig
	rand   io.Reader
	log    *slog.Logger
	mu     sync.Mutex
	book   book
	online map[string]*dirSession
}

// dirSession is one logged-in client.
type dirSession struct {
	name, peer string
	l          *lineConn
	// events wait for a slow client; when full the client is cut off.
	events chan answer
}

// NewDirectory loads the accounts, if there is a file.
func NewDirectory(cfg DirectoryConfig) (*Directory, error) {
	if cfg.Rand == nil {
		return nil, fmt.Errorf("directory: no random source; set Rand")
	}
	b, err := loadBook(cfg.Path)
	if err != nil {
		return nil, err
	}
	return &Directory{
		cfg: cfg, rand: &lockedReader{r: cfg.Rand}, log: orDiscard(cfg.Log),
		book: b, online: map[string]*dirSession{},
	}, nil
}

// Serve answers clients until ctx is done.
func (d *Directory) Serve(ctx context.Context, ln net.Listener) error {
	return serve(ctx, ln, d.handle)
}

func (d *Directory) handle(ctx context.Context, conn net.Conn) {
	l := newLineConn(conn)
	login, seq, err := gate{service: "directory", rand: d.rand, key: d.key}.admit(l)
	if err != nil {
		d.log.Debug("login failed", "account", login.Name, "err", err)
		return
	}
	s := &dirSession{name: login.Name, peer: login.Peer, l: l, events: make(chan answer, 256)}
	if err := d.enter(s, login.Key); err != nil {
		l.refuse(seq, err)
		return
	}
	defer d.leave(s)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go s.tell(ctx)
	if l.write(answer{Seq: seq, Account: d.lookup(s.name)}) != nil {
		return
	}
	for {
		r, err := l.request()
		if err != nil {
			return
		}
		if l.write(d.reply(s.name, r)) != nil {
			return
		}
	}
}

// tell writes events; it ends with the session.
func (s *dirSession) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-s.events:
			if s.l.write(a) != nil {
				s.l.conn.Close()
				return
			}
		}
	}
}

func (d *Directory) key(account string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.book[account]; a != nil {
		return a.Key
	}
	return nil
}

// enter binds the account to its key, replaces an older session of the same
// account and tells who has it on their list.
func (d *Directory) enter(s *dirSession, key []byte) error {
	host, _, err := net.SplitHostPort(s.peer)
	if s.peer != "" && (err != nil || host != PeerHost(s.name)) {
		return fmt.Errorf("peer address %.80q: want %s:PORT", s.peer, PeerHost(s.name))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	isNew, err := d.book.bind(s.name, key)
	if err == nil && isNew {
		err = d.book.save(d.cfg.Path)
	}
	if err != nil {
		return err
	}
	if old := d.online[s.name]; old != nil {
		old.l.conn.Close()
	}
	d.online[s.name] = s
	d.announce(Contact{Name: s.name, Online: true})
	return nil
}

func (d *Directory) leave(s *dirSession) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.online[s.name] == s {
		delete(d.online, s.name)
		d.announce(Contact{Name: s.name})
	}
}

// announce tells everybody online who has c on their list. d.mu is held.
func (d *Directory) announce(c Contact) {
	for name, s := range d.online {
		if !d.book.has(name, c.Name) {
			continue
		}
		select {
		case s.events <- answer{Event: "presence", Contact: &c}:
		default:
			s.l.conn.Close()
		}
	}
}

// lookup returns the entry of an account, nil if there is none.
func (d *Directory) lookup(name string) *entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.book[name]
	if a == nil {
		return nil
	}
	e := &entry{Name: name, Key: a.Key, Relay: d.relay(name)}
	if s := d.online[name]; s != nil {
		e.Peer, e.Online = s.peer, true
	}
	return e
}

// relay spreads accounts over the relays by their name.
func (d *Directory) relay(name string) string {
	if len(d.cfg.Relays) == 0 {
		return ""
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return d.cfg.Relays[int(h.Sum32()%uint32(len(d.cfg.Relays)))]
}

func (d *Directory) reply(account string, r request) answer {
	switch r.Op {
	case "lookup":
		return answer{Seq: r.Seq, Account: d.lookup(r.Name)}
	case "contacts":
		return answer{Seq: r.Seq, Contacts: d.contacts(account)}
	case "add", "remove":
		if err := d.change(account, r); err != nil {
			return answer{Seq: r.Seq, Error: err.Error()}
		}
		return answer{Seq: r.Seq}
	}
	return answer{Seq: r.Seq, Error: fmt.Sprintf("unknown operation %.40q; known: %s", r.Op, strings.Join([]string{"lookup", "contacts", "add", "remove"}, ", "))}
}

func (d *Directory) contacts(account string) []Contact {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Contact
	for _, name := range d.book[account].Contacts {
		list = append(list, Contact{Name: name, Online: d.online[name] != nil})
	}
	return list
}

func (d *Directory) change(account string, r request) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.book.change(account, r.Name, r.Op == "add"); err != nil {
		return err
	}
	return d.book.save(d.cfg.Path)
}
