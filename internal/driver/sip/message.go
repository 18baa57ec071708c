package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Put sends a text as a MESSAGE. The answer's code is an observation: what is
// not 2xx is a refusal, in the server's words.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	sent := ends.Sent{Typed: p.Text, At: e.cfg.Clock()}
	if most := e.About().Limit; len(p.Text) > most {
		sent.Outcome, sent.Reason = telltale.Void, fmt.Sprintf("the text is longer than %d bytes", most)
		return sent, nil
	}
	s := e.current()
	if s == nil {
		return sent, errors.New("there is no session")
	}
	req := e.request(s, sip.MESSAGE, userOf(p.To), "text/plain;charset=UTF-8", []byte(p.Text))
	sent.Ref = req.CallID().Value()
	res, err := e.ask(ctx, s, req)
	if err != nil {
		return sent, err
	}
	if res.IsSuccess() {
		return sent, nil
	}
	sent.Reason = fmt.Sprintf("%d %s", res.StatusCode, res.Reason)
	if wait := retryAfter(res); wait > 0 {
		sent.After = wait
		return sent, nil
	}
	sent.Outcome = telltale.Refused
	return sent, nil
}

// retryAfter is the pause that an answer asks for, where it means "too much".
func retryAfter(res *sip.Response) time.Duration {
	if res.StatusCode != sip.StatusServiceUnavailable && res.StatusCode != 429 {
		return 0
	}
	h := res.GetHeader("Retry-After")
	if h == nil {
		return 0
	}
	digits, _, _ := strings.Cut(h.Value(), " ")
	digits, _, _ = strings.Cut(digits, ";")
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// take hears a MESSAGE of somebody else.
func (e *End) take(req *sip.Request, tx sip.ServerTransaction) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)) // who does not hear it asks again
	ev := ends.Event{Kind: ends.Arrived, Text: string(req.Body())}
	if from := req.From(); from != nil {
		ev.From = from.Address.User + "@" + from.Address.Host
	}
	if id := req.CallID(); id != nil {
		ev.Ref = id.Value()
	}
	e.mu.Lock()
	hear := e.hear
	e.mu.Unlock()
	if hear != nil {
		hear(ev)
	}
}

// register tells the registrar where the account is; 0 takes it back.
func (e *End) register(ctx context.Context, s *session, expires time.Duration) error {
	req := e.request(s, sip.REGISTER, e.user, "", nil)
	req.Recipient = sip.Uri{Scheme: "sip", Host: e.cfg.Options.Domain}
	req.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<sip:%s@%s;transport=%s>", e.user, s.own, e.cfg.Options.Transport)))
	req.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	res, err := e.ask(ctx, s, req)
	switch {
	case err != nil:
		return fmt.Errorf("registering: %w", err)
	case !res.IsSuccess():
		return fmt.Errorf("the registrar answers %d %s: check address and password", res.StatusCode, res.Reason)
	}
	return nil
}

// request makes a request of the account to a user of its domain.
func (e *End) request(s *session, method sip.RequestMethod, to, kind string, body []byte) *sip.Request {
	domain := e.cfg.Options.Domain
	req := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: to, Host: domain})
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: e.user, Host: domain}, Params: sip.NewParams()}
	from.Params.Add("tag", sip.GenerateTagN(16))
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: to, Host: domain}, Params: sip.NewParams()})
	id := sip.CallIDHeader(sip.GenerateTagN(24))
	req.AppendHeader(&id)
	if kind != "" {
		req.AppendHeader(sip.NewHeader("Content-Type", kind))
		req.SetBody(body)
	}
	req.SetTransport(strings.ToUpper(e.cfg.Options.Transport))
	req.SetDestination(e.cfg.Options.Server)
	return req
}

// ask sends a request, and once more with a digest if the server wants one.
func (e *End) ask(ctx context.Context, s *session, req *sip.Request) (*sip.Response, error) {
	res, err := s.client.Do(ctx, req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != sip.StatusUnauthorized && res.StatusCode != sip.StatusProxyAuthRequired {
		return res, nil
	}
	a := e.cfg.Account
	return s.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: cmp.Or(a.User, e.user), Password: a.Password})
}

// Probe registers again, which no other account sees.
func (e *End) Probe(ctx context.Context) error {
	s := e.current()
	if s == nil {
		return errors.New("there is no session")
	}
	return e.register(ctx, s, time.Duration(e.cfg.Options.Expires))
}

func (e *End) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
}

// About tells the longest text, and how addresses are compared.
func (e *End) About() ends.About {
	limit := longestUDP
	if e.cfg.Options.Transport == "tcp" {
		limit = longestTCP
	}
	host, _, _ := net.SplitHostPort(e.cfg.Options.Server)
	return ends.About{
		App: telltale.App{Name: "SIP", Platform: host}, Limit: limit,
		Same: func(address string, a ends.Account) bool {
			user, _, _ := strings.Cut(address, "@")
			return strings.EqualFold(user, userOf(a))
		},
	}
}

// userOf is what stands before the @ of an account's address.
func userOf(a ends.Account) string {
	user, _, _ := strings.Cut(strings.TrimPrefix(cmp.Or(a.Address, a.Name), "sip:"), "@")
	return user
}

// goodbye bounds taking a registration back.
const goodbye = 2 * time.Second

// Close takes the registration back and stops listening.
func (e *End) Close() error {
	e.mu.Lock()
	s := e.session
	e.session = nil
	e.mu.Unlock()
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, goodbye)
	if err := e.register(ctx, s, 0); err != nil {
		e.cfg.Log.Debug("taking a registration back", "account", e.cfg.Account.Name, "error", err)
	}
	cancel()
	s.stop()
	err := errors.Join(s.server.Close(), s.client.Close(), s.agent.Close())
	// The agent closes connections, but not the socket that it was given.
	if closed := s.socket.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	s.done.Wait()
	return err
}
