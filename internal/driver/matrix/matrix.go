// Package matrix is an end that speaks the Matrix client-server API
// (https://spec.matrix.org, version 1.x) without end-to-end encryption: log in,
// join rooms, send, and read by long polling. Rooms that are encrypted cannot
// be written into; who wants to test them drives a real client.
package matrix

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Options say where the account lives.
type Options struct {
	// Server is the homeserver's address, as in "https://matrix.example.org".
	Server string `json:"server"`
	// Rooms are ids or aliases of the rooms to write into. Each is a place;
	// the first is the usual one.
	Rooms []string `json:"rooms"`
	// CA is a PEM file of authorities besides the system's.
	CA string `json:"ca"`
	// Poll is how long one question for news may stay open.
	Poll ends.Duration `json:"poll"`
}

// ParseOptions reads options and fills in defaults.
func ParseOptions(raw json.RawMessage) (Options, error) {
	o := Options{Poll: ends.Duration(20 * time.Second)}
	if err := ends.Decode(raw, &o); err != nil {
		return o, err
	}
	u, err := url.Parse(o.Server)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return o, &ends.OptionError{Path: "server", What: "there is no homeserver", Fix: `write its address, as in "https://matrix.example.org"`}
	}
	if len(o.Rooms) == 0 {
		return o, &ends.OptionError{Path: "rooms", What: "there is no room", Fix: `list ids or aliases, as in ["#main:example.org"]`}
	}
	if o.Poll < ends.Duration(100*time.Millisecond) {
		return o, &ends.OptionError{Path: "poll", What: "it is too short", Fix: `write at least "100ms"`}
	}
	o.Server = strings.TrimRight(o.Server, "/")
	return o, nil
}

// Config is an account with its surroundings.
type Config struct {
	Account ends.Account
	Options Options
	// Dial connects to the homeserver. Nil: the net package does.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Clock telltale.Clock
	Log   *slog.Logger
}

// End is an account of a homeserver. It implements ends.End, Prober and
// Describer.
type End struct {
	cfg  Config
	http *http.Client

	mu    sync.Mutex
	token string
	user  string
	// rooms maps the names of the options to ids.
	rooms map[string]string
	// sealed are ids of rooms that turned out to be encrypted.
	sealed map[string]bool
	hear   func(ends.Event)
	stop   context.CancelFunc
	done   chan struct{}
	txn    int
	// session is part of transaction ids: a new one for each login.
	session int64
}

// longestText keeps an event under the 65,536 bytes that servers take, JSON
// escapes included.
const longestText = 10_000

// New makes an end. Nothing is connected before Open.
func New(cfg Config) (*End, error) {
	roots, err := authorities(cfg.Options.CA)
	if err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	transport := &http.Transport{DialContext: cfg.Dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	return &End{cfg: cfg, http: &http.Client{Transport: transport}}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("options.ca: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("options.ca: %s holds no certificate", file)
	}
	return roots, nil
}

// Open logs in, joins the rooms and begins to read behind what is there.
func (e *End) Open(ctx context.Context, hear func(ends.Event)) error {
	e.mu.Lock()
	e.hear, e.rooms, e.sealed, e.session = hear, map[string]string{}, map[string]bool{}, e.cfg.Clock().UnixNano()
	e.mu.Unlock()
	if err := e.login(ctx); err != nil {
		return err
	}
	for _, room := range e.cfg.Options.Rooms {
		var joined struct {
			RoomID string `json:"room_id"`
		}
		if err := e.call(ctx, http.MethodPost, "/join/"+url.PathEscape(room), struct{}{}, &joined); err != nil {
			return fmt.Errorf("joining %s: %w", room, err)
		}
		e.mu.Lock()
		e.rooms[room] = joined.RoomID
		e.mu.Unlock()
	}
	news, err := e.sync(ctx, "", 0)
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	for id, room := range news.Rooms.Join {
		e.sealing(id, slices.Concat(room.State.Events, room.Timeline.Events))
	}
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	e.mu.Lock()
	e.stop, e.done = stop, done
	e.mu.Unlock()
	go func() {
		defer close(done)
		e.read(reading, news.NextBatch)
	}()
	return nil
}

func (e *End) login(ctx context.Context) error {
	a := e.cfg.Account
	e.mu.Lock()
	e.token = a.More["token"]
	e.mu.Unlock()
	if a.More["token"] != "" {
		return e.whoami(ctx)
	}
	type identifier struct {
		Type string `json:"type"`
		User string `json:"user"`
	}
	question := struct {
		Type       string     `json:"type"`
		Identifier identifier `json:"identifier"`
		Password   string     `json:"password"`
	}{"m.login.password", identifier{"m.id.user", cmp.Or(a.User, a.Address, a.Name)}, a.Password}
	var answer struct {
		Token string `json:"access_token"`
		User  string `json:"user_id"`
	}
	if err := e.call(ctx, http.MethodPost, "/login", question, &answer); err != nil {
		return err
	}
	if answer.Token == "" || answer.User == "" {
		return errors.New("the homeserver let the account in without a token: is the address that of a homeserver?")
	}
	e.mu.Lock()
	e.token, e.user = answer.Token, answer.User
	e.mu.Unlock()
	return nil
}

func (e *End) whoami(ctx context.Context) error {
	var answer struct {
		User string `json:"user_id"`
	}
	if err := e.call(ctx, http.MethodGet, "/account/whoami", nil, &answer); err != nil {
		return err
	}
	e.mu.Lock()
	e.user = answer.User
	e.mu.Unlock()
	return nil
}

// Put sends a text into a room.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	sent := ends.Sent{Typed: p.Text, At: e.cfg.Clock()}
	e.mu.Lock()
	room := e.rooms[cmp.Or(p.Place, e.cfg.Options.Rooms[0])]
	sealed := e.sealed[room]
	e.txn++
	txn := fmt.Sprintf("telltale-%d-%d", e.session, e.txn)
	e.mu.Unlock()
	switch {
	case room == "":
		sent.Outcome, sent.Reason = telltale.Void, "there is no such room among the options: "+p.Place
	case sealed:
		sent.Outcome, sent.Reason = telltale.Void, "the room is encrypted: use one that is not, or drive a real client"
	case len(p.Text) > longestText:
		sent.Outcome, sent.Reason = telltale.Void, fmt.Sprintf("the text is longer than %d bytes", longestText)
	}
	if sent.Outcome != "" {
		return sent, nil
	}
	body := struct {
		Type string `json:"msgtype"`
		Body string `json:"body"`
	}{"m.text", p.Text}
	var answer struct {
		Event string `json:"event_id"`
	}
	err := e.call(ctx, http.MethodPut, "/rooms/"+url.PathEscape(room)+"/send/m.room.message/"+txn, body, &answer)
	sent.Ref = answer.Event
	var told *apiError
	if !errors.As(err, &told) {
		return sent, err
	}
	sent.Reason = told.Error()
	if told.wait > 0 {
		sent.After = told.wait
		return sent, nil
	}
	if told.lost() {
		sent.Ended = true
		e.hear(ends.Event{Kind: ends.Ended, Reason: told.Error()})
	}
	sent.Outcome = telltale.Refused
	return sent, nil
}

// Probe asks the homeserver whether the session stands.
func (e *End) Probe(ctx context.Context) error { return e.whoami(ctx) }

// About names the rooms, and how addresses are compared.
func (e *End) About() ends.About {
	return ends.About{
		App:    telltale.App{Name: "Matrix", Platform: e.cfg.Options.Server},
		Places: e.cfg.Options.Rooms, Limit: longestText,
		Same: func(address string, a ends.Account) bool {
			local, _, _ := strings.Cut(strings.TrimPrefix(address, "@"), ":")
			return strings.EqualFold(address, a.Address) || strings.EqualFold(local, cmp.Or(a.User, a.Name))
		},
	}
}

// Close stops reading. The session is left to lapse: logging out would end
// tokens that came from the accounts file.
func (e *End) Close() error {
	e.mu.Lock()
	stop, done := e.stop, e.done
	e.stop = nil
	e.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
	e.http.CloseIdleConnections()
	return nil
}
