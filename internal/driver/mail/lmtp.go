package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// lmtpBox takes mails from a server that delivers to us (RFC 2033).
type lmtpBox struct {
	end    *End
	server *smtp.Server
	// socket is closed besides the server, which may not have it yet.
	socket net.Listener
	done   sync.WaitGroup
}

func (b *lmtpBox) open(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", b.end.cfg.Options.LMTP.Listen)
	if err != nil {
		return fmt.Errorf("options.lmtp.listen: %w", err)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{end: b.end}, nil }))
	s.LMTP, s.Domain, s.EnableSMTPUTF8 = true, "localhost", true
	s.MaxMessageBytes, s.MaxRecipients = mostBytes, 100
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, patience
	s.ErrorLog = quiet{b.end}
	b.server, b.socket = s, l
	b.done.Go(func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			b.end.cfg.Log.Warn("the LMTP listener ended", "error", err)
		}
	})
	return nil
}

// pull has nothing to do: mails come by themselves.
func (b *lmtpBox) pull(context.Context) error { return nil }

func (b *lmtpBox) close() error {
	if b.server == nil {
		return nil
	}
	err := b.server.Close()
	b.socket.Close()
	b.done.Wait()
	b.server = nil
	return err
}

// delivery is one session of a server that delivers.
type delivery struct {
	end   *End
	known bool
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { d.known = false; return nil }
func (d *delivery) Reset()                               { d.known = false }
func (d *delivery) Logout() error                        { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !strings.EqualFold(to, d.end.cfg.Account.Address) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}
	}
	d.known = true
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, mostBytes))
	if err != nil {
		return err
	}
	if d.known {
		d.end.found(raw, "", d.end.cfg.Clock())
	}
	return nil
}

// quiet takes the server's complaints about its clients.
type quiet struct{ end *End }

func (q quiet) Printf(format string, v ...any) { q.end.cfg.Log.Debug(fmt.Sprintf(format, v...)) }
func (q quiet) Println(v ...any)               { q.end.cfg.Log.Debug(fmt.Sprintln(v...)) }
