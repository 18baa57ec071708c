package irc_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/irc"
	"example.org/telltale/internal/driver/wire"
)

// fake is an IRC server that says what a test wants.
type fake struct {
	t        *testing.T
	listener net.Listener
	// on answers a line in place of the fake; it reports whether it did.
	on func(c *guest, line string) bool

	mu     sync.Mutex
	heard  []string
	guests int
	done   sync.WaitGroup
}

// guest is one connection.
type guest struct {
	conn net.Conn
	// number counts connections from 1.
	number int
	nick   string
	// messages counts its messages, for tests that want to know.
	messages int
}

func (g *guest) say(lines ...string) {
	_, _ = fmt.Fprintf(g.conn, "%s\r\n", strings.Join(lines, "\r\n")) // a client that has gone reads nothing
}

func newFake(t *testing.T, on func(c *guest, line string) bool) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, listener: l, on: on}
	f.done.Go(f.accept)
	t.Cleanup(func() {
		l.Close()
		f.done.Wait()
	})
	return f
}

func (f *fake) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.mu.Lock()
		f.guests++
		g := &guest{conn: conn, number: f.guests}
		f.mu.Unlock()
		f.done.Go(func() { f.serve(g) })
	}
}

func (f *fake) serve(g *guest) {
	defer g.conn.Close()
	lines := bufio.NewScanner(g.conn)
	for lines.Scan() {
		f.mu.Lock()
		f.heard = append(f.heard, lines.Text())
		f.mu.Unlock()
		if f.on == nil || !f.on(g, lines.Text()) {
			f.answer(g, lines.Text())
		}
	}
}

// answer is what a plain server does.
func (f *fake) answer(g *guest, line string) {
	command, rest, _ := strings.Cut(line, " ")
	switch command {
	case "CAP":
		g.say(":fake 421 * CAP :Unknown command")
	case "NICK":
		g.nick = rest
	case "USER":
		g.welcome()
	case "PING":
		g.say(":fake PONG fake " + rest)
	case "JOIN":
		g.say(":"+g.nick+"!user@example.host JOIN "+rest, ":fake 366 "+g.nick+" "+rest+" :End of /NAMES list.")
	case "QUIT":
		g.say("ERROR :Closing link")
		g.conn.Close()
	}
}

func (g *guest) welcome() {
	g.say(":fake 001 "+g.nick+" :Welcome", ":fake 004 "+g.nick+" fake fake-1.0 x y", ":fake 005 "+g.nick+" CASEMAPPING=rfc1459 NETWORK=Fake NICKLEN=9 :are supported")
}

// lines are all lines that began with a word, so far.
func (f *fake) lines(word string) (out []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.heard {
		if strings.HasPrefix(l, word) {
			out = append(out, l)
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
func visit(t *testing.T, f *fake, change func(*irc.Config)) *irc.End {
	t.Helper()
	return end(t, "alice", irc.Options{Settings: wire.Settings{Server: f.listener.Addr().String()}, Rooms: []string{"#main"}}, change)
}

// opened is an end that has logged in.
func opened(t *testing.T, f *fake, change func(*irc.Config)) (*irc.End, *ears) {
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
func onMessage(answer func(g *guest, line string)) func(*guest, string) bool {
	return func(g *guest, line string) bool {
		if !strings.Contains(line, "PRIVMSG ") && !strings.Contains(line, "NOTICE ") {
			return false
		}
		answer(g, line)
		return true
	}
}

// bob is whom messages go to.
func bob() ends.Account { return ends.Account{Name: "bob"} }
