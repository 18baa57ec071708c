package xmpp

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale/internal/driver/wire"

	"golang.org/x/text/secure/precis"
)

// begin logs in and joins the rooms. Nothing else reads the stream meanwhile.
func (s *session) begin(ctx context.Context) error {
	first := s.conn
	stop := context.AfterFunc(ctx, func() { _ = first.Close() }) // so that reading returns
	defer stop()
	err := s.login(ctx)
	if err == nil {
		err = s.enter()
	}
	if err == nil {
		err = s.describe()
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("logging in takes too long: %w", context.Cause(ctx))
	case s.last != "":
		return fmt.Errorf("the server ended the session: %s", s.last)
	}
	return err
}

func (s *session) login(ctx context.Context) error {
	if s.e.cfg.Account.Password == "" {
		return fmt.Errorf("account %s has no password: give it one in the accounts file", s.e.cfg.Account.Name)
	}
	features, err := s.stream()
	if err != nil {
		return err
	}
	if features, err = s.upgrade(ctx, features); err != nil {
		return err
	}
	if !s.e.plan.Secret(s.conn) {
		return errors.New("the password would be sent without TLS: set tls, or plain: true to allow it")
	}
	if s.e.cfg.Options.Register {
		if err := s.register(); err != nil {
			return err
		}
	}
	if err := s.authenticate(features); err != nil {
		return err
	}
	if features, err = s.stream(); err != nil {
		return err
	}
	return s.bind(features)
}

// stream begins a stream, and gives what the server offers.
func (s *session) stream() (*node, error) {
	s.r = newReader(s.in)
	if err := s.send(s.greeting()); err != nil {
		return nil, err
	}
	if _, err := s.r.header(); err != nil {
		return nil, err
	}
	return s.expect("features")
}

// greeting begins a stream.
func (s *session) greeting() string {
	return "<?xml version='1.0'?><stream:stream to='" + escape(s.e.domain) + "' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='" + nsStreams + "'>"
}

// expect reads the next element, which must have one of the names.
func (s *session) expect(names ...string) (*node, error) {
	n, err := s.r.next()
	if err != nil {
		return nil, noEOF(err)
	}
	if n.name.Space == nsStreams && n.name.Local == "error" {
		return nil, fmt.Errorf("the server ended the session: %s", condition(n, nsStreamError))
	}
	if !slices.Contains(names, n.name.Local) {
		return nil, fmt.Errorf("the server sent <%s> in place of <%s>", clip(n.name.Local), names[0])
	}
	return n, nil
}

// upgrade changes to TLS where it comes after the beginning.
func (s *session) upgrade(ctx context.Context, features *node) (*node, error) {
	plan := s.e.plan
	if plan.TLS != wire.StartTLS {
		return features, nil
	}
	if features.kid(nsTLS, "starttls") == nil {
		if s.e.cfg.Options.TLS == wire.Auto && plan.Plain {
			return features, nil
		}
		return nil, errors.New("the server offers no STARTTLS: set tls to direct or off")
	}
	if err := s.send("<starttls xmlns='" + nsTLS + "'/>"); err != nil {
		return nil, err
	}
	if _, err := s.expect("proceed"); err != nil {
		return nil, err
	}
	secure, err := plan.Secure(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	s.wire(secure)
	return s.stream()
}

// register makes the account. That it exists already is as good.
func (s *session) register() error {
	id, err := s.id()
	if err != nil {
		return err
	}
	a := s.e.cfg.Account
	if err := s.send("<iq type='set' id='" + id + "' to='" + escape(s.e.domain) + "'><query xmlns='" + nsRegister + "'><username>" + escape(s.e.local) +
		"</username><password>" + escape(a.Password) + "</password></query></iq>"); err != nil {
		return err
	}
	answer, err := s.expect("iq")
	if err != nil {
		return err
	}
	failure := answer.kid("", "error")
	if failure == nil || failure.kid(nsStanzas, "conflict") != nil {
		return nil
	}
	return fmt.Errorf("the server does not register %s: %s", s.e.local, condition(failure, nsStanzas))
}

// user is whom we log in as.
func (s *session) user() string {
	user := s.e.cfg.Account.User
	if user == "" {
		return s.e.local
	}
	if local, _, err := split(user); err == nil {
		return local
	}
	return user
}

// authenticate logs in by the best mechanism that is offered.
func (s *session) authenticate(features *node) error {
	var offered []string
	if list := features.kid(nsSASL, "mechanisms"); list != nil {
		for _, m := range list.kids {
			offered = append(offered, strings.TrimSpace(m.text))
		}
	}
	secure, _ := s.conn.(*tls.Conn)
	binder, data := binding(secure)
	mechanism := s.choose(offered, data != nil)
	if mechanism == "" {
		return fmt.Errorf("the server offers no login that is known, or not the wanted one: %s", clip(strings.Join(offered, ", ")))
	}
	user := prepared(precis.UsernameCasePreserved, s.user())
	if mechanism == "PLAIN" {
		_, err := s.say("<auth xmlns='"+nsSASL+"' mechanism='PLAIN'>", "\x00"+user+"\x00"+s.e.cfg.Account.Password, "</auth>", "success")
		return err
	}
	nonce, err := s.id()
	if err != nil {
		return err
	}
	c := &scram{hash: hashOf(mechanism), user: user, password: s.e.cfg.Account.Password, nonce: nonce, header: "n,,"}
	if strings.HasSuffix(mechanism, "-PLUS") {
		c.header, c.binding = "p="+binder+",,", data
	}
	return s.scram(mechanism, c)
}

// mechanisms are those that are known, the strongest first.
func mechanisms() []string {
	return []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"}
}

// choose takes the strongest mechanism. One with channel binding is taken only
// if the settings name it: not every server says what it can bind to.
func (s *session) choose(offered []string, bound bool) string {
	for _, m := range mechanisms() {
		wanted := s.e.cfg.Options.SASL
		if strings.HasSuffix(m, "-PLUS") && (!bound || wanted != m) {
			continue
		}
		if (wanted == "" || wanted == m) && slices.Contains(offered, m) {
			return m
		}
	}
	return ""
}

func (s *session) scram(mechanism string, c *scram) error {
	challenge, err := s.say("<auth xmlns='"+nsSASL+"' mechanism='"+mechanism+"'>", c.first(), "</auth>", "challenge")
	if err != nil {
		return err
	}
	proof, err := c.final(challenge)
	if err != nil {
		return err
	}
	final, err := s.say("<response xmlns='"+nsSASL+"'>", proof, "</response>", "success")
	if err != nil {
		return err
	}
	return c.verify(final)
}

// say sends a message of SASL, and gives the server's answer, which has to
// have that name.
func (s *session) say(open, words, end, want string) (string, error) {
	if err := s.send(open + base64.StdEncoding.EncodeToString([]byte(words)) + end); err != nil {
		return "", err
	}
	n, err := s.expect(want, "failure")
	if err != nil {
		return "", err
	}
	if n.name.Local == "failure" {
		return "", fmt.Errorf("the server refuses the login of %s: %s", s.user(), condition(n, nsSASL))
	}
	text := strings.TrimSpace(n.text)
	if text == "=" {
		text = ""
	}
	answer, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the server's answer to the login is not base64")
	}
	return string(answer), nil
}

// bind asks for a resource, and for a session where that is still done.
func (s *session) bind(features *node) error {
	resource := ""
	if r := s.e.cfg.Options.Resource; r != "" {
		resource = "<resource>" + escape(r) + "</resource>"
	}
	answer, err := s.solve("set", "", "<bind xmlns='"+nsBind+"'>"+resource+"</bind>")
	if err != nil {
		return err
	}
	if answer.attr("type") != "result" {
		return fmt.Errorf("the server binds no resource: %s", condition(errorOf(answer), nsStanzas))
	}
	old := features.kid(nsSession, "session")
	if old == nil || old.kid(nsSession, "optional") != nil {
		return nil
	}
	_, err = s.solve("set", "", "<session xmlns='"+nsSession+"'/>")
	return err
}

func errorOf(n *node) *node {
	if failure := n.kid("", "error"); failure != nil {
		return failure
	}
	return &node{}
}

// solve asks and reads until the answer has come.
func (s *session) solve(kind, to, payload string) (*node, error) {
	answer, err := s.question(kind, to, payload)
	if err != nil {
		return nil, err
	}
	for {
		select {
		case n := <-answer:
			return n, nil
		default:
		}
		if err := s.step(); err != nil {
			return nil, err
		}
	}
}
