package xmpp_test

import (
	"testing"
	"unicode/utf8"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
	"example.org/telltale/internal/driver/xmpp"
)

// FuzzServer is a server that says anything at all.
func FuzzServer(f *testing.F) {
	f.Add([]byte(header + "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>" +
		"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" + header + "<stream:features/>"))
	f.Add([]byte(header + "<message type='error' id='1'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"))
	f.Add([]byte(header + "<presence from='a@b/c' type='unavailable'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/><status code='307'/></x></presence>"))
	f.Add([]byte(header + "<message type='groupchat' from='a@b/d'><body>x</body><delay xmlns='urn:xmpp:delay'/></message><iq type='get' id='1' from='a'><ping xmlns='urn:xmpp:ping'/></iq>"))
	f.Fuzz(func(t *testing.T, said []byte) {
		cfg := xmpp.Config{
			Account: ends.Account{Name: "c", Address: "c@b", Password: "p"},
			Options: xmpp.Options{Settings: wire.Settings{Server: "127.0.0.1"}, Rooms: []string{"a@b"}, Register: true},
		}
		events, login := xmpp.Canned(cfg, said)
		if login == nil {
			t.Error("logged in to a server that cannot know what it was asked")
		}
		ended := 0
		for _, ev := range events {
			if !utf8.ValidString(ev.Text) || !utf8.ValidString(ev.Reason) {
				t.Errorf("heard what is no UTF-8: %+v", ev)
			}
			if ev.Kind == ends.Ended {
				ended++
			}
		}
		if ended != 1 {
			t.Errorf("the session ended %d times", ended)
		}
	})
}
