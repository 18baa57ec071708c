package irc_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/wire"
)

// serve starts an InspIRCd with configuration from testdata.
func serve(t *testing.T, o realserver.InspIRCd, files ...string) *realserver.Server {
	t.Helper()
	for _, f := range files {
		b, err := os.ReadFile("testdata/" + f)
		if err != nil {
			t.Fatal(err)
		}
		o.More += string(b)
	}
	s, err := o.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// end is an account's end, dialling for real.
func end(t *testing.T, name string, o irc.Options, change func(*irc.Config)) *irc.End {
	t.Helper()
	cfg := irc.Config{Account: ends.Account{Name: name}, Options: o, Dial: (&net.Dialer{}).DialContext}
	if change != nil {
		change(&cfg)
	}
	e, err := irc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// drive pairs alice and bob, watched by the operator carol.
func drive(t *testing.T, o irc.Options, alice func(*irc.Config)) *paired.Driver {
	t.Helper()
	party := func(name string, side telltale.Side, change func(*irc.Config)) paired.Party {
		return paired.Party{Account: ends.Account{Name: name}, Side: side, End: end(t, name, o, change)}
	}
	d, err := paired.New(paired.Config{Clock: time.Now, Timeout: time.Minute, Parties: []paired.Party{
		party("alice", telltale.SideApp, alice), party("bob", telltale.SidePeer, nil),
		party("carol", telltale.SideWitness, func(c *irc.Config) {
			c.Witness = true
			c.Account.More = map[string]string{"oper": "watch tower"}
		}),
	}})
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

// TestContract holds the driver against its contract: in a room and in
// private, with and without the extensions of IRCv3, in the clear and with
// TLS of both kinds.
func TestContract(t *testing.T) {
	t.Parallel()
	bare := serve(t, realserver.InspIRCd{})
	full := serve(t, realserver.InspIRCd{TLS: true}, "ircv3.conf")
	tests := []struct {
		name string
		o    irc.Options
	}{
		{"a room", irc.Options{Settings: wire.Settings{Server: bare.Addr}, Rooms: []string{"#one"}}},
		{"private", irc.Options{Settings: wire.Settings{Server: bare.Addr}}},
		{"a room, IRCv3 and TLS", irc.Options{Settings: wire.Settings{Server: full.TLSAddr, TLS: "direct", CA: full.CA}, Rooms: []string{"#one"}}},
		{"private, IRCv3 and STARTTLS", irc.Options{Settings: wire.Settings{Server: full.Addr, TLS: "starttls", CA: full.CA}}},
		{"notices", irc.Options{Settings: wire.Settings{Server: full.Addr}, Rooms: []string{"#one"}, Places: []string{"notice #one"}}},
	}
	if testing.Short() {
		tests = tests[2:3]
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tag := string(rune('A' + i))
			d, err := paired.New(paired.Config{Clock: time.Now, Timeout: time.Minute, Parties: []paired.Party{
				{Account: ends.Account{Name: "alice" + tag}, Side: telltale.SideApp, End: end(t, "alice"+tag, test.o, nil)},
				{Account: ends.Account{Name: "bob" + tag}, Side: telltale.SidePeer, End: end(t, "bob"+tag, test.o, nil)},
			}})
			if err != nil {
				t.Fatal(err)
			}
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
	tests := []struct {
		text, place string
		want        telltale.Outcome
		got         string
		ended       bool
		reason      string
		seen        string
	}{
		{text: "good morning brkzqtwm", want: telltale.Delivered},
		{text: "quince jam brkzqtwa", want: telltale.Refused, reason: "not here", seen: "alice"},
		{text: "a turnip brkzqtwb", want: telltale.Refused, reason: "told to nobody"},
		{text: "a medlar brkzqtwc", want: telltale.Delivered, seen: "watched"},
		{text: "a parsnip brkzqtwd", want: telltale.Altered, got: "a carrot brkzqtwd"},
		{text: "some celeriac brkzqtwe", want: telltale.Refused, reason: "celeriac"},
		{text: "quince here brkzqtwf", place: "#free", want: telltale.Delivered},
		{text: "quince for you brkzqtwg", place: "private", want: telltale.Refused, seen: "alice"},
		{text: "quince as a notice brkzqtwh", place: "notice #main", want: telltale.Refused},
		{text: "turnip as a notice brkzqtwi", place: "notice private", want: telltale.Delivered},
		{text: "durian tart brkzqtwj", want: telltale.Refused, ended: true, reason: "out you go"},
		{text: "back again brkzqtwk", want: telltale.Delivered},
	}
	configs := [][]string{{"filter.conf", "ircv3.conf"}, {"filter.conf"}}
	if testing.Short() {
		configs = configs[:1]
	}
	for _, files := range configs {
		t.Run(strings.Join(files, " and "), func(t *testing.T) {
			t.Parallel()
			s := serve(t, realserver.InspIRCd{Connect: `modes="+G"`}, files...)
			d := drive(t, irc.Options{Settings: wire.Settings{Server: s.Addr}, Rooms: []string{"#main", "#free"}}, nil)
			if _, err := d.Describe(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, test := range tests {
				if _, err := d.Sightings(t.Context()); err != nil {
					t.Fatal(err)
				}
				r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: test.text, Place: test.place, Wait: 30 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				if r.Outcome != test.want || r.Ended != test.ended || !strings.Contains(strings.ToLower(r.Reason), test.reason) || (test.got != "" && r.Got != test.got) {
					t.Errorf("%q: %+v", test.text, r)
				}
				checkSeen(t, d, test.text, test.seen)
			}
		})
	}
}

func checkSeen(t *testing.T, d *paired.Driver, text, words string) {
	t.Helper()
	seen, err := d.Sightings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, s := range seen {
		found += string(s.Body) + "\n"
	}
	if words != "" && !strings.Contains(found, words) {
		t.Errorf("%q: the operator saw %q", text, found)
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
	s := serve(t, realserver.InspIRCd{})
	d := drive(t, irc.Options{Settings: wire.Settings{Server: s.Addr}, Rooms: []string{"#main"}}, nil)
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

// A server that ends sessions over too many commands has refused nothing:
// every message arrives in the end.
func TestFloodOnARealServer(t *testing.T) {
	if testing.Short() {
		t.Skip("waits out pauses")
	}
	t.Parallel()
	s := serve(t, realserver.InspIRCd{Slow: true})
	var logins atomic.Int32
	d := drive(t, irc.Options{Settings: wire.Settings{Server: s.Addr}, Rooms: []string{"#main"}}, func(c *irc.Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			logins.Add(1)
			return dial(ctx, network, addr)
		}
	})
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		text := fmt.Sprintf("message number %d of brkzqt%c", i, 'a'+i)
		r, err := d.Send(t.Context(), telltale.Typing{Probe: "p", From: "alice", To: "bob", Text: text, Wait: 30 * time.Second})
		if err != nil || r.Outcome != telltale.Delivered || r.Ended {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if logins.Load() < 2 {
		t.Error("the server was not pressed enough to end the session")
	}
}
