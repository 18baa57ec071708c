package zoo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/quic-go/quic-go"
)

// keptSession is a cache that holds one session and tells when one comes.
type keptSession struct {
	held *tls.ClientSessionState
	came chan *tls.ClientSessionState
}

func (k *keptSession) Get(string) (*tls.ClientSessionState, bool) { return k.held, k.held != nil }

func (k *keptSession) Put(_ string, s *tls.ClientSessionState) {
	if s == nil {
		return
	}
	select {
	case k.came <- s:
	default:
	}
}

// EarlySession makes a session with the QUIC server, makes sure that the
// server takes early data with one, and returns another as text.
func (k *Keeper) EarlySession(name string) (string, error) {
	roots := x509.NewCertPool()
	roots.AddCert(k.Cert.Leaf)
	config := &tls.Config{ServerName: name, RootCAs: roots, NextProtos: []string{"h3"}}
	first, err := k.session(config, nil)
	if err != nil {
		return "", err
	}
	second, err := k.session(config, first)
	if err != nil {
		return "", err
	}
	ticket, state, err := second.ResumptionState()
	if err != nil {
		return "", err
	}
	b, err := state.Bytes()
	return base64.URLEncoding.EncodeToString(ticket) + "." + base64.URLEncoding.EncodeToString(b), err
}

// session connects, with a session if there is one, and waits for the next.
func (k *Keeper) session(config *tls.Config, with *tls.ClientSessionState) (*tls.ClientSessionState, error) {
	cache := &keptSession{held: with, came: make(chan *tls.ClientSessionState, 1)}
	config = config.Clone()
	config.ClientSessionCache = cache
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := quic.DialAddrEarly(ctx, k.QUIC, config, quicConfig())
	if err != nil {
		return nil, err
	}
	defer c.CloseWithError(0x100, "")
	select {
	case <-c.HandshakeComplete():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if with != nil && !c.ConnectionState().Used0RTT {
		return nil, errors.New("the server does not take early data")
	}
	select {
	case s := <-cache.came:
		return s, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readSession reads what EarlySession wrote.
func readSession(text string) (*tls.ClientSessionState, error) {
	first, second, _ := strings.Cut(text, ".")
	ticket, err := base64.URLEncoding.DecodeString(first)
	if err != nil {
		return nil, err
	}
	b, err := base64.URLEncoding.DecodeString(second)
	if err != nil {
		return nil, err
	}
	state, err := tls.ParseSessionState(b)
	if err != nil {
		return nil, err
	}
	return tls.NewResumptionState(ticket, state)
}

// http3Early sends its request before the handshake, with the session of an
// earlier day, and once more when that was turned down, as it must be.
func http3Early(token, where string) error {
	where, text, _ := strings.Cut(where, "&")
	addr, known, err := certificateIn(where)
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	// Of a session it must trust the server still.
	roots, err := x509.SystemCertPool()
	if err != nil {
		return err
	}
	roots.AddCert(known)
	held, err := readSession(text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cache := &keptSession{held: held, came: make(chan *tls.ClientSessionState, 1)}
	c, err := quic.DialAddrEarly(ctx, addr, &tls.Config{NextProtos: []string{"h3"}, ClientSessionCache: cache, RootCAs: roots}, quicConfig())
	if err != nil {
		return err
	}
	select {
	case <-c.HandshakeComplete():
		return errors.New("there was no early data")
	default:
	}
	s, err := c.OpenStream()
	if err != nil {
		return err
	}
	_, err = s.Write(request(host, "/early/"+token, "early "+token))
	if err == nil {
		_, err = io.ReadAll(s)
	}
	if !errors.Is(err, quic.Err0RTTRejected) {
		return fmt.Errorf("early data was not turned down: %w", err)
	}
	if c, err = c.NextConnection(ctx); err != nil {
		return err
	}
	if c.ConnectionState().Used0RTT {
		return errors.New("early data was taken")
	}
	return post(c, token, host)
}
