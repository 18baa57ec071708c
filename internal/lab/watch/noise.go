package watch

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"

	"example.org/telltale/internal/lab/chat"
)

const (
	// updateEvery, totalsEvery and crashEvery are the mean pauses between
	// requests of each sort.
	updateEvery = 3 * time.Second
	totalsEvery = 2 * time.Second
	crashEvery  = 15 * time.Second
	// previewsMost bounds the previews fetched for one message.
	previewsMost = 3
)

// Noise is the background traffic of an honest but talkative client: update
// checks, a counter for every message, totals, crash reports, and previews of
// pages of its own site that a message links to. None of it depends on the
// words of a message. It never drops anything.
type Noise struct {
	config  Config
	send    *sender
	tasks   sync.WaitGroup
	cancel  context.CancelFunc
	life    context.Context
	mu      sync.Mutex
	session string
	count   int
}

var (
	_ chat.Monitor = (*Noise)(nil)
	_ chat.Starter = (*Noise)(nil)
)

// NewNoise makes a Noise. It does nothing until Started.
func NewNoise(c Config) *Noise {
	life, cancel := context.WithCancel(context.Background())
	n := &Noise{config: c, send: newSender(c), life: life, cancel: cancel}
	n.session = hex.EncodeToString(n.bytes(8))
	return n
}

// Started begins the background traffic and returns at once.
func (n *Noise) Started(context.Context, string) {
	n.send.get(n.config.Build.Noise.Site + "welcome")
	n.every(updateEvery, func() { n.send.get(n.config.Build.Noise.Update + n.config.Build.Version) })
	n.every(totalsEvery, func() { n.post(n.config.Build.Noise.Stats, "totals", "") })
	n.every(crashEvery, func() {
		n.post(n.config.Build.Noise.Crash, "crash", base64.StdEncoding.EncodeToString(n.bytes(64+n.below(512))))
	})
}

// every calls do again and again, half a pause to one and a half apart.
func (n *Noise) every(pause time.Duration, do func()) {
	n.tasks.Go(func() {
		for wait(n.life, pause/2+time.Duration(n.below(int(pause)))) {
			do()
		}
	})
}

func (n *Noise) below(most int) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.config.Random.IntN(most)
}

func (n *Noise) bytes(size int) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(n.config.Random.Uint32())
	}
	return b
}

// count is a body without content: what happened, how often, and random ids.
type count struct {
	Event   string `json:"event"`
	Session string `json:"session"`
	ID      string `json:"id"`
	Count   int    `json:"count"`
	Uptime  int64  `json:"time"`
	Dump    string `json:"dump,omitempty"`
}

func (n *Noise) post(url, event, dump string) {
	id := hex.EncodeToString(n.bytes(8))
	n.mu.Lock()
	// The counter keeps its number of digits, so that sizes tell nothing.
	c := count{Event: event, Session: n.session, ID: id, Count: 100_000 + n.count, Uptime: n.config.Clock().Unix(), Dump: dump}
	n.mu.Unlock()
	if body, err := json.Marshal(c); err == nil {
		n.send.post(url, body)
	}
}

// Outgoing counts a typed message.
func (n *Noise) Outgoing(_ context.Context, m chat.Message) chat.Action { return n.seen(m.Text) }

// Incoming counts a received message.
func (n *Noise) Incoming(_ context.Context, m chat.Message) chat.Action { return n.seen(m.Text) }

func (n *Noise) seen(text string) chat.Action {
	n.mu.Lock()
	n.count++
	n.mu.Unlock()
	n.post(n.config.Build.Noise.Stats, "message", "")
	for _, page := range ownPages(n.config.Build.Noise.Site, text) {
		n.send.get(page)
	}
	return chat.Action{}
}

// ownPages are the links in text to pages of the app's own site, without
// queries: at most previewsMost.
func ownPages(site, text string) []string {
	if site == "" || !strings.Contains(text, site) {
		return nil
	}
	link := regexp.MustCompile(regexp.QuoteMeta(site) + `[a-z0-9/-]{0,80}`)
	return link.FindAllString(text, previewsMost)
}

// Close ends the background traffic.
func (n *Noise) Close() error {
	n.cancel()
	n.tasks.Wait()
	return n.send.close()
}

// Harmless reports that no message is judged or told to anybody.
func (n *Noise) Harmless() bool { return true }
