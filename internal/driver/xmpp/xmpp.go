// Package xmpp is an end of a conversation on an XMPP server: RFC 6120 and
// 6121 with STARTTLS or TLS, SASL SCRAM, in-band registration (XEP-0077),
// rooms (XEP-0045), pings (XEP-0199) and stanza ids (XEP-0359).
//
// Every message is followed by a ping to the server. Error stanzas that come
// before its answer are about the message. Whatever else arrives is heard,
// also what nobody typed: a filter that answers in the recipient's name shows
// in this way.
package xmpp

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

// Private is the place of messages to the other account alone.
const Private = "private"

// Options are the driver's options in a scenario.
type Options struct {
	// Settings of the connection. Server may be left out: it is the domain,
	// port 5222. Without tls, port 5223 means TLS from the beginning, and any
	// other STARTTLS, which on loopback may be missing.
	wire.Settings
	// Domain of accounts whose address is a name alone, as in "example.org".
	Domain string `json:"domain,omitempty"`
	// Rooms to join, as in "garden@rooms.example.org". Both ends have to be
	// in them.
	Rooms []string `json:"rooms,omitempty"`
	// Places narrows the places and gives their order. Empty: "private", and
	// the rooms. The first is the usual one.
	Places []string `json:"places,omitempty"`
	// Resource to bind; empty leaves it to the server.
	Resource string `json:"resource,omitempty"`
	// SASL names the only mechanism to use, as in "SCRAM-SHA-1".
	SASL string `json:"sasl,omitempty"`
	// Register makes the accounts where they do not exist, for servers that
	// allow it to anybody.
	Register bool `json:"register,omitempty"`
	// Pace is the least time between two messages.
	Pace ends.Duration `json:"pace,omitempty"`
}

// ParseOptions reads the options of a scenario. Its errors are
// [ends.OptionError]s.
func ParseOptions(raw json.RawMessage) (Options, error) {
	var o Options
	if err := ends.Decode(raw, &o); err != nil {
		return o, err
	}
	return o, o.check()
}

// check finds settings that no server could do with.
func (o Options) check() error {
	for i, r := range o.Rooms {
		if _, _, err := split(r); err != nil {
			return &ends.OptionError{Path: fmt.Sprintf("rooms[%d]", i), What: err.Error()}
		}
	}
	for _, p := range o.Places {
		if known := o.allPlaces(); !slices.Contains(known, p) {
			return &ends.OptionError{Path: "places", What: fmt.Sprintf("there is no place %q", p), Fix: "there are " + strings.Join(known, ", ")}
		}
	}
	if o.SASL != "" && !slices.Contains(mechanisms(), o.SASL) {
		return &ends.OptionError{Path: "sasl", What: fmt.Sprintf("%q is not known", o.SASL), Fix: "write one of " + strings.Join(mechanisms(), ", ")}
	}
	if o.Pace < 0 {
		return &ends.OptionError{Path: "pace", What: "a time below 0"}
	}
	return o.Check()
}

// Config is an end with what it needs.
type Config struct {
	// Account logs in: as User, or the name of its Address. Of More it knows
	// "nick", its nick in rooms, and "password ROOM", the password of a room.
	Account ends.Account
	Options Options
	// Witness says that the account is only read: it joins no rooms.
	Witness bool
	Dial    wire.Dial
	// Clock and Random may be nil: time.Now and crypto/rand.
	Clock  telltale.Clock
	Random io.Reader
	Log    *slog.Logger
}

// End is one account on an XMPP server. It implements ends.End, ends.Prober
// and ends.Describer.
type End struct {
	cfg           Config
	plan          wire.Plan
	places        []string
	local, domain string

	mu      sync.Mutex
	session *session
	gait    wire.Gait
	about   ends.About
}

var (
	_ ends.End       = (*End)(nil)
	_ ends.Prober    = (*End)(nil)
	_ ends.Describer = (*End)(nil)
)

// New checks the settings. Nothing is dialled before Open.
func New(cfg Config) (*End, error) {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &End{cfg: cfg, places: cfg.Options.Places}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("xmpp: %w", err)
	}
	return e, nil
}

// check finds what no login could do with.
func (e *End) check() (err error) {
	o := e.cfg.Options
	if e.local, e.domain, err = split(o.addressOf(e.cfg.Account)); err != nil {
		return fmt.Errorf("account %s: %w", e.cfg.Account.Name, err)
	}
	if err := o.check(); err != nil {
		return err
	}
	if len(e.places) == 0 {
		e.places = o.allPlaces()
	}
	if o.Server == "" {
		o.Server = e.domain
	}
	e.plan, err = o.Plan(e.domain, wire.Ports{Default: "5222", Direct: []string{"5223"}, Else: wire.StartTLS})
	return err
}

// allPlaces are the places that there are.
func (o Options) allPlaces() []string { return append([]string{Private}, o.Rooms...) }

func contains(rooms []string, room string) bool {
	for _, r := range rooms {
		if bare(r) == bare(room) {
			return true
		}
	}
	return false
}

// About says what server it is.
func (e *End) About() ends.About {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.about
}

// same reports whether an address is an account's: its own, or the one that
// it has in a room.
func (e *End) same(address string, a ends.Account) bool {
	if contains(e.cfg.Options.Rooms, address) {
		return resource(address) == e.cfg.Options.nickOf(a)
	}
	return bare(address) == bare(e.cfg.Options.addressOf(a))
}
