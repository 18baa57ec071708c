package irc_test

import (
	"context"
	"encoding/base64"
	"net"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
)

// capable offers extensions, and SASL that takes one password.
func capable(offer string) func(*guest, string) bool {
	return func(g *guest, line string) bool {
		command, rest, _ := strings.Cut(line, " ")
		switch command {
		case "CAP":
			switch {
			case strings.HasPrefix(rest, "LS"):
				g.say(":fake CAP * LS * :away-notify batch", ":fake CAP * LS :"+offer)
			case strings.HasPrefix(rest, "REQ"):
				g.say(":fake CAP * ACK " + rest[len("REQ "):])
			case rest == "END":
				g.welcome()
			}
		case "USER":
		case "AUTHENTICATE":
			switch {
			case rest == "PLAIN" || rest == "EXTERNAL":
				g.say("AUTHENTICATE +")
			case rest == base64.StdEncoding.EncodeToString([]byte("alice\x00alice\x00secret")):
				g.say(":fake 900 * * alice :You are logged in", ":fake 903 * :ok")
			default:
				g.say(":fake 904 * :SASL authentication failed")
			}
		default:
			return false
		}
		return true
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	f := newFake(t, capable("sasl=EXTERNAL,PLAIN echo-message message-tags labeled-response"))
	opened(t, f, func(c *irc.Config) { c.Account.Password = "secret" })
	if got := f.lines("CAP REQ"); !slices.Equal(got, []string{"CAP REQ :message-tags batch echo-message sasl"}) {
		t.Errorf("asked for %q", got)
	}
	e := visit(t, f, func(c *irc.Config) { c.Account.Password = "wrong" })
	err := e.Open(limited(t), newEars().hear)
	if err == nil || !strings.Contains(err.Error(), "904") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with the wrong password: %v", err)
	}
}

func TestSASLNotThere(t *testing.T) {
	t.Parallel()
	f := newFake(t, capable("sasl=EXTERNAL"))
	// PASS will have to do.
	opened(t, f, func(c *irc.Config) { c.Account.Password = "secret" })
	if got := f.lines("PASS"); !slices.Equal(got, []string{"PASS :secret"}) {
		t.Errorf("sent %q", got)
	}
	e := visit(t, f, func(c *irc.Config) { c.Account.Password, c.Options.Auth = "secret", "sasl" })
	if err := e.Open(limited(t), newEars().hear); err == nil || !strings.Contains(err.Error(), "offers no SASL PLAIN") {
		t.Errorf("SASL alone: %v", err)
	}
}

func TestNickServ(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	opened(t, f, func(c *irc.Config) { c.Account.Password, c.Options.Auth = "secret", "nickserv" })
	if got := append(f.lines("PASS"), f.lines("PRIVMSG")...); !slices.Equal(got, []string{"PRIVMSG NickServ :IDENTIFY secret"}) {
		t.Errorf("sent %q", got)
	}
}

// Labels tie a refusal to its message, and the server's own name of a message
// is kept.
func TestLabels(t *testing.T) {
	t.Parallel()
	offer := capable("echo-message message-tags labeled-response")
	f := newFake(t, func(g *guest, line string) bool {
		switch {
		case strings.HasSuffix(line, ":first"):
			g.say("@label=t1;msgid=m1 :alice!a@h PRIVMSG #main :first", "@label=old :fake 404 alice #main :no")
		case strings.HasSuffix(line, ":second"):
			g.say("@label=t2 :fake BATCH +9 labeled-response", "@batch=9 :fake NOTICE alice :not allowed here", "@batch=9 :fake 404 alice #main :no", ":fake BATCH -9")
		default:
			return offer(g, line)
		}
		return true
	})
	e, heard := opened(t, f, func(c *irc.Config) { c.Options.Labels = true })
	for i, text := range []string{"first", "second"} {
		sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: text})
		if err != nil || sent.Ref != []string{"m1", ""}[i] {
			t.Errorf("%s: %+v, %v", text, sent, err)
		}
	}
	if got := heard.told(); !slices.Equal(got, []string{"bounced fake not allowed here", "bounced fake 404 #main no"}) {
		t.Errorf("heard %q", got)
	}
	if got := f.lines("@label"); !slices.Equal(got, []string{"@label=t1 PRIVMSG #main :first", "@label=t2 PRIVMSG #main :second"}) {
		t.Errorf("sent %q", got)
	}
}

// A room's history is no news.
func TestHistory(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(g *guest, line string) bool {
		if strings.HasPrefix(line, "JOIN") {
			g.say(":alice!user@example.host JOIN #main", ":bob!b@h PRIVMSG #main :long ago",
				":fake BATCH +1 chathistory #main", "@batch=1 :bob!b@h PRIVMSG #main :longer ago")
			return true
		}
		if strings.HasPrefix(line, "PRIVMSG") {
			g.say("@batch=1 :bob!b@h PRIVMSG #main :very long ago", ":fake BATCH -1", ":bob!b@h PRIVMSG #main :now")
			return true
		}
		return false
	})
	e, heard := opened(t, f, nil)
	if _, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"}); err != nil {
		t.Fatal(err)
	}
	if got := heard.told(); !slices.Equal(got, []string{"arrived bob!b@h #main now"}) {
		t.Errorf("heard %q", got)
	}
}

// A nick that is in use is most often our own of a moment ago.
func TestNickInUse(t *testing.T) {
	t.Parallel()
	asked := 0
	f := newFake(t, func(g *guest, line string) bool {
		switch {
		case strings.HasPrefix(line, "NICK"):
			if asked++; asked < 3 {
				g.say(":fake 433 * alice :Nickname is already in use")
				return true
			}
			g.nick = "alice"
			g.welcome()
			return true
		case strings.HasPrefix(line, "USER"):
			return true
		}
		return false
	})
	opened(t, f, nil)
	if got := f.lines("NICK"); len(got) != 3 {
		t.Errorf("asked for %q", got)
	}
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	answer := func(word string, says ...string) func(*guest, string) bool {
		return func(g *guest, line string) bool {
			if !strings.HasPrefix(line, word) {
				return false
			}
			g.say(says...)
			if strings.HasPrefix(says[len(says)-1], "ERROR") {
				g.conn.Close()
			}
			return true
		}
	}
	tests := []struct {
		name   string
		on     func(*guest, string) bool
		change func(*irc.Config)
		want   string
	}{
		{"banned", answer("USER", ":fake 465 alice :You are banned: go away"), nil, "465 You are banned"},
		{"a link closed", answer("USER", "ERROR :Closing link: K-lined"), nil, "K-lined"},
		{"a bad nick", answer("NICK", ":fake 432 * alice :Erroneous nickname"), nil, "432 Erroneous"},
		{"a room for guests", answer("JOIN", ":fake 473 alice #main :Cannot join channel (+i)"), nil, "cannot join #main: Cannot join channel (+i)"},
		{"a room that says nothing", answer("JOIN", ":fake NOTICE alice :x"), nil, "the server says nothing"},
		{"no operator", answer("OPER", ":fake 491 alice :No O-lines for your host"), func(c *irc.Config) {
			c.Account.More = map[string]string{"oper": "a b"}
		}, "491 No O-lines"},
		{"no IRC", func(g *guest, _ string) bool {
			_, _ = g.conn.Write([]byte(strings.Repeat("<html>", 10_000)))
			g.conn.Close()
			return true
		}, nil, "over 32768 bytes"},
		{"no STARTTLS", answer("STARTTLS", ":fake 691 alice :STARTTLS failed"), func(c *irc.Config) { c.Options.TLS = "starttls" }, "STARTTLS failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := visit(t, newFake(t, test.on), test.change)
			err := e.Open(limited(t), newEars().hear)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// A server that closes because of haste is visited again after the pause that
// it names.
func TestLoginTooOften(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(g *guest, line string) bool {
		if g.number > 1 || !strings.HasPrefix(line, "USER") {
			return false
		}
		g.say("ERROR :Trying to reconnect too fast, wait 1 second")
		g.conn.Close()
		return true
	})
	opened(t, f, nil)
	if got := f.lines("USER"); len(got) != 2 {
		t.Errorf("logged in %d times", len(got))
	}
}

func TestLoginGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := newFake(t, func(_ *guest, line string) bool {
		if strings.HasPrefix(line, "USER") {
			cancel()
		}
		return true
	})
	if err := visit(t, f, nil).Open(ctx, newEars().hear); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("%v", err)
	}
}

// A password goes without TLS to this machine only.
func TestPasswordInTheClear(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	far := func(c *irc.Config) {
		c.Options.Server, c.Account.Password = "irc.example.org:6667", "secret"
		c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, f.listener.Addr().String())
		}
	}
	if err := visit(t, f, far).Open(limited(t), newEars().hear); err == nil || !strings.Contains(err.Error(), "without TLS") {
		t.Errorf("%v", err)
	}
	if got := f.lines("PASS"); len(got) > 0 {
		t.Error("the password was sent")
	}
	opened(t, f, func(c *irc.Config) {
		far(c)
		c.Options.Plain = true
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := `{"server": "irc.example.org", "tls": "direct", "rooms": ["#a"], "places": ["private", "notice #a"], "pace": "2s", "auth": "sasl"}`
	if o, err := irc.ParseOptions([]byte(good)); err != nil || o.Server != "irc.example.org" || len(o.Places) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
	tests := map[string]string{
		`{"rooms": ["main"]}`:                    "rooms[0]",
		`{"rooms": ["#a"], "places": ["#b"]}`:    "notice #a",
		`{"tls": "yes"}`:                         "starttls",
		`{"auth": "magic"}`:                      "nickserv",
		`{"pace": "-1s"}`:                        "below 0",
		`{"server": "a:b:c"}`:                    "HOST:PORT",
		`{"zzzz": "a"}`:                          "no such setting",
		`{"rooms": ["#a,#b"]}`:                   "rooms[0]",
		`{"rooms": ["#a\r\nQUIT"], "x": "main"}`: "x",
	}
	for in, want := range tests {
		if _, err := irc.ParseOptions([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, name := range []string{"", "two words", "#room", "a\nb", ":a"} {
		if _, err := irc.New(irc.Config{Account: ends.Account{Name: name}, Options: irc.Options{}}); err == nil {
			t.Errorf("%q was taken for a nick", name)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	e, _ := opened(t, newFake(t, nil), nil)
	about := e.About()
	if about.App.Name != "IRC on Fake" || about.App.Version != "fake-1.0" || !about.ReadBack {
		t.Errorf("%+v", about)
	}
	if !about.Same("Bob[x]!b@host", ends.Account{Name: "b", Address: "bob{X}"}) || about.Same("bobby!b@host", bob()) {
		t.Error("names are compared wrongly")
	}
}
