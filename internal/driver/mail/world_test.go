package mail_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/mail"
	"example.org/telltale/internal/driver/paired"
	"example.org/telltale/internal/driver/wire"
)

// world is a mail server in memory that does to mails what a test says.
type world struct {
	smtp, imap string
	users      map[string]*imapmemserver.User
	boxes      *imapmemserver.Server
	mu         sync.Mutex
	// rule may refuse a mail, or change it; folder "" throws it away.
	rule func(raw []byte) (out []byte, folder string, err error)
	// gate may refuse a recipient.
	gate func(to string) error
	// offers are the mails that were offered, refused ones too.
	offers int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{users: map[string]*imapmemserver.User{}}
	boxes := imapmemserver.New()
	for _, name := range []string{"alice", "bob"} {
		u := imapmemserver.NewUser(name+"@example.test", "pw")
		for _, folder := range []string{"INBOX", "Junk"} {
			if err := u.Create(folder, nil); err != nil {
				t.Fatal(err)
			}
		}
		boxes.AddUser(u)
		w.users[name+"@example.test"] = u
	}
	w.boxes = boxes
	i := w.mailbox(nil)
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{w: w, c: c}, nil }))
	s.AllowInsecureAuth, s.Domain, s.ErrorLog = true, "localhost", slog.NewLogLogger(slog.DiscardHandler, 0)
	w.smtp, w.imap = listen(t, s.Serve, s.Close), listen(t, i.Serve, i.Close)
	return w
}

func (w *world) mailbox(conf *tls.Config) *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return w.boxes.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, InsecureAuth: conf == nil, TLSConfig: conf,
		Logger: slog.NewLogLogger(slog.DiscardHandler, 0),
	})
}

func listen(t *testing.T, serve func(net.Listener) error, stop func() error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(l) }()
	t.Cleanup(func() {
		stop()
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// errCut of a rule cuts the connection.
var errCut = errors.New("cut")

// session is one connection of a client that sends.
type session struct {
	w    *world
	c    *smtp.Conn
	from string
	to   []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if s.w.users[user] == nil || password != "pw" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password"}
		}
		return nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *session) Reset()                                      { s.to = nil }
func (s *session) Logout() error                               { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.gate != nil {
		if err := s.w.gate(to); err != nil {
			return err
		}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.w.offers++
	folder := "INBOX"
	if s.w.rule != nil {
		if raw, folder, err = s.w.rule(raw); errors.Is(err, errCut) {
			s.c.Conn().Close()
		}
		if err != nil || folder == "" {
			return err
		}
	}
	for _, to := range s.to {
		if u := s.w.users[to]; u != nil {
			if _, err := u.Append(folder, literal{bytes.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
				return err
			}
		}
	}
	return nil
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// post leaves a mail in an inbox, past all rules.
func (w *world) post(t *testing.T, user string, raw []byte) {
	t.Helper()
	if _, err := w.users[user].Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) options() mail.Options {
	return mail.Options{
		SMTP: mail.SMTP{Settings: wire.Settings{Server: w.smtp}, Pause: ends.Duration(time.Millisecond)},
		IMAP: &mail.IMAP{Settings: wire.Settings{Server: w.imap}},
	}
}

func account(name string) ends.Account {
	return ends.Account{Name: name, Address: name + "@example.test", Password: "pw"}
}

// drive pairs two ends with the same options.
func drive(t *testing.T, options func(name string) mail.Options) *paired.Driver {
	t.Helper()
	var parties []paired.Party
	for name, side := range map[string]telltale.Side{"alice": telltale.SideApp, "bob": telltale.SidePeer} {
		e, err := mail.New(mail.Config{Account: account(name), Options: options(name)})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, paired.Party{Account: account(name), Side: side, End: e})
	}
	d, err := paired.New(paired.Config{Parties: parties, Clock: time.Now, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func send(t *testing.T, d *paired.Driver, place, text string, wait time.Duration) telltale.Receipt {
	t.Helper()
	r, err := d.Send(t.Context(), telltale.Typing{Probe: "p1", From: "alice", To: "bob", Place: place, Text: text, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// soon bounds the wait for mails that come, short for those that do not.
const (
	soon  = 30 * time.Second
	short = 200 * time.Millisecond
)

func contract(t *testing.T, d *paired.Driver) {
	t.Helper()
	for _, r := range drivertest.Check(t.Context(), d, drivertest.Options{Wait: soon}) {
		if !r.OK {
			t.Errorf("%s: %s", r.Name, r.Detail)
		}
	}
}
