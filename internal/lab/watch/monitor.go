// Package watch is the filter inside the lab's monitored clients: it fetches
// and decrypts word lists, matches what is sent and received, drops and
// copies as its resource file says. Its ways and weaknesses are those of the
// published reports; it exists so that a detector has something true to find.
//
// It has no sockets of its own: the HTTP client and the connection to a
// separate filter process are passed in, and stay on loopback.
package watch

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/profile"
)

// Config is what a Monitor, a Filter or a Noise is made of.
type Config struct {
	Build profile.Build
	// Address is what login records say of the client: synthetic.
	Address string
	HTTP    *http.Client
	Clock   telltale.Clock
	// Random decides about samples and delays.
	Random *rand.Rand
	// Every is the pause between update checks; 0 means CheckEvery.
	Every time.Duration
	Log   *slog.Logger
}

// CheckEvery is the usual pause between two checks for a newer list.
const CheckEvery = 4 * time.Second

// ListWait is how long the first messages are held back for a list that has
// not come yet; after that they pass unread.
const ListWait = 3 * time.Second

func (c Config) every() time.Duration {
	if c.Every > 0 {
		return c.Every
	}
	return CheckEvery
}

// Monitor is the filter of a monitored build. It is a chat.Monitor and a
// chat.Starter.
type Monitor struct {
	config Config
	lists  *lists
	send   *sender
	cancel context.CancelFunc
	life   context.Context
	tasks  sync.WaitGroup
	// loaded is closed when every list has come.
	loaded  chan struct{}
	mu      sync.Mutex
	account string
}

var (
	_ chat.Monitor = (*Monitor)(nil)
	_ chat.Starter = (*Monitor)(nil)
)

// New makes a Monitor. It does nothing until Started.
func New(c Config) *Monitor {
	life, cancel := context.WithCancel(context.Background())
	return &Monitor{
		config: c, lists: newLists(c.Build, c.HTTP), send: newSender(c), life: life, cancel: cancel, loaded: make(chan struct{}),
	}
}

// Started reports the login, fetches the lists, and returns when they are
// there or ctx ends. Fetching goes on in the background until Close.
func (m *Monitor) Started(ctx context.Context, account string) {
	m.mu.Lock()
	m.account = account
	m.mu.Unlock()
	if m.config.Build.Upload.Login != "" {
		m.send.get(m.address(m.config.Build.Upload.Login, m.login(account)))
	}
	m.tasks.Go(func() {
		if m.lists.load(m.life) == nil {
			close(m.loaded)
			m.lists.keep(m.life, m.config.every())
		}
	})
	m.await(ctx)
}

func (m *Monitor) await(ctx context.Context) {
	select {
	case <-m.loaded:
	case <-ctx.Done():
	case <-m.life.Done():
	}
}

func (m *Monitor) login(account string) string {
	return Row(account, m.config.Address, m.config.Build.Version, m.config.Clock().UTC().Format(TimeLayout))
}

// Outgoing judges a typed message.
func (m *Monitor) Outgoing(ctx context.Context, msg chat.Message) chat.Action {
	return m.judge(ctx, msg, telltale.Sent)
}

// Incoming judges a received message.
func (m *Monitor) Incoming(ctx context.Context, msg chat.Message) chat.Action {
	return m.judge(ctx, msg, telltale.Received)
}

// judge begins the upload before it returns; it does not wait for its end.
func (m *Monitor) judge(ctx context.Context, msg chat.Message, direction telltale.Direction) chat.Action {
	if scan := m.config.Build.Scan; scan != telltale.Both && scan != direction {
		return chat.Action{}
	}
	ctx, cancel := context.WithTimeout(ctx, ListWait)
	defer cancel()
	m.await(ctx)
	if m.config.Build.Report != "" {
		m.report(msg)
	}
	drop, upload := m.lists.judge(msg.Text, m.name())
	if upload && m.config.Build.Upload.URL != "" {
		m.send.copy(m.name(), Record{
			Sender: msg.From, Recipient: msg.To, Text: msg.Text, At: m.config.Clock(), Received: direction == telltale.Received,
		})
	}
	return chat.Action{Drop: drop}
}

func (m *Monitor) name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.account
}

// address puts an encoded record into one of the upload addresses. What
// cannot be encoded is not sent: the address comes back empty.
func (m *Monitor) address(template, record string) string {
	return address(m.config, template, m.name(), record)
}

func address(c Config, template, account, record string) string {
	coded, err := Encode(c.Build.Upload, record)
	if err != nil {
		c.Log.Warn("record not encoded", "error", err)
		return ""
	}
	return c.Build.Upload.For(template, account) + coded
}

// Report is the body that the reporting service gets for every message.
type Report struct {
	Sender   string `json:"sender"`
	Receiver string `json:"receiver"`
	Text     string `json:"text"`
	// Time in seconds since 1970; Token is Token(Time).
	Time  int64  `json:"time"`
	Token string `json:"token"`
}

// Token is the MD5 of a thousand seconds' number and a fixed string, in hex.
func Token(epoch int64) string {
	sum := md5.Sum(fmt.Appendf(nil, "%d;username=report;password=pswd@1234", epoch/1000))
	return hex.EncodeToString(sum[:])
}

func (m *Monitor) report(msg chat.Message) {
	now := m.config.Clock().Unix()
	body, err := json.Marshal(Report{Sender: msg.From, Receiver: msg.To, Text: msg.Text, Time: now, Token: Token(now)})
	if err == nil {
		m.send.post(m.config.Build.Report, body)
	}
}

// Close sends what is waiting and ends the background work. It takes at most
// a few seconds.
func (m *Monitor) Close() error {
	m.cancel()
	m.tasks.Wait()
	return m.send.close()
}
