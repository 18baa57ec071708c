package chat_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
)

// patience bounds every wait of the tests; nothing takes this long unless it
// is broken.
const patience = 20 * time.Second

const (
	loginHost = "login.tom.test"
	relayHost = "relay1.tom.test"
)

// world is a directory, a relay and the addresses of some accounts, on real
// loopback sockets.
type world struct {
	t      testing.TB
	dir    string
	names  guard.Names
	filter func(from, to, text string) bool
	wire   recorder // what the relay reads and writes
	stops  map[string]func()
}

// recorder keeps bytes from several connections.
type recorder struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *recorder) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.b.Bytes())
}

// tap is a listener whose connections are recorded.
type tap struct {
	net.Listener
	to io.Writer
}

func (l tap) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return tapped{c, l.to}, err
}

type tapped struct {
	net.Conn
	to io.Writer
}

func (c tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.to.Write(p[:n])
	return n, err
}

func (c tapped) Write(p []byte) (int, error) {
	c.to.Write(p)
	return c.Conn.Write(p)
}

// newWorld picks addresses for the servers and for the accounts.
func newWorld(t testing.TB, accounts ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), names: guard.Names{}, stops: map[string]func(){}}
	h := fnv.New32a()
	io.WriteString(h, t.Name())
	sum := h.Sum32()
	hosts := []string{loginHost, relayHost}
	for _, a := range accounts {
		hosts = append(hosts, chat.PeerHost(a))
	}
	for i, host := range hosts {
		addr, err := guard.Pick(t.Context(), fmt.Sprintf("127.%d.%d.%d", 1+sum%200, 1+sum>>8%200, 1+i))
		if err != nil {
			t.Fatal(err)
		}
		w.names[host] = addr
	}
	return w
}

// up starts the directory and the relay.
func (w *world) up() *world {
	w.startDirectory()
	w.startRelay()
	return w
}

func (w *world) startDirectory() {
	w.t.Helper()
	d, err := chat.NewDirectory(chat.DirectoryConfig{
		Path: filepath.Join(w.dir, "accounts.json"), Relays: []string{relayHost + ":33034"}, Rand: rand.Reader,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.run("directory", w.names[loginHost], d.Serve)
}

func (w *world) startRelay() {
	w.t.Helper()
	r, err := chat.NewRelay(chat.RelayConfig{Path: filepath.Join(w.dir, "relay.jsonl"), Filter: w.filter, Rand: rand.Reader})
	if err != nil {
		w.t.Fatal(err)
	}
	w.run("relay", w.names[relayHost], func(ctx context.Context, ln net.Listener) error {
		return r.Serve(ctx, tap{ln, &w.wire})
	})
}

func (w *world) run(name, addr string, serve func(context.Context, net.Listener) error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := guard.Listen(ctx, "tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(ctx, ln) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("%s: %v", name, err)
		}
	})
	w.stops[name] = stop
	w.t.Cleanup(stop)
}

func (w *world) stop(name string) { w.stops[name]() }

// option changes a client's configuration.
type option func(*chat.Config)

func monitored(m chat.Monitor) option { return func(c *chat.Config) { c.Monitor = m } }

func proxied(addr string) option {
	return func(c *chat.Config) {
		c.Listen = c.Dialer.Names[chat.PeerHost(c.Account)]
		c.Dialer = guard.Dialer{Proxy: addr}
	}
}

func (w *world) config(account string, opts ...option) chat.Config {
	cfg := chat.Config{
		Account: account, Dir: filepath.Join(w.dir, account), Dialer: guard.Dialer{Names: w.names},
		Directory: loginHost + ":33033", Clock: time.Now, Rand: rand.Reader,
	}
	for _, o := range opts {
		o(&cfg)
	}
	return cfg
}

// client starts a client without waiting for it.
func (w *world) client(account string, opts ...option) *chat.Client {
	w.t.Helper()
	c, err := chat.NewClient(w.config(account, opts...))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// ready starts a client and waits until it is logged in.
func (w *world) ready(account string, opts ...option) *chat.Client {
	w.t.Helper()
	c := w.client(account, opts...)
	expect(w.t, c, chat.KindReady)
	return c
}

// expect reads events until one of the kind comes.
func expect(t testing.TB, c *chat.Client, kind chat.Kind) chat.Event {
	t.Helper()
	return expectAny(t, c, kind)
}

// expectAny reads events until one of the kinds comes.
func expectAny(t testing.TB, c *chat.Client, kinds ...chat.Kind) chat.Event {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case ev, ok := <-c.Events():
			if !ok {
				t.Fatalf("%s: closed while waiting for %v", c.Account(), kinds)
			}
			for _, k := range kinds {
				if ev.Kind == k {
					return ev
				}
			}
		case <-timer.C:
			t.Fatalf("%s: no event of %v", c.Account(), kinds)
		}
	}
}

// send sends and fails the test if that is refused.
func send(t *testing.T, c *chat.Client, to, text string) string {
	t.Helper()
	id, err := c.Send(context.Background(), to, text)
	if err != nil {
		t.Fatalf("%s to %s: %v", c.Account(), to, err)
	}
	return id
}

// arrives checks that the next message of c is this one.
func arrives(t *testing.T, c *chat.Client, from, text string) chat.Event {
	t.Helper()
	ev := expect(t, c, chat.KindMessage)
	if ev.From != from || ev.Text != text || ev.To != c.Account() {
		t.Fatalf("%s got %q from %s, want %q from %s", c.Account(), ev.Text, ev.From, text, from)
	}
	return ev
}

// historyOf ends a client and returns what it kept.
func historyOf(t *testing.T, c *chat.Client) []chat.Message {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return c.History()
}

// fake is a Monitor that drops texts holding a word.
type fake struct {
	out, in string
	mu      sync.Mutex
	saw     []chat.Message
	started chan string
	closed  int
}

func (f *fake) judge(m chat.Message, word string) chat.Action {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saw = append(f.saw, m)
	return chat.Action{Drop: word != "" && bytes.Contains([]byte(m.Text), []byte(word))}
}

func (f *fake) Outgoing(_ context.Context, m chat.Message) chat.Action { return f.judge(m, f.out) }
func (f *fake) Incoming(_ context.Context, m chat.Message) chat.Action { return f.judge(m, f.in) }
func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

func (f *fake) Started(_ context.Context, account string) {
	if f.started != nil {
		f.started <- account
	}
}

func (f *fake) texts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, m := range f.saw {
		list = append(list, m.Text)
	}
	return list
}
