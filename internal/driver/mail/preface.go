package mail

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/wire"
)

// offered is the TLS of ports that ask for none: STARTTLS if the server
// offers it.
const offered = "offered"

// preface bounds what a server may say before its session begins.
const preface = 64 << 10

// prefaced is a connection whose greeting was read already; the client that
// gets it reads another one.
type prefaced struct {
	net.Conn
	greeting []byte
}

func (p *prefaced) Read(b []byte) (int, error) {
	if len(p.greeting) > 0 {
		n := copy(b, p.greeting)
		p.greeting = p.greeting[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// talk is the dialogue before a client takes a connection over.
type talk struct {
	conn net.Conn
	in   *textproto.Reader
	buf  *bufio.Reader
}

func newTalk(conn net.Conn) *talk {
	buf := bufio.NewReader(io.LimitReader(conn, preface))
	return &talk{conn: conn, in: textproto.NewReader(buf), buf: buf}
}

func (t *talk) say(line string) error {
	_, err := io.WriteString(t.conn, line+"\r\n")
	return err
}

// secure begins TLS. What the server has said beyond its answer could come
// from somebody in between, so there must not be anything.
func (t *talk) secure(ctx context.Context, plan wire.Plan) (net.Conn, error) {
	if t.buf.Buffered() > 0 {
		return nil, errors.New("the server goes on talking in the clear after STARTTLS: somebody may be in between")
	}
	return plan.Secure(ctx, t.conn)
}

// smtpTLS goes through the greeting of a mail server, and begins TLS as the
// plan says. A reply other than nil is why the server wants no session.
func smtpTLS(ctx context.Context, conn net.Conn, plan wire.Plan, hello string) (net.Conn, *reply, error) {
	t := newTalk(conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, nil, err
	}
	if r := t.expect(220); r != nil {
		return nil, r, nil
	}
	if err := t.say("EHLO " + hello); err != nil {
		return nil, nil, err
	}
	code, said, err := t.in.ReadResponse(0)
	if err != nil {
		return nil, &reply{stage: atGreeting, text: "the connection ended: " + err.Error()}, nil
	}
	has := code == 250 && slices.Contains(strings.Split(strings.ToUpper(said), "\n"), "STARTTLS")
	switch {
	case has && (plan.TLS == wire.StartTLS || plan.TLS == offered):
		if err := t.say("STARTTLS"); err != nil {
			return nil, nil, err
		}
		if r := t.expect(220); r != nil {
			return nil, r, nil
		}
		if conn, err = t.secure(ctx, plan); err != nil {
			return nil, nil, err
		}
	case plan.TLS == wire.StartTLS:
		return nil, nil, errors.New("the mail server does not offer STARTTLS; if that is known, set smtp.tls to off")
	}
	return &prefaced{conn, []byte("220 ready\r\n")}, nil, conn.SetDeadline(time.Time{})
}

// expect reads a reply; one other than nil is not the code wanted.
func (t *talk) expect(code int) *reply {
	got, text, err := t.in.ReadResponse(code)
	var wrong *textproto.Error
	switch {
	case errors.As(err, &wrong):
		return &reply{stage: atGreeting, code: got, text: text}
	case err != nil:
		return &reply{stage: atGreeting, text: "the connection ended: " + err.Error()}
	}
	return nil
}

// imapTLS does the same with a mailbox server (RFC 9051, 6.2.1).
func imapTLS(ctx context.Context, conn net.Conn, plan wire.Plan) (net.Conn, error) {
	t := newTalk(conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	greeting, err := t.in.ReadLine()
	if err != nil || !strings.HasPrefix(strings.ToUpper(greeting), "* OK") {
		return nil, fmt.Errorf("the mailbox does not greet but says %q (%w)", clip(greeting), errors.Join(err, errGreeting))
	}
	said, err := t.command("t1", "CAPABILITY")
	if err != nil {
		return nil, err
	}
	has := slices.ContainsFunc(said, func(line string) bool {
		return strings.HasPrefix(line, "* CAPABILITY") && slices.Contains(strings.Fields(line), "STARTTLS")
	})
	switch {
	case has && (plan.TLS == wire.StartTLS || plan.TLS == offered):
		if _, err := t.command("t2", "STARTTLS"); err != nil {
			return nil, err
		}
		if conn, err = t.secure(ctx, plan); err != nil {
			return nil, err
		}
	case plan.TLS == wire.StartTLS:
		return nil, errors.New("the mailbox does not offer STARTTLS; if that is known, set imap.tls to off")
	}
	return &prefaced{conn, []byte("* OK ready\r\n")}, conn.SetDeadline(time.Time{})
}

var errGreeting = errors.New("is it an IMAP server, and is imap.tls right?")

// command says a command and reads, in capitals, what comes before its end.
func (t *talk) command(tag, what string) (said []string, err error) {
	if err := t.say(tag + " " + what); err != nil {
		return nil, err
	}
	for {
		line, err := t.in.ReadLine()
		if err != nil {
			return nil, fmt.Errorf("asking the mailbox for %s: %w", what, err)
		}
		line = strings.ToUpper(line)
		if rest, ok := strings.CutPrefix(line, strings.ToUpper(tag)+" "); ok {
			if !strings.HasPrefix(rest, "OK") {
				return nil, fmt.Errorf("the mailbox answers %s with %q", what, clip(rest))
			}
			return said, nil
		}
		said = append(said, line)
	}
}
