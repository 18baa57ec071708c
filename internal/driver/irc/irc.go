// Package irc is an end of a conversation on an IRC server: RFC 1459 and 2812
// with what the IRCv3 working group added, as far as a server offers it (CAP,
// SASL, echo-message, labeled-response, server-time, message-tags, standard
// replies).
//
// Every message is followed by a PING. Whatever the server says to the sender
// before the answer belongs to the message: numerics that refuse it, standard
// replies, notices that name a block, or the end of the session. A server
// that wants it slower is waited for; that is no result.
package irc

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

// Options are the driver's options in a scenario.
type Options struct {
	// Settings of the connection. Without tls, port 6697 means TLS from the
	// beginning, and any other port none.
	wire.Settings
	// Rooms to join, as in "#main". Both ends have to be in them.
	Rooms []string `json:"rooms,omitempty"`
	// Places narrows the places and gives their order. Empty: the rooms,
	// "private", and each of them as a notice ("notice #main", "notice
	// private"). The first is the usual one.
	Places []string `json:"places,omitempty"`
	// Auth is how the account's password is used: "sasl", "pass" (server
	// password), "nickserv" or "none". Empty: as PASS and, where the server
	// offers it, by SASL. With a certificate of its own, SASL EXTERNAL.
	Auth string `json:"auth,omitempty"`
	// Raw are lines sent after the login. {nick} stands for the nick.
	Raw []string `json:"raw,omitempty"`
	// Refusals are further words that show, in a notice of the server or of a
	// service, that a message was not accepted.
	Refusals []string `json:"refusals,omitempty"`
	// Labels asks for labeled-response, so that a refusal names its message
	// on servers that answer out of order. It is off because InspIRCd says no
	// farewell when it ends a session over a labelled message.
	Labels bool `json:"labels,omitempty"`
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
		if !word(r) || !isChannel(r) {
			return &ends.OptionError{Path: fmt.Sprintf("rooms[%d]", i), What: fmt.Sprintf("%q is no channel", r), Fix: `write as in "#main", in quotes`}
		}
	}
	known := []string{"", authSASL, authPass, authNickServ, authNone}
	if !slices.Contains(known, o.Auth) {
		return &ends.OptionError{Path: "auth", What: fmt.Sprintf("%q is no way to log in", o.Auth), Fix: "write one of " + strings.Join(known[1:], ", ")}
	}
	if o.Pace < 0 {
		return &ends.OptionError{Path: "pace", What: "a time below 0"}
	}
	if err := checkPlaces(o.Places, o.Rooms); err != nil {
		return err
	}
	return o.Check()
}

// Config is an end with what it needs.
type Config struct {
	// Account logs in. Its Address is its nick, its User the user name of
	// SASL. Of More it knows "oper" (name and password of an operator,
	// separated by a space), "raw" (lines as Options.Raw, separated by
	// newlines; they stay out of the case), "pass" (the server's password)
	// and "key #room" (the key of a room).
	Account ends.Account
	Options Options
	// Witness says that the account is only read: it joins no rooms, and
	// hears the server's notices as arrivals.
	Witness bool
	Dial    wire.Dial
	// Clock and Random may be nil: time.Now and crypto/rand.
	Clock  telltale.Clock
	Random io.Reader
	Log    *slog.Logger
}

// End is one account on an IRC server. It implements ends.End, ends.Prober
// and ends.Describer.
type End struct {
	cfg    Config
	plan   wire.Plan
	places []string

	mu      sync.Mutex
	session *session
	hear    func(ends.Event)
	gait    wire.Gait
	// labels counts messages, over all sessions.
	labels int
	// about is what the last session learned.
	about ends.About
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
	if err := check(cfg); err != nil {
		return nil, fmt.Errorf("irc: %w", err)
	}
	plan, err := cfg.Options.Plan("", wire.Ports{Default: "6697", Direct: []string{"6697", "994"}, Else: wire.Off})
	if err != nil {
		return nil, fmt.Errorf("irc: %w", err)
	}
	places := cfg.Options.Places
	if len(places) == 0 {
		places = allPlaces(cfg.Options.Rooms)
	}
	return &End{cfg: cfg, plan: plan, places: places}, nil
}

// check finds what no login could do with.
func check(cfg Config) error {
	if nick := nickOf(cfg.Account); !word(nick) || isChannel(nick) {
		return fmt.Errorf("%q cannot be a nick: give account %q an address without spaces", nick, cfg.Account.Name)
	}
	return cfg.Options.check()
}

// word reports whether s can stand as a parameter in the middle of a line.
func word(s string) bool {
	return s != "" && s[0] != ':' && !strings.ContainsAny(s, " ,\r\n\x00\a")
}

// About says what server it is. The limit is what fits wherever the account
// may write to.
func (e *End) About() ends.About {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.about
}
