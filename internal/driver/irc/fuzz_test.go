package irc_test

import (
	"testing"
	"unicode/utf8"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
	"example.org/telltale/internal/driver/wire"
)

// FuzzServer is a server that says anything at all.
func FuzzServer(f *testing.F) {
	f.Add([]byte(":s CAP * LS * :batch\r\n:s CAP * LS :sasl=PLAIN,X echo-message\r\n:s CAP a ACK :sasl\r\nAUTHENTICATE +\r\n:s 903 a :ok\r\n:s 001 a :hi\r\n"))
	f.Add([]byte(":s 005 a CASEMAPPING=ascii LINELEN=900 NICKLEN=9 :are\r\n:a!b@c JOIN #main\r\n:a CHGHOST d e\r\n:s 396 a f :is now\r\n:s 433 * a :in use\r\n"))
	f.Add([]byte("@label=t1 :s 404 a #main :no\r\n:s NOTICE a :blocked\r\n:s FAIL PRIVMSG X :no\r\n:s 439 a #main :wait 3 seconds\r\nERROR :flood\r\n"))
	f.Add([]byte("@batch=1;msgid=2 :b!c@d PRIVMSG #main :hi\r\nBATCH +1 chathistory #main\r\n:x KICK #main a :out\r\n:a!b@c PRIVMSG #main :hello\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		cfg := irc.Config{
			Account: ends.Account{Name: "a", Password: "p", More: map[string]string{"oper": "x y"}},
			Options: irc.Options{Settings: wire.Settings{Server: "127.0.0.1"}, Rooms: []string{"#main"}},
		}
		cfg.Options.Labels = true
		events, _ := irc.Canned(cfg, said)
		ended := 0
		for _, ev := range events {
			if !utf8.ValidString(ev.Text) || !utf8.ValidString(ev.Reason) {
				t.Errorf("heard what is no UTF-8: %+v", ev)
			}
			if ev.Kind == ends.Ended {
				ended++
			}
		}
		if ended > 1 {
			t.Errorf("the session ended %d times", ended)
		}
	})
}
