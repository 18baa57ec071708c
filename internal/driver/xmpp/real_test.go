package xmpp_test

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/wire"
	"example.org/telltale/internal/driver/xmpp"
)

func serve(t *testing.T, o realserver.Prosody) *realserver.Server {
	t.Helper()
	s, err := o.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// party is an account that dials for real.
func party(t *testing.T, name string, side telltale.Side, o xmpp.Options) paired.Party {
	t.Helper()
	a := ends.Account{Name: name, Address: name + "@example.test", Password: "pass, of=" + name}
	e, err := xmpp.New(xmpp.Config{Account: a, Options: o, Witness: side == telltale.SideWitness, Dial: (&net.Dialer{}).DialContext})
	if err != nil {
		t.Fatal(err)
	}
	return paired.Party{Account: a, Side: side, End: e}
}

func drive(t *testing.T, parties ...paired.Party) *paired.Driver {
	t.Helper()
	d, err := paired.New(paired.Config{Clock: time.Now, Timeout: time.Minute, Parties: parties})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// TestContract holds the driver against its contract: one to one and in a
// room, in the clear and with TLS of both kinds, with every login.
func TestContract(t *testing.T) {
	t.Parallel()
	open, secure := serve(t, realserver.Prosody{}), serve(t, realserver.Prosody{TLS: true})
	clear := wire.Settings{Server: open.Addr}
	start := wire.Settings{Server: secure.Addr, CA: secure.CA}
	strong := serve(t, realserver.Prosody{TLS: true, Protocol: "tlsv1_2", More: `password_hash = "SHA-256"`})
	stronger := wire.Settings{Server: strong.Addr, CA: strong.CA}
	direct := wire.Settings{Server: secure.TLSAddr, TLS: "direct", CA: secure.CA}
	tests := []struct {
		name string
		o    xmpp.Options
	}{
		{"one to one", xmpp.Options{Settings: clear}},
		{"a room", xmpp.Options{Settings: clear, Rooms: []string{"garden@rooms.example.test"}, Places: []string{"garden@rooms.example.test"}}},
		{"one to one, STARTTLS", xmpp.Options{Settings: start, Resource: "x"}},
		{"a room, TLS", xmpp.Options{Settings: direct, Rooms: []string{"garden@rooms.example.test"}, Places: []string{"garden@rooms.example.test"}}},
		{"SCRAM-SHA-1", xmpp.Options{Settings: start, SASL: "SCRAM-SHA-1"}},
		{"SCRAM-SHA-256", xmpp.Options{Settings: stronger, SASL: "SCRAM-SHA-256"}},
		{"SCRAM-SHA-256-PLUS", xmpp.Options{Settings: stronger, SASL: "SCRAM-SHA-256-PLUS"}},
		{"PLAIN", xmpp.Options{Settings: start, SASL: "PLAIN"}},
	}
	if testing.Short() {
		tests = tests[1:3]
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.o.Register = true
			tag := string(rune('a' + i))
			d := drive(t, party(t, "alice"+tag, telltale.SideApp, test.o), party(t, "bob"+tag, telltale.SidePeer, test.o))
			for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{Wait: 30 * time.Second}) {
				if !r.OK {
					t.Errorf("%s: %s", r.Name, r.Detail)
				}
			}
		})
	}
}

// TestOutcomes reads a filtering server's rules from outside.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("testdata/rules.pfw")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, realserver.Prosody{Rules: string(rules)})
	o := xmpp.Options{Settings: wire.Settings{Server: s.Addr}, Register: true, Rooms: []string{"garden@rooms.example.test"}}
	d := drive(t, party(t, "alice", telltale.SideApp, o), party(t, "bob", telltale.SidePeer, o), party(t, "carol", telltale.SideWitness, o))
	if got, err := d.Describe(t.Context()); err != nil || !strings.HasPrefix(got.App.Version, "Prosody") || len(got.Places) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	const room = "garden@rooms.example.test"
	tests := []struct {
		text, place string
		wait        time.Duration
		want        telltale.Outcome
		got, reason string
		seen        string
	}{
		{text: "good morning brkzqtwm", want: telltale.Delivered},
		{text: "good\nmorning\n\tbrkzqtwn <&>\"'", want: telltale.Delivered},
		{text: "quince jam brkzqtwa", want: telltale.Refused, reason: "policy-violation: Not on this server."},
		{text: "quince on the ferry brkzqtwb", want: telltale.Delivered},
		{text: "a turnip brkzqtwc", wait: 100 * time.Millisecond, want: telltale.Dropped},
		{text: "a medlar brkzqtwd", want: telltale.Delivered, seen: "a medlar brkzqtwd"},
		{text: "a loquat brkzqtwe", want: telltale.Delivered, seen: "a loquat brkzqtwe"},
		{text: "a tayberry brkzqtwf", wait: 100 * time.Millisecond, want: telltale.Dropped, seen: "a tayberry brkzqtwf"},
		{text: "a durian brkzqtwg", want: telltale.Refused, reason: "Later, please."},
		{text: "a parsnip brkzqtwh", want: telltale.Altered, got: "(taken out)"},
		{text: "hello all brkzqtwi", place: room, want: telltale.Delivered},
		{text: "quince, all brkzqtwj", place: room, want: telltale.Refused, reason: "policy-violation"},
		{text: "a parsnip, all brkzqtwk", place: room, want: telltale.Altered, got: "(taken out)"},
		{text: "a bell \a", want: telltale.Void, reason: "U+0007"},
		{text: "two\r\nlines", want: telltale.Void, reason: "U+000D"},
		{text: "good night brkzqtwl", want: telltale.Delivered},
	}
	for _, test := range tests {
		if test.wait == 0 {
			test.wait = 30 * time.Second
		}
		r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: test.text, Place: test.place, Wait: test.wait})
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome != test.want || !strings.Contains(r.Reason, test.reason) || (test.got != "" && r.Got != test.got) {
			t.Errorf("%q: %+v", test.text, r)
		}
		checkSeen(t, d, test.text, test.seen)
	}
}

func checkSeen(t *testing.T, d *paired.Driver, text, want string) {
	t.Helper()
	seen, err := d.Sightings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, s := range seen {
		found += string(s.Body)
	}
	if found != want {
		t.Errorf("%q: the witness saw %q, want %q", text, found, want)
	}
}

// A server that goes away in the middle has refused nothing.
func TestServerGone(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{true, false} {
		t.Run(fmt.Sprintf("crash %v", crash), func(t *testing.T) {
			t.Parallel()
			gone(t, crash)
		})
	}
}

func gone(t *testing.T, crash bool) {
	t.Helper()
	s := serve(t, realserver.Prosody{})
	o := xmpp.Options{Settings: wire.Settings{Server: s.Addr}, Register: true}
	d := drive(t, party(t, "alice", telltale.SideApp, o), party(t, "bob", telltale.SidePeer, o))
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	end := s.Stop
	if p, err := os.FindProcess(s.Pid()); err == nil && crash {
		end = p.Kill
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: "hello", Wait: time.Second})
	if err == nil && r.Outcome != telltale.Void {
		t.Errorf("%+v", r)
	}
}
