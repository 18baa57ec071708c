package xmpp_test

import (
	"context"
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/xmpp"
)

func mechanisms(names ...string) string {
	return "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>" + strings.Join(names, "</mechanism><mechanism>") + "</mechanism></mechanisms>"
}

// answering answers one element, and leaves the others to the fake.
func answering(name, part string, words ...string) func(*guest, stanza) bool {
	return func(g *guest, s stanza) bool {
		if s.XMLName.Local != name || !strings.Contains(s.Inner, part) {
			return false
		}
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "ID", s.ID)
		}
		g.say(words...)
		return true
	}
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
	const failure = "<error type='cancel'><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
	register := func(c *xmpp.Config) { c.Options.Register = true }
	tests := []struct {
		name, offers string
		on           func(*guest, stanza) bool
		change       func(*xmpp.Config)
		want         string
	}{
		{"a wrong password", offersPlain, answering("auth", "", "<failure ", sasl, "><not-authorized/><text>No.</text></failure>"), nil, "refuses the login of alice: not-authorized: No."},
		{"no password", offersPlain, nil, func(c *xmpp.Config) { c.Account.Password = "" }, "accounts file"},
		{"nothing known", mechanisms("X-MAGIC"), nil, nil, "X-MAGIC"},
		{"nothing at all", "", nil, nil, "no login"},
		{"not the wanted one", offersPlain, nil, func(c *xmpp.Config) { c.Options.SASL = "SCRAM-SHA-256" }, "PLAIN"},
		{"an impostor", mechanisms("SCRAM-SHA-1", "PLAIN"), answering("auth", "", "<success ", sasl, "/>"), nil, "<success> in place of <challenge>"},
		{"a challenge of nothing", mechanisms("SCRAM-SHA-256"), answering("auth", "", "<challenge ", sasl, ">=</challenge>"), nil, "nonce"},
		{"a challenge that is no base64", mechanisms("SCRAM-SHA-256"), answering("auth", "", "<challenge ", sasl, ">???</challenge>"), nil, "not base64"},
		{"the end", offersPlain, answering("auth", "", "</stream:stream>"), nil, "unexpected EOF"},
		{"an error of the stream", offersPlain, answering("auth", "", "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"), nil, "host-unknown"},
		{"no STARTTLS", offersPlain, nil, func(c *xmpp.Config) { c.Options.TLS = "starttls" }, "offers no STARTTLS"},
		{"no resource", offersPlain, answering("iq", "bind", "<iq type='error' id='ID'>", failure, "</iq>"), nil, "binds no resource: not-allowed"},
		{"no registration", offersPlain, answering("iq", "register", "<iq type='error' id='ID'>", failure, "</iq>"), register, "does not register alice: not-allowed"},
		{"no entry", offersPlain, answering("presence", "muc", "<presence type='error' from='garden@rooms.example.test/alice'>", failure, "</presence>"), nil, "cannot join garden@rooms.example.test as alice: not-allowed"},
		{"thrown out", offersPlain, answering("presence", "priority", "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"), nil, "conflict"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, test.on)
			f.offers = test.offers
			err := visit(t, f, test.change).Open(limited(t), newEars().hear)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	f := newFake(t, answering("iq", "register", "<iq type='error' id='ID'><error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"))
	opened(t, f, func(c *xmpp.Config) { c.Options.Register, c.Account.Password = true, "a<b" })
	if got := f.said("iq")[0].Inner; !strings.Contains(got, "<username>alice</username><password>a&lt;b</password>") {
		t.Errorf("said %s", got)
	}
	auth := f.said("auth")[0]
	if got, _ := base64.StdEncoding.DecodeString(auth.Inner); auth.Kind != "PLAIN" || string(got) != "\x00alice\x00a<b" {
		t.Errorf("said %q by %s", got, auth.Kind)
	}
}

// A new room is locked until its owner accepts it as it is.
func TestNewRoom(t *testing.T) {
	t.Parallel()
	f := newFake(t, answering("presence", "muc", "<presence from='garden@rooms.example.test/ally'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/><status code='201'/></x></presence>"))
	opened(t, f, func(c *xmpp.Config) {
		c.Account.More = map[string]string{"nick": "ally", "password garden@rooms.example.test": "sesame"}
	})
	accepted := false
	for _, s := range f.said("iq") {
		accepted = accepted || strings.Contains(s.Inner, "type='submit'") && s.To == "garden@rooms.example.test"
	}
	if joins := f.said("presence"); !accepted || joins[1].To != "garden@rooms.example.test/ally" || !strings.Contains(joins[1].Inner, "<password>sesame</password>") {
		t.Errorf("said %+v, %+v", joins, f.said("iq"))
	}
}

// A witness joins no room, and what a server sends it is a copy.
func TestWitness(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(g *guest, s stanza) bool {
		if strings.Contains(s.Inner, "urn:xmpp:ping") {
			g.say("<message from='example.test'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='a@b'><body>hi</body></message></forwarded></message>")
		}
		return false
	})
	e, heard := opened(t, f, func(c *xmpp.Config) { c.Witness = true })
	if err := e.Probe(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got := heard.told(); !slices.Equal(got, []string{"arrived example.test hi"}) {
		t.Errorf("heard %q", got)
	}
	if got := f.said("presence"); len(got) != 1 || got[0].To != "" {
		t.Errorf("said %+v", got)
	}
}

func TestLoginGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := newFake(t, func(*guest, stanza) bool { cancel(); return true })
	if err := visit(t, f, nil).Open(ctx, newEars().hear); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

// A password goes without TLS to this machine only.
func TestPasswordInTheClear(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	far := func(c *xmpp.Config) {
		c.Options.Server = "xmpp.example.org:5222"
		c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, f.listener.Addr().String())
		}
	}
	for mode, want := range map[string]string{"": "offers no STARTTLS", "off": "without TLS"} {
		e := visit(t, f, func(c *xmpp.Config) {
			far(c)
			c.Options.TLS = mode
		})
		if err := e.Open(limited(t), newEars().hear); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("tls %q: %v", mode, err)
		}
	}
	if len(f.said("auth")) > 0 {
		t.Error("the password was sent")
	}
	opened(t, f, func(c *xmpp.Config) {
		far(c)
		c.Options.Plain = true
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := `{"domain": "example.org", "rooms": ["a@b"], "places": ["a@b"], "pace": "2s", "sasl": "SCRAM-SHA-1", "register": true}`
	if o, err := xmpp.ParseOptions([]byte(good)); err != nil || !o.Register || o.Rooms[0] != "a@b" {
		t.Errorf("%+v, %v", o, err)
	}
	tests := map[string]string{
		`{"rooms": ["garden"]}`:               "rooms[0]",
		`{"rooms": ["a@b"], "places": ["c"]}`: "private, a@b",
		`{"tls": "yes"}`:                      "starttls",
		`{"sasl": "MAGIC"}`:                   "SCRAM-SHA-256",
		`{"pace": "-1s"}`:                     "below 0",
		`{"server": "a:b:c"}`:                 "HOST:PORT",
		`{"zzzz": 1}`:                         "no such setting",
	}
	for in, want := range tests {
		if _, err := xmpp.ParseOptions([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	if _, err := xmpp.New(xmpp.Config{Account: ends.Account{Name: "alice"}}); err == nil {
		t.Error("a name without a domain was taken for an address")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	e, _ := opened(t, newFake(t, nil), func(c *xmpp.Config) { c.Options.Domain = "example.test" })
	about := e.About()
	if about.App.Name != "XMPP at example.test" || about.App.Version != "Fake 1" || !about.ReadBack {
		t.Errorf("%+v", about)
	}
	tests := []struct {
		address string
		account ends.Account
		want    bool
	}{
		{"Bob@example.test/phone", bob(), true},
		{"bob@example.test", ends.Account{Name: "bob"}, true},
		{"bobby@example.test", bob(), false},
		{"garden@rooms.example.test/bob", bob(), true},
		{"garden@rooms.example.test/alice", bob(), false},
		{"garden@rooms.example.test/rob", ends.Account{Name: "bob", More: map[string]string{"nick": "rob"}}, true},
		{"attic@rooms.example.test/bob", bob(), false},
		{"", bob(), false},
	}
	for _, test := range tests {
		if got := about.Same(test.address, test.account); got != test.want {
			t.Errorf("%s is %+v: %v", test.address, test.account, got)
		}
	}
}
