package xmpp_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
	"example.org/telltale/internal/driver/xmpp"
)

// stanza is what a client said.
type stanza struct {
	XMLName xml.Name
	ID      string `xml:"id,attr"`
	To      string `xml:"to,attr"`
	Type    string `xml:"type,attr"`
	Kind    string `xml:"mechanism,attr"`
	Inner   string `xml:",innerxml"`
}

// fake is an XMPP server that says what a test wants.
type fake struct {
	listener net.Listener
	// on answers a stanza in place of the fake; it reports whether it did.
	on func(g *guest, s stanza) bool
	// offers are the features before the login.
	offers string

	mu    sync.Mutex
	heard []stanza
	done  sync.WaitGroup
}

// guest is one connection.
type guest struct {
	conn net.Conn
	// in is set once the client has logged in.
	in bool
}

func (g *guest) say(words ...string) {
	_, _ = fmt.Fprint(g.conn, strings.Join(words, "")) // a client that has gone reads nothing
}

const offersPlain = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"

func newFake(t *testing.T, on func(g *guest, s stanza) bool) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{listener: l, on: on, offers: offersPlain}
	f.done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.done.Go(func() { f.serve(&guest{conn: conn}) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		f.done.Wait()
	})
	return f
}

func (f *fake) serve(g *guest) {
	defer g.conn.Close()
	dec := xml.NewDecoder(g.conn)
	for {
		token, err := dec.Token()
		if err != nil {
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "stream" {
				f.greet(g)
				continue
			}
			var s stanza
			if dec.DecodeElement(&s, &token) != nil {
				return
			}
			f.mu.Lock()
			f.heard = append(f.heard, s)
			f.mu.Unlock()
			if f.on == nil || !f.on(g, s) {
				f.answer(g, s)
			}
			if s.XMLName.Local == "auth" || s.XMLName.Local == "response" {
				dec = xml.NewDecoder(g.conn) // the client waits for the answer: nothing was read ahead
			}
		case xml.EndElement:
			g.say("</stream:stream>")
			return
		}
	}
}

func (f *fake) greet(g *guest) {
	offers := f.offers
	if g.in {
		offers = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>"
	}
	g.say("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
		"<stream:features>", offers, "</stream:features>")
}

// answer is what a plain server does.
func (f *fake) answer(g *guest, s stanza) {
	room, _, _ := strings.Cut(s.To, "/")
	switch {
	case s.XMLName.Local == "auth":
		g.in = true
		g.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
	case s.XMLName.Local == "iq" && strings.Contains(s.Inner, "jabber:iq:version"):
		g.say("<iq type='result' id='", s.ID, "'><query xmlns='jabber:iq:version'><name>Fake</name><version>1</version></query></iq>")
	case s.XMLName.Local == "iq" && (s.Type == "get" || s.Type == "set"):
		g.say("<iq type='result' id='", s.ID, "'/>")
	case s.XMLName.Local == "presence" && s.To != "":
		g.say("<presence from='", s.To, "'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>",
			"<message type='groupchat' from='", room, "/bob'><body>long ago</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>",
			"<message type='groupchat' from='", room, "'><subject/></message>")
	}
}

// said are the stanzas with a name that the client said.
func (f *fake) said(name string) (out []stanza) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.heard {
		if s.XMLName.Local == name {
			out = append(out, s)
		}
	}
	return out
}

// ears keep what an end heard.
type ears struct {
	mu     sync.Mutex
	events []ends.Event
	ended  chan struct{}
}

func newEars() *ears { return &ears{ended: make(chan struct{}, 10)} }

func (e *ears) hear(ev ends.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, ev)
	if ev.Kind == ends.Ended {
		e.ended <- struct{}{}
	}
}

// told lists the events as "kind from to text reason ref".
func (e *ears) told() (out []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := map[ends.EventKind]string{ends.Arrived: "arrived", ends.Bounced: "bounced", ends.Barred: "barred", ends.Ended: "ended"}
	for _, ev := range e.events {
		out = append(out, strings.Join(strings.Fields(strings.Join([]string{names[ev.Kind], ev.From, ev.To, ev.Text, ev.Reason, ev.Ref}, " ")), " "))
	}
	return out
}

// visit is an end that wants to talk to a fake.
func visit(t *testing.T, f *fake, change func(*xmpp.Config)) *xmpp.End {
	t.Helper()
	cfg := xmpp.Config{
		Account: ends.Account{Name: "alice", Address: "alice@example.test", Password: "secret"},
		Options: xmpp.Options{Settings: wire.Settings{Server: f.listener.Addr().String()}, Rooms: []string{"garden@rooms.example.test"}},
		Dial:    (&net.Dialer{}).DialContext,
	}
	if change != nil {
		change(&cfg)
	}
	e, err := xmpp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// opened is an end that has logged in.
func opened(t *testing.T, f *fake, change func(*xmpp.Config)) (*xmpp.End, *ears) {
	t.Helper()
	e, heard := visit(t, f, change), newEars()
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.Open(limited(t), heard.hear); err != nil {
		t.Fatal(err)
	}
	return e, heard
}

// limited gives up when something hangs.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// onMessage answers messages only.
func onMessage(answer func(g *guest, s stanza)) func(*guest, stanza) bool {
	return func(g *guest, s stanza) bool {
		if s.XMLName.Local != "message" {
			return false
		}
		answer(g, s)
		return true
	}
}

// bob is whom messages go to.
func bob() ends.Account { return ends.Account{Name: "bob", Address: "bob@example.test"} }
