package irc

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/wire"
)

// The values of Options.Auth.
const (
	authSASL     = "sasl"
	authPass     = "pass"
	authNickServ = "nickserv"
	authNone     = "none"
)

const (
	// firstNickWait, doubled each time, is how long a nick in use is waited
	// for: most often it is our own of a connection that broke.
	firstNickWait = 100 * time.Millisecond
	nickTries     = 8
	// saslChunk is the longest AUTHENTICATE argument.
	saslChunk = 400
)

// login is how far a login has come.
type login struct {
	ctx       context.Context
	offered   map[string]string
	nickTries int
	// welcomed after 001; secured after 670.
	welcomed, secured bool
	joined            map[string]bool
	// refusals by channel.
	refused map[string]string
}

// wanted are the extensions asked for where they are offered.
func (o Options) wanted() []string {
	want := []string{"message-tags", "server-time", "batch", "echo-message", "standard-replies", "chghost"}
	if o.Labels {
		want = append(want, "labeled-response")
	}
	return want
}

// begin logs in. Nothing else reads the connection meanwhile.
func (s *session) begin(ctx context.Context) error {
	first := s.conn
	stop := context.AfterFunc(ctx, func() { _ = first.Close() }) // so that reading returns
	defer stop()
	s.login = &login{ctx: ctx, offered: map[string]string{}, joined: map[string]bool{}, refused: map[string]string{}}
	for _, part := range []func() error{s.upgrade, s.register, s.enter} {
		if err := part(); err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("logging in takes too long: %w", context.Cause(ctx))
			}
			return err
		}
	}
	s.login = nil
	s.mu.Lock()
	s.live = true
	s.mu.Unlock()
	return nil
}

// until reads until a condition holds.
func (s *session) until(done func() bool) error {
	for !done() {
		if err := s.step(); err != nil {
			return s.explain(err)
		}
	}
	return nil
}

// explain prefers the server's own words to the connection's end.
func (s *session) explain(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.last == "":
		return err
	case wire.Hasty(s.last):
		return hasteError{s.last}
	}
	return fmt.Errorf("the server ended the session: %s", s.last)
}

// hasteError says that the server wants us to come back later.
type hasteError struct{ reason string }

func (h hasteError) Error() string { return "the server wants it slower: " + h.reason }

// upgrade changes to TLS where that is done on the way.
func (s *session) upgrade() error {
	if s.e.plan.TLS != wire.StartTLS {
		return nil
	}
	if err := s.send("STARTTLS"); err != nil {
		return err
	}
	if err := s.until(func() bool { return s.login.secured }); err != nil {
		return err
	}
	secure, err := s.e.plan.Secure(s.login.ctx, s.conn)
	if err != nil {
		return err
	}
	s.rewire(secure)
	return nil
}

// rewire goes on over another connection. What was read ahead in the clear is
// forgotten: anybody could have written it.
func (s *session) rewire(conn net.Conn) {
	s.conn = conn
	s.in.Reset(conn)
}

func (s *session) register() error {
	a, words := s.e.cfg.Account, []string{"CAP LS 302"}
	pass := a.More["pass"]
	if auth := s.e.cfg.Options.Auth; pass == "" && (auth == "" || auth == authPass) {
		pass = a.Password
	}
	if (pass != "" || a.Password != "") && !s.e.plan.Secret(s.conn) {
		return errors.New("the password would be sent without TLS: set tls, or plain: true to allow it")
	}
	if pass != "" {
		words = append(words, "PASS :"+pass)
	}
	for _, secret := range []string{pass, a.Password, a.User} {
		if strings.ContainsAny(secret, "\r\n\x00") {
			return errors.New("user or password holds a line break")
		}
	}
	words = append(words, "NICK "+nickOf(a), "USER "+userName(a.User, nickOf(a))+" 0 * :"+nickOf(a))
	if err := s.send(words...); err != nil {
		return err
	}
	return s.until(func() bool { return s.login.welcomed })
}

// userName is what stands between ! and @: letters and digits, at most ten.
func userName(user, nick string) string {
	for _, s := range []string{user, nick, "user"} {
		s = strings.Map(func(r rune) rune {
			if (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') {
				return r
			}
			return -1
		}, s)
		if s != "" {
			return s[:min(len(s), 10)]
		}
	}
	return "user"
}

// loginStep does what a line asks for while we log in.
func (s *session) loginStep(l line) error {
	if s.login == nil {
		return nil
	}
	switch l.command {
	case "CAP":
		return s.capability(l)
	case "AUTHENTICATE":
		return s.authenticate(l)
	case "001":
		s.login.welcomed = true
	case "670":
		s.login.secured = true
	case "691":
		return fmt.Errorf("the server refuses STARTTLS: %s", l.last())
	case "903", "907":
		return s.send("CAP END")
	case "902", "904", "905", "906", "908", "464", "491", "432", "465", "466":
		return fmt.Errorf("the server refuses the login of %s: %s %s", nickOf(s.e.cfg.Account), l.command, l.last())
	case "433", "436", "437":
		return s.nickTaken(l)
	case "JOIN":
		if s.mine(l.nick()) {
			s.login.joined[s.fold(l.param(0))] = true
		}
	default:
		if n := l.numeric(); n >= 400 && n < 600 && isChannel(l.param(1)) {
			s.login.refused[s.fold(l.param(1))] = l.last()
		}
	}
	return nil
}

func (s *session) fold(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.f.fold(name)
}

// nickTaken asks for the same nick again after a while. Another would not do:
// the other end would not know who writes to it.
func (s *session) nickTaken(l line) error {
	if s.login.welcomed || isChannel(l.param(1)) {
		return nil
	}
	if s.login.nickTries == nickTries {
		return fmt.Errorf("the nick %s is in use: log its other client out, or give the account another address", nickOf(s.e.cfg.Account))
	}
	wait := firstNickWait << s.login.nickTries
	s.login.nickTries++
	again := "NICK " + nickOf(s.e.cfg.Account)
	time.AfterFunc(wait, func() { _ = s.send(again) }) // a connection that has ended shows in reading
	return nil
}

// capability negotiates extensions (CAP LS, ACK, NAK).
func (s *session) capability(l line) error {
	switch strings.ToUpper(l.param(1)) {
	case "LS":
		for _, c := range strings.Fields(l.last()) {
			name, value, _ := strings.Cut(c, "=")
			s.login.offered[name] = value
		}
		if len(l.params) > 3 && l.param(2) == "*" {
			return nil // more of the list follows
		}
		return s.ask()
	case "ACK":
		s.mu.Lock()
		for _, c := range strings.Fields(l.last()) {
			s.caps[strings.TrimLeft(c, "-~=")] = !strings.HasPrefix(c, "-")
		}
		sasl := s.caps["sasl"]
		s.mu.Unlock()
		if sasl {
			return s.send("AUTHENTICATE " + s.mechanism())
		}
		return s.send("CAP END")
	case "NAK":
		return s.send("CAP END")
	}
	return nil
}

// ask requests what is offered of what is wanted.
func (s *session) ask() error {
	var want []string
	for _, c := range s.e.cfg.Options.wanted() {
		if _, ok := s.login.offered[c]; ok {
			want = append(want, c)
		}
	}
	if s.sasl() {
		methods, offered := s.login.offered["sasl"]
		switch {
		case offered && (methods == "" || slices.Contains(strings.Split(methods, ","), s.mechanism())):
			want = append(want, "sasl")
		case s.e.cfg.Options.Auth == authSASL:
			return fmt.Errorf("the server offers no SASL %s: set auth", s.mechanism())
		}
	}
	if len(want) == 0 {
		return s.send("CAP END")
	}
	return s.send("CAP REQ :" + strings.Join(want, " "))
}

// sasl reports whether the account has something to log in with by SASL.
func (s *session) sasl() bool {
	auth := s.e.cfg.Options.Auth
	has := s.e.cfg.Account.Password != "" || s.e.cfg.Options.Certificate != ""
	return has && (auth == "" || auth == authSASL)
}

func (s *session) mechanism() string {
	if _, secure := s.conn.(*tls.Conn); secure && s.e.cfg.Options.Certificate != "" {
		return "EXTERNAL"
	}
	return "PLAIN"
}

// authenticate answers the server's + (RFC 4616 in lines of 400 bytes).
func (s *session) authenticate(l line) error {
	if l.param(0) != "+" {
		return s.send("AUTHENTICATE *")
	}
	if s.mechanism() == "EXTERNAL" {
		return s.send("AUTHENTICATE +")
	}
	a := s.e.cfg.Account
	user := a.User
	if user == "" {
		user = nickOf(a)
	}
	words := base64.StdEncoding.EncodeToString([]byte(user + "\x00" + user + "\x00" + a.Password))
	var lines []string
	for len(words) >= saslChunk {
		lines, words = append(lines, "AUTHENTICATE "+words[:saslChunk]), words[saslChunk:]
	}
	if words == "" {
		words = "+"
	}
	return s.send(append(lines, "AUTHENTICATE "+words)...)
}
