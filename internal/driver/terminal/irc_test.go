package terminal_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// ircd is the least of an IRC server: nicks, one channel after another, and
// private messages. The text "forbidden fruit" is refused.
type ircd struct {
	mu    sync.Mutex
	users map[string]*ircUser
	rooms map[string]map[string]bool
}

type ircUser struct {
	nick string
	conn net.Conn
}

// startIRC listens on a free port and returns it.
func startIRC(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &ircd{users: map[string]*ircUser{}, rooms: map[string]map[string]bool{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		d.mu.Lock()
		for _, u := range d.users {
			_ = u.conn.Close()
		}
		d.mu.Unlock()
		all.Wait()
	})
	return l.Addr().(*net.TCPAddr).Port
}

func (d *ircd) serve(conn net.Conn) {
	u := &ircUser{conn: conn}
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		d.obey(u, lines.Text())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users[u.nick] == u {
		delete(d.users, u.nick)
	}
}

func (u *ircUser) say(format string, args ...any) {
	fmt.Fprintf(u.conn, format+"\r\n", args...)
}

func (d *ircd) obey(u *ircUser, line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	command, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(command) {
	case "CAP":
		if strings.HasPrefix(rest, "LS") {
			u.say(":irc.test CAP * LS :")
		}
	case "NICK":
		u.nick = strings.TrimPrefix(rest, ":")
		d.users[u.nick] = u
	case "USER":
		u.say(":irc.test 001 %s :Welcome to the test network %s", u.nick, u.nick)
		u.say(":irc.test 422 %s :There is no message of the day", u.nick)
	case "PING":
		u.say(":irc.test PONG irc.test %s", rest)
	case "JOIN":
		d.join(u, strings.TrimPrefix(rest, ":"))
	case "PRIVMSG":
		to, text, _ := strings.Cut(rest, " ")
		d.message(u, to, strings.TrimPrefix(text, ":"))
	case "QUIT":
		u.say("ERROR :Closing link: bye")
		_ = u.conn.Close()
	}
}

func (d *ircd) join(u *ircUser, room string) {
	if d.rooms[room] == nil {
		d.rooms[room] = map[string]bool{}
	}
	d.rooms[room][u.nick] = true
	for nick := range d.rooms[room] {
		if to := d.users[nick]; to != nil {
			to.say(":%s!user@127.0.0.1 JOIN :%s", u.nick, room)
		}
	}
	u.say(":irc.test 353 %s = %s :%s", u.nick, room, u.nick)
	u.say(":irc.test 366 %s %s :End of /NAMES list.", u.nick, room)
}

func (d *ircd) message(u *ircUser, to, text string) {
	if strings.Contains(text, "forbidden fruit") {
		u.say(":irc.test 404 %s %s :Cannot send to nick (word not wanted)", u.nick, to)
		return
	}
	if other := d.users[to]; other != nil && !strings.HasPrefix(to, "#") {
		other.say(":%s!user@127.0.0.1 PRIVMSG %s :%s", u.nick, to, text)
		return
	}
	for nick := range d.rooms[to] {
		if other := d.users[nick]; other != nil && other != u {
			other.say(":%s!user@127.0.0.1 PRIVMSG %s :%s", u.nick, to, text)
		}
	}
}
