package irc_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
)

// TestWhatTheServerSays has a server say something after a message, and looks
// at what the end makes of it.
func TestWhatTheServerSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		says []string
		// want are all events; after the pause asked for.
		want  []string
		after time.Duration
	}{
		{"nothing", nil, nil, 0},
		{"a numeric", []string{":fake 404 alice #main :Cannot send"}, []string{"bounced fake 404 #main Cannot send"}, 0},
		{"a numeric that names the command", []string{":fake 531 alice PRIVMSG :You may not"}, []string{"bounced fake 531 PRIVMSG You may not"}, 0},
		{"a numeric that names nothing", []string{":fake 412 alice :No text to send"}, []string{"bounced fake 412 No text to send"}, 0},
		{"a numeric about somebody else", []string{":fake 401 alice eve :No such nick"}, nil, 0},
		{"a numeric that refuses nothing", []string{":fake 301 alice #main :away"}, nil, 0},
		{"a number that is none", []string{":fake 999999 alice #main :what", ":fake 4x4 alice #main :what"}, nil, 0},
		{"a standard reply", []string{":fake FAIL PRIVMSG BLOCKED #main :Not here"}, []string{"bounced fake BLOCKED #main Not here"}, 0},
		{"a standard reply about something else", []string{":fake FAIL REGISTER BAD :Not here"}, nil, 0},
		{"a note", []string{":fake NOTE PRIVMSG X :by the way"}, nil, 0},
		{"a notice that names a block", []string{":fake NOTICE alice :*** Your message was blocked (spam)"}, []string{"bounced fake *** Your message was blocked (spam)"}, 0},
		{"a notice of its own words", []string{":fake NOTICE alice :Mumble, alice"}, []string{"bounced fake Mumble, alice"}, 0},
		{"a notice about the weather", []string{":fake NOTICE alice :The server restarts at noon"}, nil, 0},
		{"a message from the other", []string{":bob!b@host PRIVMSG alice :hi"}, []string{"arrived bob!b@host hi"}, 0},
		{"an action", []string{":bob!b@host PRIVMSG #main :\x01ACTION waves\x01"}, []string{"arrived bob!b@host #main waves"}, 0},
		{"a question of CTCP", []string{":bob!b@host PRIVMSG alice :\x01VERSION\x01"}, nil, 0},
		{"an echo", []string{"@msgid=77 :alice!a@host PRIVMSG #main :hello"}, nil, 0},
		{"bytes that are no UTF-8", []string{":bob!b@host PRIVMSG alice :\xff\xfe"}, []string{"arrived bob!b@host \uFFFD"}, 0},
		{"garbage", []string{"", " ", "\x00\x01\x02", ":", "@ : :", ":bob PRIVMSG", "NOTICE", "KICK", "BATCH", "005", "PONG", "FAIL", "396 x", ":alice NICK", ":alice CHGHOST"}, nil, 0},
		{"too fast, as a numeric", []string{":fake 439 alice #main :Target change too fast. Please wait 7 seconds."}, nil, 8 * time.Second},
		{"too fast, in words", []string{":fake 404 alice #main :Message throttled"}, nil, 2 * time.Second},
		{"too fast, as a notice", []string{":fake NOTICE alice :Rate limit: message blocked, slow down"}, nil, 2 * time.Second},
		{"come back later", []string{":fake 263 alice PRIVMSG :Server load is too heavy"}, nil, 2 * time.Second},
		{"kicked", []string{":oper!o@host KICK #main alice :out"}, []string{"ended kicked from #main by oper: out"}, 0},
		{"another is kicked", []string{":oper!o@host KICK #main bob :out"}, nil, 0},
		{"killed", []string{":oper!o@host KILL alice :bye", "ERROR :Closing link"}, nil, 0},
		{"a huge line", []string{":bob!b@host PRIVMSG alice :" + strings.Repeat("x", 40_000)}, []string{"ended the connection ended without a word: the server sent a line of over 32768 bytes"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, onMessage(func(g *guest, _ string) {
				if len(test.says) > 0 {
					g.say(test.says...)
				}
			}))
			e, heard := opened(t, f, func(c *irc.Config) { c.Options.Refusals = []string{"mumble"} })
			sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
			if err != nil || sent.Typed != "hello" || sent.At.IsZero() || sent.After != test.after || sent.Outcome != "" {
				t.Fatalf("%+v, %v", sent, err)
			}
			if got := heard.told(); !slices.Equal(got, test.want) {
				t.Errorf("heard %q, want %q", got, test.want)
			}
		})
	}
}

// The end of the session is told once, in the server's words if it has any.
func TestTheSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(g *guest)
		want   string
	}{
		{"with a word", func(g *guest) {
			g.say("ERROR :Closing link: (alice) [Filtered: no]")
			g.conn.Close()
		}, "ended Closing link: (alice) [Filtered: no]"},
		{"killed", func(g *guest) {
			g.say(":oper!o@host KILL alice :bad words", "ERROR :Closing link")
			g.conn.Close()
		}, "ended killed by oper: bad words"},
		{"without a word", func(g *guest) { g.conn.Close() }, "ended the connection ended without a word: EOF"},
		{"half", func(g *guest) { _ = g.conn.(*net.TCPConn).CloseWrite() }, "ended the connection ended without a word: EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, onMessage(func(g *guest, _ string) { test.answer(g) }))
			e, heard := opened(t, f, nil)
			sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
			if err != nil || !sent.Ended || sent.After != 0 {
				t.Fatalf("%+v, %v", sent, err)
			}
			<-heard.ended
			// What exactly a broken connection gives depends on the system.
			if got := heard.told(); len(got) != 1 || !strings.HasPrefix(got[0], strings.TrimSuffix(test.want, "EOF")) {
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

// A session that ends because of haste is begun again by the next Put.
func TestFloodIsNoResult(t *testing.T) {
	t.Parallel()
	f := newFake(t, onMessage(func(g *guest, _ string) {
		if g.number == 1 {
			g.say("ERROR :Closing link: (alice) [Excess Flood]")
			g.conn.Close()
		}
	}))
	e, heard := opened(t, f, nil)
	sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
	if err != nil || sent.After <= 0 || !strings.Contains(sent.Reason, "Excess Flood") {
		t.Fatalf("%+v, %v", sent, err)
	}
	sent, err = e.Put(limited(t), ends.Post{To: bob(), Text: "hello"})
	if err != nil || sent.After != 0 || sent.Ended {
		t.Errorf("the second time: %+v, %v", sent, err)
	}
	if got := heard.told(); len(got) > 0 {
		t.Errorf("heard %q", got)
	}
	if got := f.lines("PRIVMSG"); len(got) != 2 || got[1] != "PRIVMSG #main :hello" {
		t.Errorf("the server got %q", got)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	e, _ := opened(t, f, nil)
	if got := e.About().Places; !slices.Equal(got, []string{"#main", "private", "notice #main", "notice private"}) {
		t.Fatalf("places %q", got)
	}
	for _, place := range append([]string{""}, e.About().Places...) {
		if sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hi :there ", Place: place}); err != nil || sent.Outcome != "" {
			t.Errorf("%q: %+v, %v", place, sent, err)
		}
	}
	want := []string{"PRIVMSG #main :hi :there ", "PRIVMSG #main :hi :there ", "PRIVMSG bob :hi :there "}
	if got := f.lines("PRIVMSG"); !slices.Equal(got, want) {
		t.Errorf("the server got %q", got)
	}
	if got := f.lines("NOTICE"); !slices.Equal(got, []string{"NOTICE #main :hi :there ", "NOTICE bob :hi :there "}) {
		t.Errorf("the server got %q", got)
	}
}

// What does not fit as others get it is not put: the server would cut it off.
func TestLimit(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	e, _ := opened(t, f, nil)
	room := 512 - len(":alice!user@example.host PRIVMSG #main :\r\n")
	private := 512 - len(":alice!user@example.host PRIVMSG bob :\r\n")
	tests := []struct {
		text, place string
		fits        bool
	}{
		{strings.Repeat("x", room), "", true},
		{strings.Repeat("x", room+1), "", false},
		{strings.Repeat("x", private), "private", true},
		{strings.Repeat("x", private+1), "private", false},
		{strings.Repeat("茶", room/3+1), "", false},
		{"", "", false},
		{"two\nlines", "", false},
		{"two\rlines", "", false},
		{"a\x00b", "", false},
		{"\x01VERSION\x01", "", false},
		{"\xff", "", false},
		{"hello", "#elsewhere", false},
	}
	for _, test := range tests {
		sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: test.text, Place: test.place})
		if fits := sent.Outcome != telltale.Void; err != nil || fits != test.fits || (!fits && sent.Reason == "") {
			t.Errorf("%.20q of %d bytes: %+v, %v", test.text, len(test.text), sent, err)
		}
	}
	if sent, _ := e.Put(limited(t), ends.Post{To: ends.Account{Name: "bob\r\nQUIT"}, Text: "x", Place: "private"}); sent.Outcome != telltale.Void {
		t.Errorf("a nick of two lines: %+v", sent)
	}
	if limit := e.About().Limit; limit < 400 || limit > private {
		t.Errorf("limit %d, of %d", limit, private)
	}
}

// A server that does not answer is an error, not a dropped message.
func TestSilence(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	silent := false
	f := newFake(t, func(_ *guest, line string) bool {
		if strings.HasPrefix(line, "PRIVMSG") {
			silent = true
			cancel()
		}
		return silent && strings.HasPrefix(line, "PING")
	})
	e, _ := opened(t, f, nil)
	if sent, err := e.Put(ctx, ends.Post{To: bob(), Text: "hello"}); err == nil {
		t.Errorf("%+v", sent)
	}
	if err := e.Probe(ctx); err == nil {
		t.Error("a silent session is said to stand")
	}
}

// A witness joins no room, and hears what the server tells operators.
func TestWitness(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(g *guest, line string) bool {
		if strings.HasPrefix(line, "OPER ") {
			g.say(":fake 381 alice :You are now an operator")
		}
		if strings.HasPrefix(line, "X-SAY") {
			g.say(":fake NOTICE alice :*** early")
		}
		if strings.HasPrefix(line, "PING") && len(line) > 0 {
			g.say(":fake NOTICE alice :*** FILTER: bob said something", ":bob!b@host WALLOPS :no")
		}
		return false
	})
	e, heard := opened(t, f, func(c *irc.Config) {
		c.Witness = true
		c.Account.More = map[string]string{"oper": "watch tower", "raw": "X-SAY {nick}\r\nX-MORE"}
	})
	if err := e.Probe(limited(t)); err != nil {
		t.Fatal(err)
	}
	if got := heard.told(); !slices.Equal(got, []string{"arrived fake *** FILTER: bob said something"}) {
		t.Errorf("heard %q", got)
	}
	if got := append(f.lines("JOIN"), f.lines("X-")...); !slices.Equal(got, []string{"X-SAY alice", "X-MORE"}) {
		t.Errorf("the server got %q", got)
	}
	if got := f.lines("OPER"); !slices.Equal(got, []string{"OPER watch tower"}) {
		t.Errorf("the server got %q", got)
	}
}

// The same, when the server ends the session only after it has answered: a
// message that may be lost is asked again, and the session begun anew.
func TestFloodToldLate(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(g *guest, line string) bool {
		if g.number == 1 && strings.HasPrefix(line, "PING") && g.messages > 0 {
			g.say(":fake PONG fake "+strings.TrimPrefix(line, "PING "), "ERROR :Closing link: (alice) [Excess Flood, wait 1 second]")
			g.conn.Close()
			return true
		}
		if strings.HasPrefix(line, "PRIVMSG") {
			g.messages++
		}
		return false
	})
	e, heard := opened(t, f, nil)
	if sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"}); err != nil || sent.Ended || sent.After > 0 {
		t.Fatalf("%+v, %v", sent, err)
	}
	if err := e.Probe(limited(t)); err == nil {
		t.Error("a session that ended is said to have stood")
	}
	if err := e.Probe(limited(t)); err != nil && e.Probe(limited(t)) != nil {
		t.Errorf("the new session: %v", err)
	}
	if sent, err := e.Put(limited(t), ends.Post{To: bob(), Text: "hello"}); err != nil || sent.Ended || sent.After > 0 {
		t.Errorf("the second time: %+v, %v", sent, err)
	}
	if got := heard.told(); len(got) > 0 {
		t.Errorf("heard %q", got)
	}
}
