package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"example.org/telltale/internal/driver/wire"
)

// patience bounds one answer of a server.
const patience = 30 * time.Second

// submission are the ports of SMTP (RFC 8314).
func submission() wire.Ports {
	return wire.Ports{Default: "587", Direct: []string{"465"}, Else: offered}
}

// knock looks whether the server lets the account in.
func (e *End) knock(ctx context.Context) error {
	c, r, err := e.connect(ctx)
	switch {
	case err != nil:
		return err
	case r != nil && (r.later() || r.code == 0):
		e.cfg.Log.Info("the mail server is busy", "reply", r.String())
		return nil
	case r != nil:
		return fmt.Errorf("the mail server does not let %s in: %s; check user and password, and smtp.auth", e.user(), r)
	}
	defer hang(c)
	if err := c.Quit(); err != nil {
		e.cfg.Log.Debug("taking leave of the mail server", "error", err)
	}
	return nil
}

// connect begins a session. A reply other than nil is why there is none.
func (e *End) connect(ctx context.Context) (c *smtp.Client, r *reply, err error) {
	plan, err := e.cfg.Options.SMTP.Plan("", submission())
	if err != nil {
		return nil, nil, err
	}
	conn, err := plan.Connect(ctx, e.cfg.Dial)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, r, err = e.greet(ctx, conn, plan)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil || r != nil {
		conn.Close()
	}
	return c, r, err
}

// greet says hello and logs in, with TLS as the plan says.
func (e *End) greet(ctx context.Context, conn net.Conn, plan wire.Plan) (*smtp.Client, *reply, error) {
	o := e.cfg.Options.SMTP
	if plan.TLS == wire.StartTLS || plan.TLS == offered {
		var r *reply
		var err error
		if conn, r, err = smtpTLS(ctx, conn, plan, o.Hello); err != nil || r != nil {
			return nil, r, err
		}
	}
	c := smtp.NewClient(conn)
	c.CommandTimeout, c.SubmissionTimeout = patience, patience
	if err := c.Hello(o.Hello); err != nil {
		r := replyOf(atGreeting, err)
		return nil, &r, nil
	}
	r, err := e.login(c, plan.Secret(bare(conn)))
	return c, r, err
}

// bare is the connection under one that was greeted already.
func bare(conn net.Conn) net.Conn {
	if p, ok := conn.(*prefaced); ok {
		return p.Conn
	}
	return conn
}

// login gives name and password, if there is a password and the server asks.
func (e *End) login(c *smtp.Client, safe bool) (*reply, error) {
	o, password := e.cfg.Options.SMTP, e.cfg.Account.Password
	var how sasl.Client
	switch {
	case password == "" || o.Auth == "none":
		return nil, nil
	case o.Auth != "login" && c.SupportsAuth(sasl.Plain):
		how = sasl.NewPlainClient("", e.user(), password)
	case o.Auth != "plain" && c.SupportsAuth(sasl.Login):
		how = sasl.NewLoginClient(e.user(), password)
	case o.Auth == "auto":
		return nil, nil
	default:
		return nil, fmt.Errorf("the mail server does not offer to log in by %q; look at smtp.auth", o.Auth)
	}
	if !safe {
		return nil, errors.New("the password would go over the network in the clear: set smtp.tls, or smtp.plain if that is meant")
	}
	if err := c.Auth(how); err != nil {
		r := replyOf(atLogin, err)
		return &r, nil
	}
	return nil, nil
}

// hang hangs up. Whatever was to be said has been said.
func hang(c *smtp.Client) { _ = c.Close() }
