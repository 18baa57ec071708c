package xmpp_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// TestWhatTheServerSays has a server say something after a message, and looks
// at what the end makes of it. ID stands for the message's own.
func TestWhatTheServerSays(t *testing.T) {
	t.Parallel()
	const stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
	tests := []struct {
		name, says string
		want       []string
		after      time.Duration
	}{
		{"nothing", "", nil, 0},
		{"an error", "<message type='error' from='bob@example.test' id='ID'><error type='modify'><policy-violation " + stanzas + "/><text " + stanzas + ">No.</text></error></message>",
			[]string{"bounced bob@example.test policy-violation: No. ID"}, 0},
		{"an error without words", "<message type='error' id='ID'><body>hello</body></message>", []string{"bounced ID"}, 0},
		{"an error of one that is offline", "<message type='error' id='ID'><error type='wait' by='x'><recipient-unavailable " + stanzas + "/></error></message>",
			[]string{"bounced recipient-unavailable (by x) ID"}, 0},
		{"too fast", "<message type='error' id='ID'><error type='wait'><resource-constraint " + stanzas + "/></error></message>", nil, 2 * time.Second},
		{"too fast, in words", "<message type='error' id='ID'><error type='cancel'><not-allowed " + stanzas + "/><text " + stanzas + ">Please wait 5 seconds</text></error></message>", nil, 6 * time.Second},
		{"an answer", "<message from='bob@example.test/x' id='7'><body>I am busy</body></message>", []string{"arrived bob@example.test/x I am busy 7"}, 0},
		{"an answer with its own name", "<message from='bob@example.test/x' id='7'><body>hi</body><origin-id xmlns='urn:xmpp:sid:0' id='8'/></message>", []string{"arrived bob@example.test/x hi 8"}, 0},
		{"a message kept for us", "<message from='bob@example.test'><body>hi</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>", []string{"arrived bob@example.test hi"}, 0},
		{"no body", "<message from='bob@example.test/x'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", nil, 0},
		{"a forwarded message", "<message from='example.test'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='a@b'><body>hi</body></message></forwarded></message>", []string{"bounced example.test the server says: hi"}, 0},
		{"a copy for another client", "<message from='alice@example.test'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><body>hi</body></message></forwarded></received></message>", nil, 0},
		{"a room", "<message type='groupchat' from='garden@rooms.example.test/bob' id='7'><body>hi</body></message>", []string{"arrived garden@rooms.example.test/bob garden@rooms.example.test hi 7"}, 0},
		{"a room, delayed", "<message type='groupchat' from='garden@rooms.example.test/bob'><body>hi</body><delay xmlns='urn:xmpp:delay'/></message>", []string{"arrived garden@rooms.example.test/bob garden@rooms.example.test hi"}, 0},
		{"our own words in a room", "<message type='groupchat' from='garden@rooms.example.test/alice'><body>hi</body></message>", nil, 0},
		{"a room's own words", "<message type='groupchat' from='garden@rooms.example.test'><body>Not here.</body></message>", []string{"bounced garden@rooms.example.test the server says: Not here."}, 0},
		{"the server's own words", "<message from='example.test'><body>Not here.</body></message>", []string{"bounced example.test the server says: Not here."}, 0},
		{"nobody's words", "<message><body>Not here.</body></message>", []string{"bounced example.test the server says: Not here."}, 0},
		{"another room", "<message type='groupchat' from='attic@rooms.example.test/bob'><body>hi</body></message>", nil, 0},
		{"another leaves", "<presence type='unavailable' from='garden@rooms.example.test/bob'/><presence from='x'/><presence/>", nil, 0},
		{"put out of the room", "<presence type='unavailable' from='garden@rooms.example.test/alice'><x xmlns='http://jabber.org/protocol/muc#user'><item><reason>words</reason></item><status code='110'/><status code='307'/></x></presence>",
			[]string{"ended put out of garden@rooms.example.test: kicked: words"}, 0},
		{"an error of the stream", "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error></stream:stream>",
			[]string{"ended conflict: Replaced"}, 0},
		{"the end", "</stream:stream>", []string{"ended the server ended the session without a word"}, 0},
		{"questions", "<iq type='get' id='q' from='a@b'><ping xmlns='urn:xmpp:ping'/></iq><iq type='set' id='r'><query xmlns='jabber:iq:roster'/></iq><iq type='get' id='s'><what xmlns='x'/></iq><iq type='result' id='t'/>", nil, 0},
		{"nonsense", "<message/><iq/><presence/><x/><message type='groupchat'/><message type='error'/> \n", []string{"bounced"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, onMessage(func(g *guest, s stanza) {
				g.say(strings.ReplaceAll(test.says, "ID", s.ID))
			}))
			e, heard := opened(t, f, nil)
			sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
			if err != nil || sent.Typed != "hello" || sent.At.IsZero() || sent.After != test.after || sent.Outcome != "" || sent.Ref == "" {
				t.Fatalf("%+v, %v", sent, err)
			}
			want := slices.Clone(test.want)
			for i := range want {
				want[i] = strings.ReplaceAll(want[i], "ID", sent.Ref)
			}
			if got := heard.told(); !slices.Equal(got, want) {
				t.Errorf("heard %q, want %q", got, want)
			}
		})
	}
}

// The end of the session is told once.
func TestTheSessionEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]func(g *guest){
		"without a word": func(g *guest) { g.conn.Close() },
		"half":           func(g *guest) { _ = g.conn.(*net.TCPConn).CloseWrite() },
		"in a stanza":    func(g *guest) { g.say("<message><bo"); g.conn.Close() },
		"in nonsense":    func(g *guest) { g.say("<a></b>") },
		"in a comment":   func(g *guest) { g.say("<!-- x -->") },
		"nested deeply":  func(g *guest) { g.say(strings.Repeat("<a>", 1000)) },
		"a huge stanza":  func(g *guest) { g.say("<message><body>", strings.Repeat("x", 600_000)) },
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, onMessage(func(g *guest, _ stanza) { answer(g) }))
			e, heard := opened(t, f, nil)
			sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
			if err != nil || !sent.Ended {
				t.Fatalf("%+v, %v", sent, err)
			}
			<-heard.ended
			if got := heard.told(); len(got) != 1 || !strings.HasPrefix(got[0], "ended the connection ended without a word") {
				t.Errorf("heard %q", got)
			}
			if _, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"}); err == nil {
				t.Error("a message was put into a session that has ended")
			}
			if err := e.Probe(limited(t)); err == nil {
				t.Error("the session is said to stand")
			}
			if err := e.Open(limited(t), heard.hear); err != nil {
				t.Errorf("beginning again: %v", err)
			}
			if err := e.Probe(limited(t)); err != nil {
				t.Errorf("the new session: %v", err)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	e, _ := opened(t, f, nil)
	if got := e.About().Places; !slices.Equal(got, []string{"private", "garden@rooms.example.test"}) {
		t.Fatalf("places %q", got)
	}
	for _, place := range append([]string{""}, e.About().Places...) {
		if sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "a <b> & 'c'", Place: place}); err != nil || sent.Outcome != "" {
			t.Errorf("%q: %+v, %v", place, sent, err)
		}
	}
	var got []string
	for _, s := range f.said("message") {
		if !strings.Contains(s.Inner, "<body>a &lt;b&gt; &amp; &apos;c&apos;</body>") {
			t.Errorf("sent %s", s.Inner)
		}
		got = append(got, s.Type+" "+s.To)
	}
	if want := []string{"chat bob@example.test", "chat bob@example.test", "groupchat garden@rooms.example.test"}; !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
}

func TestVoid(t *testing.T) {
	t.Parallel()
	e, _ := opened(t, newFake(t, nil), nil)
	for _, p := range []ends.Post{
		{To: bob(), Text: "\x00"}, {To: bob(), Text: "a\r\nb"}, {To: bob(), Text: "\xff"}, {To: bob(), Text: "x", Place: "elsewhere"},
		{To: ends.Account{Name: "bob"}, Text: "x"}, {To: ends.Account{Name: "bob", Address: "bob@<x>"}, Text: "x"},
	} {
		if sent, err := e.Put(limited(t), p); err != nil || sent.Outcome != telltale.Void || sent.Reason == "" {
			t.Errorf("%+v: %+v, %v", p, sent, err)
		}
	}
}

// A server that does not answer is an error, not a dropped message.
func TestSilence(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	silent := false
	f := newFake(t, func(_ *guest, s stanza) bool {
		if s.XMLName.Local == "message" {
			silent = true
			cancel()
		}
		return silent
	})
	e, _ := opened(t, f, nil)
	if sent, err := e.Put(ctx, ends.Post{To: bob(), Text: "hello"}); err == nil {
		t.Errorf("%+v", sent)
	}
	if err := e.Probe(ctx); err == nil {
		t.Error("a silent session is said to stand")
	}
}

// Too fast, told only when the message seemed through, voids the trial: the
// next question of whether the session stands has the answer no, once.
func TestTooFastToldLate(t *testing.T) {
	t.Parallel()
	pings := 0
	f := newFake(t, func(g *guest, s stanza) bool {
		if strings.Contains(s.Inner, "urn:xmpp:ping") {
			if pings++; pings == 2 {
				g.say("<message type='error'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
			}
		}
		return false
	})
	e, heard := opened(t, f, nil)
	if _, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if err := e.Probe(limited(t)); err == nil || !strings.Contains(err.Error(), "resource-constraint") {
		t.Errorf("the first time: %v", err)
	}
	if err := e.Probe(limited(t)); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if got := heard.told(); len(got) > 0 {
		t.Errorf("heard %q", got)
	}
}
