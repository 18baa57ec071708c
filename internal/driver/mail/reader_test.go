package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/mail"
	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/wire"
)

func TestLMTP(t *testing.T) {
	t.Parallel()
	heard := make(chan ends.Event, 10)
	e := end(t, mail.Options{LMTP: &mail.LMTP{Listen: "127.0.0.1:0"}})
	for _, ref := range []string{ref, strings.Replace(ref, "0", "1", 1)} {
		if err := e.Open(t.Context(), func(ev ends.Event) { heard <- ev }); err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", e.Listening())
		if err != nil {
			t.Fatal(err)
		}
		c := smtp.NewClientLMTP(conn)
		if err := c.SendMail("alice@example.test", []string{"bob@example.test"}, bytes.NewReader(mail.Compose("body", "hello", ref, true))); err != nil {
			t.Fatal(err)
		}
		if err := c.SendMail("alice@example.test", []string{"eve@example.test"}, strings.NewReader("x: y\r\n\r\n")); err == nil {
			t.Error("mail for somebody else was taken")
		}
		c.Close()
		if ev := <-heard; ev.Kind != ends.Arrived || ev.Text != "hello" || ev.From != "alice@example.test" || ev.Ref != ref {
			t.Errorf("heard %+v", ev)
		}
		for range 2 {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func end(t *testing.T, o mail.Options) *mail.End {
	t.Helper()
	e, err := mail.New(mail.Config{Account: account("bob"), Options: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestMaildir(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	heard := make(chan ends.Event, 10)
	e := end(t, mail.Options{Maildir: root + "/{local}"})
	leave := func(name string) {
		t.Helper()
		id := fmt.Sprintf("<b.%024x@example.test>", len(name))
		if err := leaveFile(root+"/bob/"+name, mail.Compose("body", name, id, true)); err != nil {
			t.Fatal(err)
		}
	}
	leave("new/1.oldest")
	if err := e.Open(t.Context(), func(ev ends.Event) { heard <- ev }); err != nil {
		t.Fatal(err)
	}
	leave("new/2.x")
	leave("cur/3.xx")
	leave(".Junk/new/4.x")
	for range 2 {
		if err := e.Pull(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(heard)
	var got []string
	for ev := range heard {
		got = append(got, fmt.Sprintf("%s in %q", ev.Text, ev.Place))
	}
	if want := `new/2.x in "", cur/3.xx in "", .Junk/new/4.x in "Junk"`; strings.Join(got, ", ") != want {
		t.Errorf("heard %v, want %s", got, want)
	}
}

// A mail that is found in two places, or twice, has arrived once.
func TestCopiesAreOneMail(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	e := end(t, mail.Options{Maildir: root})
	var heard []string
	if err := e.Open(t.Context(), func(ev ends.Event) { heard = append(heard, fmt.Sprintf("%s in %q", ev.Ref[3:4], ev.Place)) }); err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(ref, "0", "1", 1)
	for i, m := range []struct{ folder, id string }{{"", ref}, {".Copies/", ref}, {"", ref}, {".Junk/", other}, {".Copies/", other}, {"", other}} {
		if err := leaveFile(fmt.Sprintf("%s/%snew/%d", root, m.folder, i), mail.Compose("body", "hello", m.id, true)); err != nil {
			t.Fatal(err)
		}
		if err := e.Pull(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := `0 in "", 1 in "Junk", 1 in ""`; strings.Join(heard, ", ") != want {
		t.Errorf("heard %v, want %s", heard, want)
	}
}

// A connection that the server has ended is made anew, and nothing is missed.
func TestLostMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var conns []net.Conn
	heard := make(chan ends.Event, 10)
	e, err := mail.New(mail.Config{Account: account("bob"), Options: mail.Options{IMAP: &mail.IMAP{Settings: wire.Settings{Server: w.imap}}},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			conns = append(conns, c)
			return c, err
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	w.post(t, "bob@example.test", mail.Compose("body", "too old", ref, true))
	if err := e.Open(t.Context(), func(ev ends.Event) { heard <- ev }); err != nil {
		t.Fatal(err)
	}
	w.post(t, "bob@example.test", mail.Compose("body", "hello", ref, true))
	conns[0].Close()
	if err := e.Pull(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ev := <-heard; ev.Text != "hello" || len(conns) != 2 {
		t.Errorf("heard %+v over %d connections", ev, len(conns))
	}
}

// A server that offers TLS gets it, and must be who it says.
func TestSTARTTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, other := certificate(t), certificate(t)
	pair, err := tls.X509KeyPair(mine.Cert, mine.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{w: w}, nil }))
	s.Domain, s.ErrorLog, s.TLSConfig = "localhost", slog.NewLogLogger(slog.DiscardHandler, 0), &tls.Config{Certificates: []tls.Certificate{pair}}
	i := w.mailbox(&tls.Config{Certificates: []tls.Certificate{pair}})
	o := w.options()
	o.SMTP.Server, o.IMAP.Server = listen(t, s.Serve, s.Close), listen(t, i.Serve, i.Close)
	o.SMTP.CA, o.IMAP.CA = pemFile(t, mine), pemFile(t, mine)
	contract(t, drive(t, func(string) mail.Options { return o }))

	o.SMTP.CA = pemFile(t, other)
	if err := end(t, o).Open(t.Context(), func(ends.Event) {}); err == nil || !strings.Contains(err.Error(), "name its authority under ca") {
		t.Errorf("a stranger's mail server: %v", err)
	}
	o.SMTP.CA, o.IMAP.CA = "", pemFile(t, other)
	if err := end(t, o).Open(t.Context(), func(ends.Event) {}); err == nil || !strings.Contains(err.Error(), "name its authority under ca") {
		t.Errorf("a stranger's mailbox: %v", err)
	}
	for _, o := range []mail.Options{
		{SMTP: mail.SMTP{Settings: wire.Settings{Server: w.smtp, TLS: "starttls"}}},
		{IMAP: &mail.IMAP{Settings: wire.Settings{Server: w.imap, TLS: "starttls"}}},
	} {
		if err := end(t, o).Open(t.Context(), func(ends.Event) {}); err == nil || !strings.Contains(err.Error(), "does not offer STARTTLS") {
			t.Errorf("no TLS there: %v", err)
		}
	}
}

func certificate(t *testing.T) realserver.Certificate {
	t.Helper()
	c, err := realserver.NewCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func pemFile(t *testing.T, c realserver.Certificate) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, c.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"smtp": {"sever": "x"}}`: `options.smtp.sever: there is no such setting`,
		`{}`:                       "can neither send nor read",
		`{"smtp": {"server": "x:1", "tls": "maybe"}}`: `options.smtp.tls: "maybe" is not known`,
		`{"imap": {}}`: "options.imap.server: is missing",
		`{"maildir": "x", "lmtp": {"listen": ":1"}}`:   "keep one of imap, lmtp and maildir",
		`{"maildir": "x", "places": ["body", "bodi"]}`: `options.places[1]: there is no place "bodi"`,
		`{"maildir": "x", "header": "a b"}`:            `"a b" is no field name`,
	} {
		_, err := mail.ParseOptions([]byte(raw))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", raw, err, want)
		}
	}
}

func TestWrongPasswordIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := account("alice")
	a.Password = "guessed wrong"
	for _, o := range []mail.Options{{SMTP: mail.SMTP{Settings: wire.Settings{Server: w.smtp}}}, {IMAP: &mail.IMAP{Settings: wire.Settings{Server: w.imap}}}} {
		e, err := mail.New(mail.Config{Account: a, Options: o})
		if err != nil {
			t.Fatal(err)
		}
		err = e.Open(context.Background(), func(ends.Event) {})
		if err == nil || !strings.Contains(err.Error(), "check user and password") || strings.Contains(err.Error(), a.Password) {
			t.Errorf("%v", err)
		}
		e.Close()
	}
}

func leaveFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
